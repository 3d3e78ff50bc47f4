import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { finishedRuns } from '../../src/cli/finishedRuns.ts';
import { compareRuns, type FinishedRun } from '../../src/experiment/seedGroups.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { normgrad } from '../cli/normgrad.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (options: TrainOptions, accuracy: number, status = 'done'): FinishedRun => ({
  config: resolveConfig(options),
  result: {
    status: status as 'done' | 'diverged',
    ...{ test: { loss: 1, accuracy }, train: { loss: 1, accuracy }, best: null, diverged: null },
    ...{ epochs: 1, steps: 1, digest: '', parameters: 1, seconds: 1 },
  },
});

/** The seeds differ by far more than the norms: only the paired difference shows the norms. */
const runs = [
  run({ norm: 'none', batchSize: 8, seed: 1 }, 0.5),
  run({ norm: 'none', batchSize: 8, seed: 2 }, 0.8),
  run({ norm: 'none', batchSize: 16, seed: 1 }, 0.6),
  run({ norm: 'layer', batchSize: 8, seed: 1 }, 0.52),
  run({ norm: 'layer', batchSize: 8, seed: 2 }, 0.84),
  run({ norm: 'layer', batchSize: 16, seed: 1 }, 0.9, 'diverged'),
];

describe('compareRuns', () => {
  it('has a row per combination, each against its own baseline, seed by seed', () => {
    const { fields, groups } = compareRuns(runs, 'testAccuracy', undefined, 'none');
    expect(fields).toEqual(['norm', 'batchSize']);
    expect(groups.map(({ values }) => values.join(' '))).toEqual([
      'none 8',
      'none 16',
      'layer 8',
      'layer 16',
    ]);
    expect(groups[0].difference).toBeUndefined();
    expect(groups[2].summary.mean).toBeCloseTo(68);
    expect(groups[2].difference).toMatchObject({ n: 2 });
    expect(groups[2].difference!.mean).toBeCloseTo(3);
    expect(groups[2].difference!.std).toBeCloseTo(Math.SQRT2);
    expect(groups[3].summary).toMatchObject({ n: 0, diverged: 1 });
  });

  it('refuses rows that mix settings, unknown fields and unknown baselines', () => {
    expect(() => compareRuns(runs, 'testAccuracy', ['norm'])).toThrow(
      'by: runs of one group also differ in batchSize',
    );
    expect(() => compareRuns(runs, 'testAccuracy', ['nrom'])).toThrow('did you mean "norm"?');
    expect(() => compareRuns(runs, 'testAccuracy', undefined, 'nonee')).toThrow('did you mean "none"?');
    expect(() => compareRuns([runs[0]], 'testAccuracy', undefined, 'none')).toThrow(
      'baseline: the runs differ in nothing but the seed, so that none is "none"',
    );
    expect(() => compareRuns([...runs, runs[0]], 'testAccuracy')).toThrow('the same run lies in two');
  });

  it('does not take two texts of one file for seeds of one norm', () => {
    const own = (seed: number, sha256: string) =>
      run({ norm: '/home/me/power.mjs', seed, code: { '/home/me/power.mjs': sha256.repeat(64) } }, 0.5);
    expect(
      compareRuns([own(1, 'a'), own(2, 'a'), run({ norm: 'batch' }, 0.5)], 'testAccuracy').groups.map(
        ({ values }) => values,
      ),
    ).toEqual([['batch'], ['power']]);
    expect(() => compareRuns([own(1, 'a'), own(2, 'b')], 'testAccuracy')).toThrow(
      'by: runs of one group are of other texts of /home/me/power.mjs',
    );
  });
});

it('finds run folders at any depth, and says how many are not finished', async () => {
  runs.forEach(({ config, result }, i) => {
    const path = join(folder, 'deep', String(i));
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'config.json'), JSON.stringify(config));
    if (i < 5) writeFileSync(join(path, 'result.json'), JSON.stringify(result));
  });
  const found = finishedRuns([folder]);
  expect(found.runs).toHaveLength(5);
  expect(found.unfinished).toBe(1);
  const { code, stdout, stderr } = await normgrad(['compare', folder, '--baseline', 'none']);
  expect(stdout).toMatch(/│ layer │ 8 +│ +68 ± 23 \(n=2\) │ \+3\.0 ± 1\.4 \(n=2\) │/);
  expect(stderr).toContain('unfinished, and left out: 1');
  expect(code).toBe(0);
});
