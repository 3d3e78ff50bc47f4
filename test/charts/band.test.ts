import { describe, expect, it } from 'vitest';
import { bandEdges } from '../../src/charts/band.ts';
import { describeSeeds } from '../../src/charts/lineChart.ts';
import { meanCurve } from '../../src/charts/statistics.ts';
import { batchSizeChart, learningRateChart } from './exampleCharts.ts';

describe('bandEdges', () => {
  const [point] = meanCurve([1, 2, 3, 6].map((y) => [{ x: 0, y }]));
  // Mean 3, sample variance (4 + 1 + 0 + 9) / 3.
  const std = Math.sqrt(14 / 3);

  it.each([
    ['std', std],
    ['sem', std / 2],
    ['ci95', (3.182446305 * std) / 2],
  ] as const)('%s is %d on both sides of the mean', (band, half) => {
    const [low, high] = bandEdges(point, band)!;
    expect(low).toBeCloseTo(3 - half, 8);
    expect(high).toBeCloseTo(3 + half, 8);
  });

  it('minmax reaches from the least to the greatest, and none is nothing', () => {
    expect(bandEdges(point, 'minmax')).toEqual([1, 6]);
    expect(bandEdges(point, 'none')).toBeUndefined();
  });

  it('minmax has room for more seeds than a call has for arguments', () => {
    const values = Array.from({ length: 200_000 }, (_, i) => i);
    expect(bandEdges({ x: 0, y: 1, values }, 'minmax')).toEqual([0, 199_999]);
  });

  it('one seed has no band of any kind', () => {
    const [single] = meanCurve([[{ x: 0, y: 1 }]]);
    for (const band of ['std', 'sem', 'ci95', 'minmax'] as const) {
      expect(bandEdges(single, band)).toBeUndefined();
    }
  });
});

it('the caption says what the band is', () => {
  expect(describeSeeds({ ...batchSizeChart, band: 'ci95' })).toBe(
    'mean of n = 3 seeds, band: 95 % confidence interval of the mean (Student)',
  );
  expect(describeSeeds({ ...batchSizeChart, band: 'none' })).toBe('mean of n = 3 seeds');
  expect(describeSeeds({ ...learningRateChart, band: 'minmax' })).toBe(
    'one seed (n = 1), so no spread is shown',
  );
});
