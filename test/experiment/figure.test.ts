import { describe, expect, it } from 'vitest';
import {
  defineExperiment,
  type Experiment,
  type Measure,
  type Panel,
  probed,
} from '../../src/experiment/define.ts';
import { describeSettings } from '../../src/experiment/describeSettings.ts';
import { figuresOf } from '../../src/experiment/figure.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import { small } from './small.ts';

/** One record per planned run; its accuracy tells which it is. */
const runs: RunRecord[] = planRuns(small).map(({ point, seed, config }, i) => ({
  run: '',
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

const withFigure = (figure: Experiment['figure']) => figuresOf({ ...small, figure }, runs, '')[0];

describe('figuresOf', () => {
  it('over an axis of the grid: a series for all else, seeds averaged', () => {
    const { x, series } = figuresOf(small, runs, '')[0];
    expect(x).toEqual({ label: 'batch size', type: 'category' });
    expect(series.map(({ name, norm }) => [name, norm])).toEqual([
      ['none', 'none'],
      ['two groups', 'group'],
    ]);
    // Runs 2 and 6 of the plan: two groups, batch 8, seeds 1 and 2.
    expect(series[1].points[0].x).toBe(8);
    expect(series[1].points[0].y).toBeCloseTo(100 - 40);
  });

  it('over an axis of names: in the order of the grid', () => {
    const { x, series } = withFigure({ x: 'norm', y: 'testError' });
    expect(x).toEqual({ label: 'norm', type: 'category', names: ['none', 'two groups'] });
    expect(series.map(({ name }) => name)).toEqual(['batchSize 8', 'batchSize 4']);
    expect(series[0].points.map((point) => point.x)).toEqual([0, 1]);
  });

  it('over steps and epochs: a series per point of the grid', () => {
    const steps = withFigure({ x: 'step', y: 'trainLoss' });
    expect(steps.series).toHaveLength(4);
    expect(steps.series[0].points).toMatchObject([{ x: 5, y: 5 }]);
    expect(withFigure({ x: 'epoch', y: 'testLoss' }).series[3].points).toMatchObject([{ x: 1, y: 1 }]);
  });

  it('has the confidence interval as its band where a claim is about the level of what it shows', () => {
    const claimed: Experiment = {
      ...small,
      claims: [{ says: '', level: { norm: 'none' }, of: 'testError', atMost: 50 }],
      panels: [{ title: '', x: 'batchSize', lines: ['testLoss'] }],
    };
    expect(figuresOf(claimed, runs, '').map(({ band }) => band)).toEqual(['ci95', undefined]);
    expect(figuresOf(small, runs, '')[0].band).toBeUndefined();
  });

  it('leaves the colours to the names where all runs have one norm', () => {
    const one = runs.filter(({ norm }) => norm === 'group');
    expect(figuresOf(small, one, '')[0].series.map(({ norm }) => norm)).toEqual(['two groups']);
  });
});

describe('panels', () => {
  const watched = runs.map((run, i) => ({
    ...run,
    probes: [0, 10].map((step) => ({
      t: 'probe' as const,
      probe: 'test' as const,
      step,
      values: { loss: i + step, layers: [i, i + 1, i + 2] },
    })),
  }));
  const loss = probed('test', (values) => Number(values.loss), { label: 'loss on the way', unit: 'nats' });
  const layers: Measure = {
    label: 'by layer',
    of: ({ probes = [] }) => (probes.at(-1)!.values.layers as number[])[2],
    curve: ({ probes = [] }) => (probes[0].values.layers as number[]).map((y, i) => ({ x: i + 1, y })),
  };
  const panel = (options: Omit<Panel, 'title'>) =>
    figuresOf({ ...small, panels: [{ title: 'More', ...options }] }, watched, 'all of it')[1];

  it('follow the figure, each with its own title and axes', () => {
    const chart = panel({ x: 'step', lines: [loss] });
    expect(chart).toMatchObject({
      title: 'More',
      caption: 'all of it',
      x: { label: 'step' },
      y: { label: 'loss on the way', unit: 'nats' },
    });
    expect(chart.series).toHaveLength(4);
    // Runs 0 and 4 of the plan: none, batch 8, seeds 1 and 2.
    expect(chart.series[0].points.map(({ x, y }) => [x, y])).toEqual([
      [0, 2],
      [10, 12],
    ]);
  });

  it('over something else, for measures with a curve of their own', () => {
    const chart = panel({ x: 'layer', lines: [layers] });
    expect(chart.x).toEqual({ label: 'layer', type: 'linear' });
    expect(chart.series[0].points.map(({ x, y }) => [x, y])).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it('of some of the runs, whose common values are not named; several lines are', () => {
    const chart = panel({ x: 'step', where: { batchSize: 8 }, lines: [loss, { ...loss, label: 'again' }] });
    expect(chart.series.map(({ name }) => name)).toEqual([
      'none: loss on the way',
      'none: again',
      'two groups: loss on the way',
      'two groups: again',
    ]);
  });

  it('of one setting: each line has its own name', () => {
    const where = { batchSize: 8, norm: 'none' };
    const chart = panel({ x: 'step', where, lines: [loss, { ...loss, label: 'again' }] });
    expect(chart.series.map(({ name }) => name)).toEqual(['loss on the way', 'again']);
  });

  it('over an axis of the grid: the last value', () => {
    expect(panel({ x: 'batchSize', lines: [loss] }).series[0].points.map(({ x, y }) => [x, y])).toEqual([
      [8, 12],
      [4, 13],
    ]);
  });

  it('are refused where x says nothing', () => {
    const bad = { ...small, panels: [{ title: 'More', x: 'depht', lines: ['testLoss' as const] }] };
    expect(() => defineExperiment(bad)).toThrow(/panels\[0\]\.x is "depht"/);
    const unknown = { ...small, panels: [{ title: 'More', x: 'step', lines: ['tset' as 'testLoss'] }] };
    expect(() => defineExperiment(unknown)).toThrow(/unknown measure "tset"/);
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
