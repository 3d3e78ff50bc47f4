import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { alike } from '../../src/experiment/claim.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import type { Experiment } from '../../src/experiment/spec.ts';
import { readStoredFile, storedExperiment } from '../../src/experiment/stored.ts';
import { storedJson } from '../../src/experiment/storedRuns.ts';
import { small } from './small.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-stored-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'small.json');

const arms = [{ norm: 'none' }, { norm: 'two groups' }] as const;
const experiment: Experiment = {
  ...small,
  claims: [
    { says: 'a level', level: arms[0], of: 'testError', atLeast: 1, atMost: 99 },
    { says: 'a ratio of nothing', ratio: arms, of: 'trainLoss', atLeast: 1 },
    { says: 'a law', each: {}, of: 'testError', atMost: 99 },
    { says: 'parts', ...alike(arms, 'testError', 5) },
    { says: 'parts of parts', any: [{ all: [alike(arms, 'testError', 5)] }, alike(arms, 'testLoss', 1)] },
    { says: 'a check', check: () => true },
  ],
};
const plan = planRuns(experiment);
const runs = plan.map(
  ({ point, seed }): RunRecord => ({
    ...{ point, seed, norm: String(point.norm), status: 'done', seconds: 1, digest: '' },
    ...{ train: null, test: { loss: 1, accuracy: 0.5 + seed / 1000 }, epochs: [] },
  }),
);

it('keeps what every claim came to, a line each', () => {
  const stored = storedExperiment(experiment, plan, runs, { smoke: false, wallSeconds: 1 });
  writeFileSync(file, storedJson(stored));
  expect(readStoredFile(file)).toEqual(stored);
  expect(stored.claims.map(({ outcome }) => outcome)).toContain('undecided');
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.filter((line) => line.includes('"says"'))).toHaveLength(experiment.claims.length);
});

it('reads the claims of before there were intervals', () => {
  const stored = storedExperiment({ ...experiment, claims: [] }, plan, runs, {
    smoke: false,
    wallSeconds: 1,
  });
  const older = { says: 'old', held: true, value: 3, threshold: 2, wanted: 'at least' };
  writeFileSync(file, JSON.stringify({ ...stored, claims: [older] }));
  expect(readStoredFile(file).claims).toMatchObject([
    { says: 'old', outcome: 'held', kind: 'check', value: 3, atLeast: 2 },
  ]);
});

it('says where a stored claim is damaged', () => {
  const stored = storedExperiment(experiment, plan, runs, { smoke: false, wallSeconds: 1 });
  writeFileSync(file, storedJson(stored).replace('"kind":"level"', '"kind":"lever"'));
  expect(() => readStoredFile(file)).toThrow(/claims/);
});
