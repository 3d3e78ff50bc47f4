import { expect, it } from 'vitest';
import { halfInterval, studentT } from '../../src/charts/studentT.ts';

// By mpmath 1.2.1 with 40 digits: the t at which 1 - betainc(n / 2, 1 / 2, 0, n / (n + t^2), regularized) is 0.95, halved 200 times. The
// first four decimals are those of Abramowitz and Stegun 1964, table 26.10.
it.each([
  [1, 12.7062047361747],
  [2, 4.302652729749464],
  [3, 3.18244630528371],
  [4, 2.776445105197794],
  [5, 2.570581835636316],
  [9, 2.262157162798206],
  [29, 2.045229642132704],
  [120, 1.979930405082441],
])("Student's t for %i degrees of freedom is %d", (degrees, quantile) => {
  expect(Math.abs(studentT(degrees) / quantile - 1)).toBeLessThan(1e-12);
});

it('falls to the quantile of the normal distribution', () => {
  expect(studentT(1e5)).toBeCloseTo(1.959964, 4);
});

it('one value has no interval, and equal values one of no width', () => {
  expect(halfInterval({ n: 1, std: undefined })).toBeUndefined();
  expect(halfInterval({ n: 3, std: 0 })).toBe(0);
});
