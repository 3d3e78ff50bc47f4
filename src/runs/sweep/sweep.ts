import { existsSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { ConfigError, RunFolderError, shown } from '../../errors.ts';
import { plainObject } from '../../storedFile.node.ts';
import { configSchema, resolveConfig, type TrainConfig, type TrainOptions } from '../../train/config.ts';
import type { TrainResult } from '../../train/result.ts';
import { typed } from '../../typed.node.ts';
import { guarded, jsonText, readJson } from '../files.ts';
import type { Lock } from '../lock/lock.ts';
import { isLocked } from '../lock/look.ts';
import { withLock } from '../lock/wait.ts';
import { configHash } from '../name.ts';
import { readResult, readRun } from '../record.ts';
import { version } from '../version.ts';

/**
 * Many runs in one folder. sweep.json has the plan, written first; no run is ever taken out of it. Every run has a folder
 * named by its id, and `result.json` in it means that the run is finished. There is no other record, so that a sweep can
 * be stopped anywhere and started again.
 */
export interface SweepPlan<Config = TrainOptions> {
  name: string;
  runs: readonly PlannedRun<Config>[];
}

export interface PlannedRun<Config = TrainOptions> {
  /** Names the run's folder; runName(config) is one. */
  id: string;
  /** What tells it from the other runs: `{ norm: 'batch', seed: 1 }`. */
  labels: Readonly<Record<string, string | number>>;
  config: Config;
}

export interface SweepRun extends PlannedRun<TrainConfig> {
  /** done, diverged: finished. failed: threw an error, or its process died. missing: not begun, or interrupted. */
  status: 'done' | 'diverged' | 'failed' | 'running' | 'missing';
  /** Of a finished run. */
  result: TrainResult | undefined;
  /** Of a failed one. */
  error: string | undefined;
  folder: string;
}

/** Every n-th run, from the i-th on: i from 1 to n. */
export interface Shard {
  i: number;
  n: number;
}

/** Of a folder or a file in another folder: nothing that leads out of that, on any system. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/;
export const plainName = v.pipe(
  v.string(),
  v.regex(PLAIN_NAME, 'must be a plain name (letters, digits, and - + . _ between them)'),
);

const planSchema = v.pipe(
  plainObject,
  v.looseObject({
    name: v.string(),
    runs: v.pipe(
      v.array(
        v.object({
          id: plainName,
          labels: v.record(v.string(), v.union([v.string(), v.number()], 'must be a word or a number')),
          config: configSchema,
        }),
      ),
      v.check((runs) => new Set(runs.map(({ id }) => id)).size === runs.length, 'has one id twice'),
    ),
  }),
);

const planFile = (folder: string) => join(folder, 'sweep.json');

/**
 * Writes sweep.json. A folder with the same runs is continued; one with others is left alone, or, where it `grows`, gets
 * these as well.
 */
export async function writePlan(
  folder: string,
  plan: SweepPlan,
  { grows = false }: { grows?: boolean } = {},
): Promise<SweepPlan<TrainConfig>> {
  const runs = plan.runs.map((run) => ({ ...run, config: resolveConfig(run.config) }));
  const ids = runs.map(({ id }) => id);
  const odd = ids.find((id) => !PLAIN_NAME.test(id));
  if (odd !== undefined) {
    throw new ConfigError('id', `must be a plain name (letters, digits, and - + . _), got ${shown(odd)}`, [
      'it names the folder of a run: take runName(config)',
    ]);
  }
  const seen = new Set<string>();
  const twice = ids.find((id) => seen.size === seen.add(id).size);
  if (twice !== undefined)
    throw new ConfigError('grid', `two runs are ${twice}: their settings are the same`);
  const whole = { name: plan.name, normgrad: version, runs };
  // Two callers may add their runs at once.
  await withLock(folder, (lock) =>
    guarded(folder, () => {
      if (!existsSync(planFile(folder))) lock.write(planFile(folder), jsonText(whole));
      else if (grows) addRuns(folder, runs, lock);
      else refuseOther(folder, runs);
    }),
  );
  return whole;
}

/** What `writePlan` wrote. */
export function readPlan(folder: string): SweepPlan<TrainConfig> {
  if (!existsSync(planFile(folder))) {
    throw new RunFolderError(`${folder} holds no sweep: it has no sweep.json`, [
      'name the folder that a sweep was started in, like runs/sweep-20261122-141003',
    ]);
  }
  return readJson(planFile(folder), planSchema);
}

/** How every run of the sweep in `folder` stands. */
export function loadSweep(folder: string): SweepRun[] {
  return loadRuns(folder, readPlan(folder).runs);
}

/** How these runs stand that have their folders in `folder`. */
export function loadRuns(folder: string, runs: readonly PlannedRun<TrainConfig>[]): SweepRun[] {
  return runs.map((run) => {
    const path = join(folder, run.id);
    refuseLink(path);
    const result = readResult(path);
    const found = { ...run, result, error: undefined, folder: path };
    if (result) return { ...found, status: result.status as 'done' | 'diverged' };
    if (isLocked(path)) return { ...found, status: 'running' };
    const record = readRun(path);
    if (record?.status !== 'failed') return { ...found, status: 'missing' };
    return { ...found, status: 'failed', error: record.error ?? undefined };
  });
}

/** What a run writes stays in the folder of its sweep. */
export function refuseLink(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new RunFolderError(`${path} is a link to another place, and a run's folder must not be one`, [
    'put the folder itself there, or delete the link and train the run again',
  ]);
}

export function isFinished({ status }: SweepRun): boolean {
  return status === 'done' || status === 'diverged';
}

export function ofShard<T>(runs: readonly T[], shard: Shard | undefined): readonly T[] {
  return shard === undefined ? runs : runs.filter((_, k) => k % shard.n === shard.i - 1);
}

function addRuns(folder: string, runs: readonly PlannedRun<TrainConfig>[], lock: Lock): void {
  const before = readPlan(folder);
  const known = new Set(before.runs.map(({ id }) => id));
  const added = runs.filter(({ id }) => !known.has(id));
  if (added.length === 0) return;
  lock.write(planFile(folder), jsonText({ ...before, runs: [...before.runs, ...added] }));
}

function refuseOther(folder: string, runs: readonly PlannedRun<TrainConfig>[]): void {
  const named = (list: readonly PlannedRun<TrainConfig>[]) =>
    new Set(list.map(({ id, config }) => `${id} ${configHash(config)}`));
  const [theirs, ours] = [named(readPlan(folder).runs), named(runs)];
  const added = [...ours].filter((run) => !theirs.has(run)).length;
  const lacking = [...theirs].filter((run) => !ours.has(run)).length;
  if (added + lacking === 0) return;
  throw new ConfigError(
    'out',
    `${folder} holds another sweep (${added} of these runs are not in it, ${lacking} of its runs not in these)`,
    ['give every sweep a folder of its own', `continue that one: ${typed('sweep', [folder])}`],
  );
}
