import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { planOf } from '../../../src/cli/sweep/plan.ts';
import { ConfigError, RunFolderError } from '../../../src/errors.ts';
import { jsonText } from '../../../src/runs/files.ts';
import { plannedRuns } from '../../../src/runs/sweep/grid.ts';
import { loadSweep, readPlan, writePlan } from '../../../src/runs/sweep/sweep.ts';
import { workThrough } from '../../../src/runs/sweep/worker.ts';
import { runTraining } from '../../../src/runs/training.ts';

/** A sweep folder may come from anywhere: what lies in it reaches nothing outside. */
let parent: string;
let folder: string;
let victim: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'normgrad-hostile-'));
  folder = join(parent, 'sweep');
  victim = join(parent, 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'metrics.jsonl'), 'precious');
});
afterEach(() => {
  expect(readFileSync(join(victim, 'metrics.jsonl'), 'utf8')).toBe('precious');
  rmSync(parent, { recursive: true });
});

const options = { dataset: 'synthetic', limit: 20, testLimit: 10, hidden: [4], epochs: 1 } as const;
const runs = plannedRuns([{ labels: {}, config: options }]);
const work = () =>
  workThrough(
    folder,
    { runs: readPlan(folder).runs, failedBefore: {} },
    { signal: new AbortController().signal, onEvent: () => {} },
  );

it.each(['../victim', '..', '.', '', '/tmp/x', 'a/b', 'a\\b', '.hidden', 'x'.repeat(201), 7, null, {}])(
  'the id %j is refused, in a file and from a program',
  async (id) => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'sweep.json'), jsonText({ name: 'x', runs: [{ ...runs[0], id }] }));
    expect(() => loadSweep(folder)).toThrow(RunFolderError);
    expect(() => loadSweep(folder)).toThrow(/sweep\.json: runs\.0\.id must be /);
    if (typeof id !== 'string') return;
    const other = join(parent, 'other');
    await expect(writePlan(other, { name: 'x', runs: [{ ...runs[0], id }] })).rejects.toThrow(ConfigError);
    expect(existsSync(other)).toBe(false);
  },
);

it('a run folder that is a link is refused', async () => {
  await writePlan(folder, { name: 'x', runs });
  symlinkSync(victim, join(folder, runs[0].id));
  expect(() => loadSweep(folder)).toThrow(`${runs[0].id} is a link to another place`);
});

it('a folder with files of these names that are no run is left alone', async () => {
  await expect(runTraining(options, { folder: { path: victim } })).rejects.toThrow(
    `${join(victim, 'metrics.jsonl')} is there, and no config.json beside it`,
  );
});

it('a folder in which no run can be begun ends all of them, with one message', async () => {
  await writePlan(folder, { name: 'x', runs });
  writeFileSync(join(folder, runs[0].id), 'a file in the way');
  await expect(work()).rejects.toThrow(RunFolderError);
  await expect(work()).rejects.toThrow(/^cannot read .*result\.json: ENOTDIR/);
});

it('a sweep file is checked, its name too, which names a folder', async () => {
  const file = join(parent, 'grid.json');
  const refusal = (content: unknown) => {
    writeFileSync(file, JSON.stringify(content));
    return planOf(file, { set: {} }).then(
      () => 'none',
      (error: Error) => `${error.name}: ${error.message}`,
    );
  };
  const grid = { norm: ['none'] };
  expect(await refusal({ base: options, grid })).toBe('none');
  expect(await refusal({ base: options, grid: null })).toBe(
    `UsageError: ${file}: grid must be an object, got null`,
  );
  expect(await refusal({ base: options, grid, name: '../../victim' })).toContain('name must be a plain name');
  expect(await refusal({ base: options, gird: grid })).toContain('grid is missing');
  expect(await refusal({ base: [], grid })).toContain('base must be an object, got []');
  expect(await refusal({ base: options, grid: { norm: 'none' } })).toContain(
    'grid.norm must be a list, got "none"',
  );
});
