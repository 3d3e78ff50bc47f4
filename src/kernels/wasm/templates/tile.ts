import { type F32x4, type FunctionBuilder, f32x4, type I32, type Var } from '../builder/index.ts';

/**
 * The loop that products and convolutions spend their time in: sums[row][v] += left[row] right[v], over all terms, with `rows`
 * sums of `vectors` vectors each in registers. Each term loads the vectors of the right side once and, for each row, one number
 * of the left side into all four lanes.
 *
 * x64 gives 15 registers: 6 x 2 sums, 2 vectors of the right side, 1 number of the left. Tiles of fewer rows are wider, so
 * that there are always enough sums on their way to hide the latency of an addition (8 = 4 cycles, 2 units). All offsets are
 * constants of the module, so one register walks through six rows. In pairs (inPairs) a register holds two vectors, and tiles are
 * twice as wide.
 *
 * The order of the rows matters. V8 (11.3, in Node 20) places the multiply-adds of a loop in the order in which it meets their
 * sums behind the loop. If that is the order of the loads, each number of the left side is loaded right before its use. If it
 * is the opposite, all are loaded first, which takes more registers than there are: at 6x8 the sums spill, and the speed is
 * half (27 instead of 58 of 59 GFLOP/s). Sums that are stored as they are V8 meets from the last to the first, sums that
 * something is computed from (max, add) from the first to the last: found by measurement.
 */
type Sums = Var<F32x4>[][];

export const zeroSums = (f: FunctionBuilder, rows: number, vectors: number): Sums =>
  tileSums(rows, vectors, () => f.local(f32x4));

export const tileSums = (rows: number, vectors: number, start: (v: number) => Var<F32x4>): Sums =>
  Array.from({ length: rows }, () => Array.from({ length: vectors }, (_, v) => start(v)));

interface Terms {
  /** Whether there is a term. */
  more: I32;
  /** The address of the left side; computed in every turn. */
  left: () => I32;
  /** From there to the number of each row, in bytes. */
  leftRows: readonly number[];
  /** The left side has a vector for each vector of the right side, instead of one number for all. */
  leftVectors?: boolean;
  right: I32;
  /** To the next term. */
  next: () => void;
  /** What becomes of the sums: 'plain' where they are stored as they are, else 'computed'. */
  stored: 'plain' | 'computed';
}

export function addProducts(f: FunctionBuilder, sums: Sums, terms: Terms): void {
  const { more, leftRows, leftVectors = false, right, stored } = terms;
  const order = [...sums.keys()];
  if (stored === 'computed') order.reverse();
  f.while(more, () => {
    const left = terms.left();
    // A vector that only one row needs is loaded where it is used: eight at once would not fit beside eight sums.
    const values = sums[0].map((_, v) => {
      const value = f.load4(right, v * 16);
      return sums.length === 1 ? value : f.let(value);
    });
    for (const row of order) {
      f.block(() => {
        const one = leftVectors ? null : f.let(f.load4Splat(left, leftRows[row]));
        sums[row].forEach((sum, v) => {
          sum.set((one ?? f.load4(left, leftRows[row] + v * 16)).madd(values[v], sum));
        });
      });
    }
    terms.next();
  });
}

/**
 * Stores the sums, or what `value` makes of them, row by row; `lastLanes` (default: all) of the last vector. With `add` they are
 * added to what is there, which is loaded before the row is stored: a load between two stores keeps them from becoming one.
 */
export function storeTile(
  f: FunctionBuilder,
  sums: Sums,
  to: { address: I32; rowBytes: number; lastLanes?: number; add?: boolean },
  value: (sum: F32x4) => F32x4 = (sum) => sum,
): void {
  sums.forEach((vectors, row) => {
    const offset = row * to.rowBytes;
    const there = to.add ? vectors.map((_, v) => f.let(f.load4(to.address, offset + v * 16))) : null;
    const stored = vectors.map((sum, v) => (there ? there[v].plus(sum) : value(sum)));
    f.storeRow(to.address, stored, to.lastLanes, offset);
  });
}

/** Splits `length` into as few tiles of at most `most` as possible, equal up to one: a short last tile would be slow. */
export function evenTiles(length: number, most: number): { size: number; count: number }[] {
  const tiles = Math.ceil(length / most);
  const small = Math.floor(length / tiles);
  const larger = length - small * tiles;
  return [
    { size: small + 1, count: larger },
    { size: small, count: tiles - larger },
  ].filter(({ count }) => count > 0);
}
