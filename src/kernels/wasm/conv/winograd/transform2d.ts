import { type FunctionBuilder, f32x4, type I32 } from '../../builder/index.ts';
import type { Line } from './lines.ts';
import { loadValue, type Value } from './values.ts';

/** A two-dimensional transform of so many rows and columns of values, each of `width` vectors. */
interface Size {
  size: readonly [rows: number, columns: number];
  width: number;
}

/**
 * `line` down every column, through a scratch block `between` of cells, then along every row. A column that is not `there` is all
 * zeros.
 */
export function transform2d(
  f: FunctionBuilder,
  line: Line,
  { size: [rows, columns], width }: Size,
  between: I32,
  load: (row: number, column: number) => Value,
  store: (row: number, column: number, value: Value) => void,
  there?: (column: number) => I32,
): void {
  const held = (value: Value): Value => value.map((vector) => f.let(vector));
  const zero: Value = Array.from({ length: width }, () => f32x4.of(0));
  const cell = (row: number, column: number): number => (row * columns + column) * width * 16;
  let results = 0;
  for (let column = 0; column < columns; column++) {
    const transform = (): void => {
      const values = Array.from({ length: rows }, (_, row) => held(load(row, column)));
      const out = lineOf(f, line, values);
      results = out.length;
      out.forEach((value, row) => {
        f.storeRow(between, value, 4, cell(row, column));
      });
    };
    const clear = (): void => {
      for (let row = 0; row < results; row++) f.storeRow(between, zero, 4, cell(row, column));
    };
    if (there === undefined) f.block(transform);
    else f.if(there(column), transform, clear);
  }
  for (let row = 0; row < results; row++) {
    f.block(() => {
      const values = Array.from({ length: columns }, (_, column) =>
        held(loadValue(f, width, between, cell(row, column))),
      );
      lineOf(f, line, values).forEach((value, column) => {
        store(row, column, value);
      });
    });
  }
}

/** `line` for each vector of the values; those of a pair are computed before any of them is stored. */
function lineOf(f: FunctionBuilder, line: Line, values: Value[]): Value[] {
  const [first, second] = values[0].map((_, v) =>
    line(
      f,
      values.map((value) => value[v]),
    ),
  );
  return first.map((vector, i) => (second === undefined ? [vector] : [f.let(vector), f.let(second[i])]));
}
