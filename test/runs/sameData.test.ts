import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { RunFolderError } from '../../src/errors.ts';
import { jsonText } from '../../src/runs/files.ts';
import { readRun, runFiles } from '../../src/runs/record.ts';
import { requireOneDataset } from '../../src/runs/sameData.ts';
import { plannedRuns } from '../../src/runs/sweep/grid.ts';
import { runTraining } from '../../src/runs/training.ts';
import { resolveConfig } from '../../src/train/config.ts';
import { dataChecksum } from '../../src/train/data.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-data-'));
afterAll(() => rmSync(parent, { recursive: true }));

const digits = (seed: number) => syntheticDigits({ seed, train: 40, test: 20 });
const [dataset, other] = [digits(1), digits(2)];
const config = resolveConfig({ dataset: 'synthetic', limit: 40, testLimit: 20, hidden: [4] });

it('a checksum is of the images and labels that are used', () => {
  const checksum = dataChecksum(config, dataset);
  expect(checksum).toMatch(/^[0-9a-f]{16}$/);
  expect(dataChecksum(config, digits(1))).toBe(checksum);
  expect(dataChecksum(config, other)).not.toBe(checksum);
  expect(dataChecksum({ ...config, limit: 39 }, dataset)).not.toBe(checksum);
  // More of which the limit lets none be seen.
  expect(
    dataChecksum(config, { ...dataset, train: syntheticDigits({ seed: 1, train: 50, test: 1 }).train }),
  ).toBe(checksum);
  const { labels } = dataset.test;
  const mislabelled = { ...dataset.test, labels: labels.map((label, i) => (i === 7 ? 9 - label : label)) };
  expect(dataChecksum(config, { ...dataset, test: mislabelled })).not.toBe(checksum);
});

it('a run is not continued on other data', async () => {
  const path = join(parent, 'begun');
  const controller = new AbortController();
  const folder = { path };
  await runTraining(config, { dataset, folder, signal: controller.signal, onStep: () => controller.abort() });
  const before = readRun(path);
  expect(before!.data).toBe(dataChecksum(config, dataset));
  const resumed = runTraining(config, { dataset: other, folder, resume: true });
  await expect(resumed).rejects.toThrow(RunFolderError);
  await expect(resumed).rejects.toThrow(
    `${path} was begun with other data: their checksum is ${before!.data}, and here it is ${dataChecksum(config, other)}`,
  );
  expect(readRun(path)).toEqual(before);
  expect((await runTraining(config, { dataset, folder, resume: true })).status).toBe('done');
  // Without --resume the run in the folder is replaced.
  expect((await runTraining(config, { dataset: other, folder })).status).toBe('done');
});

it('the runs of a sweep are all of one dataset, on whatever machine', async () => {
  const sweep = join(parent, 'sweep');
  const runs = plannedRuns([1, 2].map((seed) => ({ labels: { seed }, config: { ...config, seed } })));
  const path = join(sweep, runs[0].id);
  await runTraining(runs[0].config, { dataset, folder: { path } });
  const check = (own: typeof dataset, more = {}) =>
    requireOneDataset(sweep, runs, { ...runs[1].config, ...more }, own);
  check(dataset, { dataDir: '/elsewhere' });
  expect(() => check(other)).toThrow(`${path} was begun with other data`);
  // Runs that use other images of it say nothing of these.
  check(other, { limit: 30 });
  const { data: _, ...older } = readRun(path)!;
  writeFileSync(runFiles(path).run, jsonText(older));
  check(other);
});
