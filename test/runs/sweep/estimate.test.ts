import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { estimateSeconds, isSteady, wallSeconds } from '../../../src/runs/sweep/estimate.ts';
import { resolveConfig, type TrainOptions } from '../../../src/train/config.ts';
import { loadData } from '../../../src/train/data.ts';
import { probes } from '../../../src/train/probes/index.ts';
import type { Probe } from '../../../src/train/probes/probe.ts';

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

it('a step is timed once its blocks are no faster than those before: a cold start told of four times too much', () => {
  // As measured, but for the last three; the fourth was disturbed.
  const cold = [0.47, 0.019, 0.0141, 0.0182, 0.0077, 0.0058, 0.0057, 0.0056];
  const ends = cold.map((_, i) => isSteady(cold.slice(0, i + 1)));
  expect(ends).toEqual([false, false, false, false, false, false, false, true]);
  expect(
    [
      [0.02, 0.021],
      [0.02, 0.021, 0.02],
    ].map(isSteady),
  ).toEqual([false, true]);
});

describe('what a run takes', () => {
  // A clock that goes on a little when somebody looks at it, also waiting threads, and by 1000 s while a probe works.
  let ms = 0;
  beforeEach(() => {
    ms = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      ms += 10;
      return ms;
    });
    vi.spyOn(probes as Record<string, Probe>, 'test').mockImplementation(() => {
      ms += 1e6;
      return {};
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const options: TrainOptions = {
    ...{ dataset: 'synthetic', limit: 64, testLimit: 20, hidden: [4], batchSize: 8, epochs: 5 },
  };
  const estimated = async (more: TrainOptions) => {
    const config = resolveConfig({ ...options, ...more });
    return estimateSeconds(config, await loadData(config));
  };

  it('counts its probes: one before every so many steps, and one behind the last', async () => {
    const without = await estimated({});
    const probed = await estimated({ probes: ['test'], probeEvery: 10 });
    expect(Math.round((probed - without) / 1000)).toBe(5);
    expect(Math.round(((await estimated({ probes: ['test'] })) - without) / 1000)).toBe(6);
  });

  it('counts a test after each epoch and the steps of all, whatever test images the dataset has', async () => {
    const five = await estimated({});
    expect(five).toBeGreaterThan(0);
    expect((await estimated({ epochs: 10 })) / five).toBeCloseTo(2, 0);
    const probed = await estimated({ probes: ['test'], testLimit: 20, epochs: 1, probeEvery: 8 });
    expect(probed / 1000).toBeCloseTo(2, 1);
  });
});
