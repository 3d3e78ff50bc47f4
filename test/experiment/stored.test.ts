import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { alike } from '../../src/experiment/claim.ts';
import { planRuns } from '../../src/experiment/plan.ts';
import type { RunRecord } from '../../src/experiment/results.ts';
import type { Experiment } from '../../src/experiment/spec.ts';
import { checkClaims, readStoredFile, storedExperiment } from '../../src/experiment/stored.ts';
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
    ...{ run: 'r', point, seed, norm: String(point.norm), status: 'done', seconds: 1, digest: '' },
    ...{ train: null, test: { loss: 1, accuracy: 0.5 + seed / 1000 }, epochs: [] },
  }),
);

it('keeps what every claim came to, a line each', () => {
  const stored = storedExperiment(experiment, plan, runs, { smoke: false, wallSeconds: 1 });
  writeFileSync(file, storedJson(stored));
  const { claims: _, ...kept } = stored;
  expect(readStoredFile(file)).toEqual(kept);
  expect(stored.claims.map(({ outcome }) => outcome)).toContain('undecided');
  const lines = readFileSync(file, 'utf8').split('\n');
  expect(lines.filter((line) => line.includes('"says"'))).toHaveLength(experiment.claims.length);
});

it('judges alike what is measured and what is kept, and rounds no point and no seed', () => {
  const lr = 2 ** -9;
  const seed = 1_234_567;
  const law = { says: 'a law', each: { lr }, of: 'testLoss', atMost: 0.3 } as const;
  const one: Experiment = { ...small, grid: { lr: [lr] }, claims: [law] };
  const planned = planRuns(one, { seeds: [seed] });
  const test = { loss: 0.30000004, accuracy: 0.5 };
  const run: RunRecord = { ...runs[0], point: { lr }, seed, test };
  const stored = storedExperiment(one, planned, [run], { smoke: false, wallSeconds: 1 });
  writeFileSync(file, storedJson(stored));
  const read = readStoredFile(file);
  expect(read.runs).toMatchObject([{ point: { lr }, seed, test: { loss: 0.3 } }]);
  expect(checkClaims(one, read.runs)).toEqual(stored.claims);
});

it('says where a stored run is damaged', () => {
  const stored = storedExperiment(experiment, plan, runs, { smoke: false, wallSeconds: 1 });
  writeFileSync(file, storedJson(stored).replace('"status":"done"', '"status":"gone"'));
  expect(() => readStoredFile(file)).toThrow(/runs\.0\.status/);
});
