import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wallSeconds } from '../../../src/runs/sweep/estimate.ts';

it('workers take the runs in their order, and none is shared', () => {
  expect(wallSeconds([3, 3, 3, 3], 1)).toBe(12);
  expect(wallSeconds([3, 3, 3, 3], 2)).toBe(6);
  expect(wallSeconds([3, 3, 3, 3], 3)).toBe(6);
  expect(wallSeconds([3, 3, 3, 3], 100)).toBe(3);
  // The long one comes last, when the other worker has nothing left.
  expect(wallSeconds([1, 1, 1, 1, 10], 2)).toBe(12);
  expect(wallSeconds([10, 1, 1, 1, 1], 2)).toBe(10);
  expect(wallSeconds([], 4)).toBe(0);
});

it('the wall time is no less than a fair share and the longest run, and no more than both', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(100), { minLength: 1 }),
      fc.integer({ min: 1, max: 20 }),
      (seconds, workers) => {
        const share = seconds.reduce((sum, each) => sum + each, 0) / workers;
        const wall = wallSeconds(seconds, workers);
        expect(wall).toBeGreaterThanOrEqual(Math.max(share, ...seconds) - 1e-9);
        expect(wall).toBeLessThanOrEqual(share + Math.max(...seconds) + 1e-9);
      },
    ),
  );
});
