import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { defineExperiment } from '../../src/experiment/define.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import type { Experiment } from '../../src/experiment/spec.ts';
import { small } from './small.ts';

/** What a user's file may export, whatever its types say. */
const refused = (change: object) => () => defineExperiment({ ...small, ...change } as Experiment);

const claim = { says: 'so', level: { norm: 'none' }, of: 'testError', atLeast: 2 };

describe('defineExperiment', () => {
  it.each<[object, string]>([
    [{ claims: undefined }, 'experiment small: lacks claims'],
    [{ name: '../up' }, 'its name names a folder'],
    [{ seeds: 0 }, 'seeds must be a whole number of at least 1, got 0'],
    [{ grid: { norm: [] } }, 'the axis "norm" of the grid has no values'],
    [{ grid: { norms: ['batch'] } }, 'unknown setting "norms" (did you mean "norm"?)'],
    [{ grid: { ...small.grid, norm: ['bach'] } }, 'unknown norm "bach" (did you mean "batch"?)'],
    [{ training: { epoch: 3 } }, 'unknown setting "epoch"'],
    [{ figure: { x: 'width', y: 'testError' } }, 'figure.x is "width"'],
    [{ figure: { x: 'epoch', y: 'testeror' } }, 'unknown measure "testeror" (did you mean "testError"?)'],
    [{ claims: [{ level: {} }] }, 'claims[0] lacks says'],
    [{ claims: [{ says: '' }] }, 'claims[0] says nothing that can be judged'],
    [{ claims: [{ ...claim, ratio: [{}, {}] }] }, 'claims[0] has both level and ratio'],
    [{ claims: [{ ...claim, level: 'none' }] }, 'claims[0] level is "none"'],
    [
      { claims: [{ ...claim, level: { norm: 'batch' } }] },
      'claims[0] no run of the grid has {"norm":"batch"}',
    ],
    [{ claims: [{ ...claim, of: undefined }] }, 'claims[0] lacks of'],
    [{ claims: [{ ...claim, of: 'testeror' }] }, 'unknown measure "testeror" (did you mean "testError"?)'],
    [{ claims: [{ ...claim, atLeast: undefined }] }, 'claims[0] lacks its threshold'],
    [{ claims: [{ ...claim, atLeast: Number.NaN }] }, 'claims[0] its threshold is NaN'],
    [{ claims: [{ ...claim, atMost: 1 }] }, 'claims[0] wants 2 to 1'],
    [{ claims: [{ says: '', difference: [{}], of: 'testError', atLeast: 1 }] }, 'claims[0] difference is'],
    [{ claims: [{ says: '', ratio: [{}, {}], of: 'testError', atLeast: 0 }] }, 'judged by its logarithm'],
    [{ claims: [{ says: '', all: [] }] }, 'claims[0] all is []'],
    [{ claims: [{ says: '', any: [{ all: [{}] }] }] }, 'claims[0] says nothing that can be judged'],
    [{ claims: [{ says: '', check: true }] }, 'claims[0] check is true'],
  ])('refuses %j', (change, problem) => {
    expect(refused(change)).toThrow(ConfigError);
    expect(refused(change)).toThrow(problem);
  });
});

describe('planRuns', () => {
  it('is every combination with every seed, seed by seed', () => {
    const plan = planRuns(small);
    expect(plan).toHaveLength(8);
    expect(plan.map(({ seed }) => seed)).toEqual([1, 1, 1, 1, 2, 2, 2, 2]);
    expect(plan[3].point).toEqual({ norm: 'two groups', batchSize: 4 });
    expect(plan[3].config).toMatchObject({ norm: 'group', groups: 2, batchSize: 4, lr: 0.04, hidden: [8] });
  });

  it('lets what the caller says beat the experiment', () => {
    const [run] = planRuns(small, { seeds: [7], overrides: { limit: 5, dataDir: 'there' } });
    expect(run.config).toMatchObject({ seed: 7, limit: 5, dataDir: 'there' });
  });
});
