import { type FunctionBuilder, type I32, i32 } from '../../builder/index.ts';
import type { Reader } from '../../templates/parameters.ts';

/** A part is some rows of an image; where an image is not cut it is one part. */

/** The rows of part `part`, and whether the tail belongs to it. */
export function rowsOfPart(f: FunctionBuilder, rows: I32, size: I32, part: I32, parts: I32, tail: I32) {
  const first = f.let(part.times(size));
  const rest = f.let(rows.minus(first));
  const count = f.let(f.select(rest.lt(size), rest, size));
  return {
    first,
    // A last part may have no rows of its own.
    count: f.let(f.select(count.gt(0), count, i32(0))),
    tail: f.let(f.select(part.eq(parts.minus(1)), tail, i32(0))),
  };
}

export const partSignature = { task: i32, image: i32, part: i32, tables: i32, sums: i32 };

/** Items are the parts of all images. */
export function eachPart(
  f: FunctionBuilder,
  begin: I32,
  end: I32,
  task: I32,
  { word }: Reader<'parts' | 'sums' | 'sumsBytes' | 'tables' | 'tablesBytes'>,
  body: (args: { task: I32; image: I32; part: I32; tables: I32; sums: I32 }) => void,
): void {
  const [parts, sums, bytes] = [word('parts'), word('sums'), word('sumsBytes')];
  const [tables, tablesBytes] = [word('tables'), word('tablesBytes')];
  f.for(begin, end, 1, (item) => {
    const image = f.let(item.divU(parts));
    body({
      task,
      image,
      part: item.minus(image.times(parts)),
      tables: tables.plus(image.times(tablesBytes)),
      sums: sums.plus(item.times(bytes)),
    });
  });
}
