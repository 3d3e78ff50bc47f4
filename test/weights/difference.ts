import { expect } from 'vitest';

/** The largest difference of two lists of numbers, which must be of one length. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(0, ...Array.from(a, (value, i) => Math.abs(value - b[i])));
}
