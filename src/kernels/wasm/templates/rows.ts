import type { Axes } from '../../strides.ts';
import { type FunctionBuilder, type I32, i32 } from '../builder/index.ts';

/**
 * Walking two strided views row by row inside a kernel. The last of the joined axes is the row; up to three axes before it
 * are kernel arguments, and of whatever axes are left (rank five and more, with no two joined) JavaScript makes one call each.
 * Rows are numbered, so that threads can share them out; a row's place follows from its number.
 */
const OUTER = 3;

/** Lengths of the outer axes but the first, and the strides of the outer axes in bytes, outermost first. */
export const outerSignature = {
  n1: i32,
  n2: i32,
  first0: i32,
  first1: i32,
  first2: i32,
  second0: i32,
  second1: i32,
  second2: i32,
};

type Outer = { [K in keyof typeof outerSignature]: I32 };

/** Where row `row` begins in either view, in bytes. */
export function rowOffsets(f: FunctionBuilder, row: I32, outer: Outer): { first: I32; second: I32 } {
  const i2 = f.let(row.remU(outer.n2));
  const rest = f.let(row.divU(outer.n2));
  const i1 = f.let(rest.remU(outer.n1));
  const i0 = f.let(rest.divU(outer.n1));
  const offset = (s0: I32, s1: I32, s2: I32) => f.let(i0.times(s0).plus(i1.times(s1)).plus(i2.times(s2)));
  return {
    first: offset(outer.first0, outer.first1, outer.first2),
    second: offset(outer.second0, outer.second1, outer.second2),
  };
}

/** One call of a kernel: `rows` rows, from these byte offsets on. */
type RowCall = (rows: number, first: number, second: number, outer: readonly number[]) => void;

/** Calls `call` for every run of rows; the last `inner` axes belong to the row itself. */
export function callRows(axes: Axes, inner: number, call: RowCall): void {
  const outer = axes.lengths.length - inner;
  const inKernel = Math.min(outer, OUTER);
  const lengths = [1, 1, 1];
  const first = [0, 0, 0];
  const second = [0, 0, 0];
  for (let i = 0; i < inKernel; i++) {
    const axis = outer - 1 - i;
    lengths[2 - i] = axes.lengths[axis];
    first[2 - i] = axes.first[axis] * 4;
    second[2 - i] = axes.second[axis] * 4;
  }
  const rows = lengths[0] * lengths[1] * lengths[2];
  const args = [lengths[1], lengths[2], ...first, ...second];
  eachRun(axes, outer - inKernel, 0, 0, 0, (atFirst, atSecond) => call(rows, atFirst, atSecond, args));
}

/** body for each position along the first `depth` axes, from `axis` on. */
function eachRun(
  axes: Axes,
  depth: number,
  axis: number,
  atFirst: number,
  atSecond: number,
  body: (atFirst: number, atSecond: number) => void,
): void {
  if (axis === depth) {
    body(atFirst, atSecond);
    return;
  }
  for (let i = 0; i < axes.lengths[axis]; i++) {
    const [first, second] = [i * axes.first[axis] * 4, i * axes.second[axis] * 4];
    eachRun(axes, depth, axis + 1, atFirst + first, atSecond + second, body);
  }
}
