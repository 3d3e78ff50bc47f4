import { type Address, type FunctionBuilder, type I32, i32 } from '../../builder/index.ts';
import { at8 } from '../addresses.ts';

/**
 * Two float64 sums for each column of some rows: all first ones, padded to whole groups, then all second ones. The last group
 * of a row has places of its own, also for columns that it shares with the one before.
 */
export const sumsBytes = (width: number): number => Math.ceil(width / 16) * 256;

/** Adds the sums of `parts` parts, `bytes` bytes each and one after the other, into the first. */
export function addParts(f: FunctionBuilder, sums: Address, bytes: I32, parts: I32): void {
  const end = f.let(sums.plus(bytes.times(parts)));
  f.for(sums, sums.plus(bytes), 16, (at) => {
    const total = f.let(f.load2d(at));
    const from = f.let(at.plus(bytes));
    f.forRange(from, from, end, bytes, () => total.set(total.plus(f.load2d(from))));
    f.store4(at, total);
  });
}

/** Brings the first or second sums of a row's columns together to those of its features, which come to lie at the front. */
export function joinCopies(f: FunctionBuilder, sums: Address, features: I32, width: I32): void {
  const rest = f.let(width.and(15));
  f.if(rest, () => {
    // The last group ends with the row: its columns move to their own places.
    const to = f.let(at8(sums, width.and(-16)));
    f.copy(to, at8(to, i32(16).minus(rest)), rest.shl(3));
  });
  f.for(features, width, features, (copy) => {
    // Two at a time; where there is an odd number, what comes after the last one has been added already.
    f.for(0, features, 2, (c) => {
      const to = f.let(at8(sums, c));
      f.store4(to, f.load2d(to).plus(f.load2d(at8(to, copy))));
    });
  });
}
