import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canaries, checkCall, pooledBytes } from './check.ts';
import { call } from './fuzz.ts';

/**
 * The short form of calls.proof.ts: some hundred random calls of the API, on both sets of kernels, twice. In the second round every
 * kernel has what it keeps for good, so the pool must end where it began.
 */
test('random calls give the same on both sets of kernels, or an error of the library, and leave memory as it was', () => {
  const calls = fc.sample(call, { numRuns: 250, seed: 20_261_126 });
  const others = canaries();
  const before: number[] = [];
  const outcomes = { result: 0, error: 0 };
  for (const round of [1, 2]) {
    before.push(pooledBytes());
    for (const each of calls) {
      try {
        outcomes[checkCall(each)]++;
        if (round === 1) others.check();
      } catch (error) {
        throw new Error(`${fc.stringify(each)}: ${(error as Error).message}`, { cause: error });
      }
    }
  }
  expect(pooledBytes()).toBe(before[1]);
  others.release();
  expect(outcomes.result).toBeGreaterThan(150);
  expect(outcomes.error).toBeGreaterThan(150);
});
