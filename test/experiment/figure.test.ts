import { describe, expect, it } from 'vitest';
import type { Experiment } from '../../src/experiment/define.ts';
import { describeSettings, figureOf } from '../../src/experiment/figure.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import { small } from './small.ts';

/** One record per planned run; its accuracy tells which it is. */
const runs: RunRecord[] = planRuns(small).map(({ point, seed, config }, i) => ({
  point,
  seed,
  norm: config.norm,
  status: 'done',
  train: null,
  test: { loss: 1, accuracy: i / 10 },
  epochs: [{ epoch: 1, train: { loss: 2, accuracy: 0 }, test: { loss: 1, accuracy: i / 10 } }],
  steps: [{ step: 5, train: { loss: 3 + i, accuracy: 0 } }],
  seconds: 1,
  digest: '',
}));

const withFigure = (figure: Experiment['figure']) => figureOf({ ...small, figure }, runs, '');

describe('figureOf', () => {
  it('over an axis of the grid: a series for all else, seeds averaged', () => {
    const { x, series } = figureOf(small, runs, '');
    expect(x).toEqual({ label: 'batch size', type: 'category' });
    expect(series.map(({ name, norm }) => [name, norm])).toEqual([
      ['none', 'none'],
      ['two groups', 'group'],
    ]);
    // Runs 2 and 6 of the plan: two groups, batch 8, seeds 1 and 2.
    expect(series[1].points[0].x).toBe(8);
    expect(series[1].points[0].y).toBeCloseTo(100 - 40);
  });

  it('over an axis of names: numbers, and their names in the label', () => {
    const { x, series } = withFigure({ x: 'norm', y: 'testError' });
    expect(x.label).toBe('norm: 1 none, 2 two groups');
    expect(series.map(({ name }) => name)).toEqual(['batchSize 8', 'batchSize 4']);
    expect(series[0].points.map((point) => point.x)).toEqual([1, 2]);
  });

  it('over steps and epochs: a series per point of the grid', () => {
    const steps = withFigure({ x: 'step', y: 'trainLoss' });
    expect(steps.series).toHaveLength(4);
    expect(steps.series[0].points).toMatchObject([{ x: 5, y: 5 }]);
    expect(withFigure({ x: 'epoch', y: 'testLoss' }).series[3].points).toMatchObject([{ x: 1, y: 1 }]);
  });

  it('leaves the colours to the names where all runs have one norm', () => {
    const one = runs.filter(({ norm }) => norm === 'group');
    expect(figureOf(small, one, '').series.map(({ norm }) => norm)).toEqual(['two groups']);
  });
});

it('describes what all runs share, and nothing else', () => {
  const shared = 'synthetic, 40 images, mlp 8, sgd with momentum 0.9';
  expect(describeSettings(planRuns(small))).toBe(`${shared}, 1 epoch`);
  const oneBatch = planRuns(small).filter(({ point }) => point.batchSize === 8);
  expect(describeSettings(oneBatch)).toBe(`${shared}, lr 0.08, batch 8, 1 epoch`);
  const mostly = [...oneBatch, planRuns(small)[1]];
  expect(describeSettings(mostly)).toBe(`${shared}, lr 0.08 unless stated, 1 epoch`);
});
