import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalsFor,
  formatSummaries,
  formatSummary,
  mean,
  meanCurve,
  pairedDifference,
  sampleStd,
  summarize,
} from '../../src/charts/statistics.ts';

describe('sampleStd', () => {
  it('divides by n - 1', () => {
    // By hand: mean 5, squares 9 1 1 1 0 0 4 16, sum 32, 32 / 7.
    expect(sampleStd([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 14);
  });

  it('does not exist for one value', () => {
    expect(sampleStd([3])).toBeUndefined();
    expect(sampleStd([])).toBeUndefined();
  });

  it('does not change with a shift, and grows with the scale', () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: -1000, max: 1000 }), (values, shift) => {
        const std = sampleStd(values)!;
        expect(sampleStd(values.map((value) => value + shift))).toBeCloseTo(std, 9);
        expect(sampleStd(values.map((value) => -3 * value))).toBeCloseTo(3 * std, 9);
      }),
    );
  });
});

describe('summarize', () => {
  it('averages the runs that did not diverge and counts the others', () => {
    expect(summarize([1, Number.NaN, 3, Number.POSITIVE_INFINITY])).toEqual({
      n: 2,
      mean: 2,
      std: Math.SQRT2,
      diverged: 2,
      values: [1, 3],
    });
  });
});

describe('pairedDifference', () => {
  it('subtracts the baseline of the same seed, whatever the order', () => {
    const ours = new Map([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    const baseline = new Map([
      [3, 28],
      [1, 8],
      [4, 0],
    ]);
    const { n, mean, std } = pairedDifference(ours, baseline);
    expect({ n, mean, std }).toEqual({ n: 2, mean: 2, std: 0 });
  });
});

describe('meanCurve', () => {
  it('gives mean, std and seeds at every x, and a gap where all runs diverged', () => {
    const curve = meanCurve([
      [
        { x: 0, y: 1 },
        { x: 10, y: 4 },
        { x: 20, y: Number.NaN },
      ],
      [
        { x: 0, y: 3 },
        { x: 10, y: Number.NaN },
        { x: 20, y: Number.NaN },
      ],
    ]);
    expect(curve).toEqual([
      { x: 0, y: 2, std: Math.SQRT2, values: [1, 3] },
      { x: 10, y: 4, std: undefined, values: [4] },
      { x: 20, y: Number.NaN, std: undefined, values: [] },
    ]);
  });
});

describe('formatSummaries', () => {
  it('one number of decimals per column, which fits most of its spreads', () => {
    const column = [
      [97.1, 97, 97.2],
      [65, 73, 80],
      [66, 74, 79],
      [97.3, 97.2, 97.4],
    ];
    const cells = formatSummaries(column.map((values) => [summarize(values)]));
    expect(cells.flat()).toEqual(['97.10 ± 0.10', '72.67 ± 7.51', '73.00 ± 6.56', '97.30 ± 0.10']);
  });

  it('numbers near 0 decide nothing for the others', () => {
    const column = [[1.7e-17], [0.5], [0.25]].map((values) => [summarize(values)]);
    expect(formatSummaries(column).flat()).toEqual(['1.7e-17 (n=1)', '0.5000 (n=1)', '0.2500 (n=1)']);
  });
});

describe('formatSummary', () => {
  it.each([
    [[91, 91.5, 92.3], {}, '91.6 ± 0.7'],
    [[91, 91.5, 92.3], { showN: true }, '91.6 ± 0.7 (n=3)'],
    [[91, 91.5, 92.3], { decimals: 3 }, '91.600 ± 0.656'],
    [[0.981, 0.9835], {}, '0.9823 ± 0.0018'],
    [[61.4], {}, '61.40 (n=1)'],
    [[61.4, 61.4], {}, '61.40 ± 0.00'],
    [[60, 70, Number.NaN], {}, '65 ± 7 (n=2, 1 diverged)'],
    [[Number.NaN, Number.NaN], {}, '2 diverged'],
    [[1.71e-17, 1.75e-17], {}, '1.7e-17 ± 2.8e-19'],
    [[], {}, '–'],
  ])('%j with %j is %s', (values, format, expected) => {
    expect(formatSummary(summarize(values), format)).toBe(expected);
  });

  it('never claims a spread from one run', () => {
    fc.assert(fc.property(fc.double(), (value) => !formatSummary(summarize([value])).includes('±')));
  });

  it('has decimals that toFixed accepts, for numbers of any size', () => {
    fc.assert(
      fc.property(fc.double(), fc.option(fc.double({ min: 0 }), { nil: undefined }), (center, std) => {
        expect(() => mean([center]).toFixed(decimalsFor({ mean: center, std }))).not.toThrow();
      }),
    );
  });
});
