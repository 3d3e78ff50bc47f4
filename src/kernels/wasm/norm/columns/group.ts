import {
  type Address,
  type F64x2,
  type FunctionBuilder,
  type I32,
  i32,
  type Var,
} from '../../builder/index.ts';

/**
 * A group is 8 columns, two vectors of every row: as many as leave registers for their accumulators and coefficients. An
 * accumulator that is spilled in the loop over rows doubles the loop's time.
 */
export const VECTORS = [0, 1] as const;
const GROUP_BYTES = 32;

/** Two float64 sums for each of 8 columns: the first sums, then the second ones. */
export const SUMS_BYTES = 128;
export const SECOND = 64;

/** Additions in a chain of float32 sums, at most: they bound its rounding. */
export const CHAIN = 64;
/** Bytes that a block may take of the first cache, for all tensors of a pass together. */
export const FIRST_CACHE = 16384;

/** How many rows make a block: some bytes of each tensor, and a number of rows at most. Long blocks cost less around their loops. */
export interface BlockSize {
  bytes: number;
  rows: number;
}

/**
 * Runs `body` for every group of `rows` rows, a block of rows at a time, so that all groups are walked while the block is in
 * the first cache. `offset` is where the group begins, `column` its byte offset in a row, `sums` the offset of its sums (a
 * last group that overlaps the one before has sums of its own). `body` should call a function.
 */
export function eachGroup(
  f: FunctionBuilder,
  rows: I32,
  stride: I32,
  size: BlockSize,
  body: (group: { offset: I32; count: I32; column: I32; sums: I32 }) => void,
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
      body({ offset: offset.plus(column), count, column, sums: next.shl(2) });
    });
  });
}

/**
 * The loop over `count` rows, two at a time, so that accumulators have two chains and the loop itself costs half. All `pointers`
 * move from row to row; `body` gets those of its row, and which of the two it is.
 */
export function eachRow(
  f: FunctionBuilder,
  count: I32,
  stride: I32,
  pointers: readonly Var<I32>[],
  body: (row: readonly I32[], odd: 0 | 1) => void,
): void {
  const [first] = pointers;
  const end = f.let(first.plus(count.and(-2).times(stride)));
  const twice = f.let(stride.shl(1));
  f.while(first.ltU(end), () => {
    const next = pointers.map((pointer) => f.let(pointer.plus(stride)));
    body(pointers, 0);
    body(next, 1);
    for (const pointer of pointers) pointer.set(pointer.plus(twice));
  });
  f.if(count.and(1), () => body(pointers, 0));
}

/** Adds to the two sums of half a vector. */
export function addToSums(
  f: FunctionBuilder,
  sums: Address,
  vector: number,
  half: number,
  first: F64x2,
  second: F64x2,
): void {
  const at = vector * 32 + half * 16;
  f.store4(sums, f.load2d(sums, at).plus(first), at);
  f.store4(sums, f.load2d(sums, at + SECOND).plus(second), at + SECOND);
}

/** Where the sums of `column` (a number, not bytes) lie. */
export function sumsOf(f: FunctionBuilder, sums: Address, column: I32, width: I32): Var<I32> {
  // The last 8 columns of a width that is no multiple of 8 are the last group; where it overlaps, the first one counts.
  const whole = width.and(-8);
  const shift = i32(8).minus(width.and(7));
  const place = f.let(f.select(column.ltU(whole), column, column.plus(shift)));
  return f.let(sums.plus(place.shrU(3).times(SUMS_BYTES)).plus(place.and(7).shl(3)));
}

/** Adds the float64 sums of `parts` parts, `bytes` bytes each and one after the other, into the first. */
export function addParts(f: FunctionBuilder, sums: Address, bytes: I32, parts: I32): void {
  const end = f.let(sums.plus(bytes.times(parts)));
  f.for(sums, sums.plus(bytes), 16, (at) => {
    const total = f.let(f.load2d(at));
    const from = f.let(at.plus(bytes));
    f.forRange(from, from, end, bytes, () => total.set(total.plus(f.load2d(from))));
    f.store4(at, total);
  });
}
