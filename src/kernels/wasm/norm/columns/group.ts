import { inPairs } from '../../builder/features.ts';
import {
  type Address,
  type F32x4,
  type F64x2,
  type FunctionBuilder,
  type I32,
  i32,
  type Var,
} from '../../builder/index.ts';

/**
 * A group is 16 columns, four vectors of every row: a cache line, which is fetched once, and four independent chains for
 * each sum. Three sums or coefficients of four vectors are what 16 registers can hold; an accumulator that is spilled in
 * the loop over rows doubles the loop's time.
 */
export const VECTORS = [0, 1, 2, 3] as const;
const GROUP_BYTES = 64;

/** Those that are worked on together: each by itself, or two (inPairs). Both are loaded before any is stored. */
export const together = (): number[][] =>
  inPairs()
    ? [
        [0, 1],
        [2, 3],
      ]
    : VECTORS.map((v) => [v]);

/** Additions in a chain of float32 sums, at most: they bound its rounding. */
export const CHAIN = 64;
/** Bytes of the first cache. */
export const FIRST_CACHE = 32768;

/** How many rows make a block: some bytes of each tensor, and a number of rows at most. Long blocks cost less around their loops. */
interface BlockSize {
  bytes: number;
  rows: number;
}

/**
 * Runs `body` for every group of `rows` rows, a block of rows at a time, so that all groups are walked while the block is in
 * a near cache. `offset` is where the group begins, `column` its byte offset in a row, `next` what that would be if the last group
 * did not overlap the one before. `body` should call a function.
 */
export function eachGroup(
  f: FunctionBuilder,
  rows: I32,
  stride: I32,
  size: BlockSize,
  body: (group: { offset: I32; count: I32; column: I32; next: I32 }) => void,
): void {
  const fitting = f.let(i32(size.bytes).divU(stride));
  const most = f.let(f.select(fitting.ltU(size.rows), fitting, i32(size.rows)));
  const block = f.let(f.select(most.gtU(8), most, i32(8)));
  const last = f.let(stride.minus(GROUP_BYTES));
  f.for(0, rows, block, (row) => {
    const left = f.let(rows.minus(row));
    const count = f.let(f.select(left.ltU(block), left, block));
    const offset = f.let(row.times(stride));
    f.for(0, stride, GROUP_BYTES, (next) => {
      const column = f.let(f.select(next.ltU(last), next, last));
      body({ offset: offset.plus(column), count, column, next });
    });
  });
}

/** The loop over `count` rows. All `pointers` move from row to row. */
export function eachRow(
  f: FunctionBuilder,
  count: I32,
  stride: I32,
  pointers: readonly Var<I32>[],
  body: () => void,
): void {
  const [first] = pointers;
  const end = f.let(first.plus(count.times(stride)));
  f.while(first.ltU(end), () => {
    body();
    for (const pointer of pointers) pointer.set(pointer.plus(stride));
  });
}

/** Adds to the two sums of half a vector, `second` bytes apart. */
export function addToSums(
  f: FunctionBuilder,
  sums: Address,
  seconds: Address,
  at: number,
  first: F64x2,
  second: F64x2,
): void {
  f.store4(sums, f.load2d(sums, at).plus(first), at);
  f.store4(seconds, f.load2d(seconds, at).plus(second), at);
}

/**
 * Keeps sums where they are computed. V8 (11.3) moves additions to the end of a loop, and everything that they need
 * has to stay in registers until there: more than there are, with four vectors in a row. What a branch uses is computed
 * before it, even if the branch is never taken: `count`, the number of rows, is not negative. `sums` are all those of the
 * row so far, since a sum that one of a branch's two ways does not use is computed on the other way, late. `which` tells
 * branches apart, lest one be dropped as a repetition of the other.
 */
export function pin(
  f: FunctionBuilder,
  count: I32,
  which: number,
  sums: readonly F32x4[],
  at: Address,
): void {
  f.if(count.eq(-1 - which), () => {
    for (const sum of sums) f.store4(at, sum);
    f.return();
  });
}
