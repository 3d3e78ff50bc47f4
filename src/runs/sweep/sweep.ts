import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, RunFolderError } from '../../errors.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../../train/config.ts';
import type { TrainResult } from '../../train/result.ts';
import { guarded, jsonText, makeFolder, readJson } from '../files.ts';
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
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined)
    throw new ConfigError('grid', `two runs are ${twice}: their settings are the same`);
  const whole = { name: plan.name, normgrad: version, runs };
  guarded(folder, () => makeFolder(folder));
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
  return readJson(planFile(folder)) as SweepPlan<TrainConfig>;
}

/** How every run of the sweep in `folder` stands. */
export function loadSweep(folder: string): SweepRun[] {
  return loadRuns(folder, readPlan(folder).runs);
}

/** How these runs stand that have their folders in `folder`. */
export function loadRuns(folder: string, runs: readonly PlannedRun<TrainConfig>[]): SweepRun[] {
  return runs.map((run) => {
    const path = join(folder, run.id);
    const result = readResult(path);
    const record = result ? undefined : readRun(path);
    const unfinished = isLocked(path) ? 'running' : record?.status === 'failed' ? 'failed' : 'missing';
    return {
      ...run,
      status: (result?.status as 'done' | 'diverged' | undefined) ?? unfinished,
      result,
      error: unfinished === 'failed' ? (record?.error ?? undefined) : undefined,
      folder: path,
    };
  });
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
    ['give every sweep a folder of its own', `continue that one: normgrad sweep ${folder}`],
  );
}
