import { type F32x4, type FunctionBuilder, f32x4, type I32 } from '../../builder/index.ts';
import type { Line } from './lines.ts';

/**
 * A two-dimensional transform of so many rows and columns of values: `line` down every column, through a scratch block
 * `between` of 16-byte cells, then along every row. A column that is not `there` is all zeros.
 */
export function transform2d(
  f: FunctionBuilder,
  line: Line,
  [rows, columns]: readonly [number, number],
  between: I32,
  load: (row: number, column: number) => F32x4,
  store: (row: number, column: number, value: F32x4) => void,
  there?: (column: number) => I32,
): void {
  let results = 0;
  for (let column = 0; column < columns; column++) {
    const cell = (row: number): number => (row * columns + column) * 16;
    const transform = (): void => {
      const values = Array.from({ length: rows }, (_, row) => f.let(load(row, column)));
      const out = line(f, values);
      results = out.length;
      out.forEach((value, row) => {
        f.store4(between, value, cell(row));
      });
    };
    const clear = (): void => {
      for (let row = 0; row < results; row++) f.store4(between, f32x4.of(0), cell(row));
    };
    if (there === undefined) f.block(transform);
    else f.if(there(column), transform, clear);
  }
  for (let row = 0; row < results; row++) {
    f.block(() => {
      const values = Array.from({ length: columns }, (_, column) =>
        f.let(f.load4(between, (row * columns + column) * 16)),
      );
      line(f, values).forEach((value, column) => {
        store(row, column, value);
      });
    });
  }
}
