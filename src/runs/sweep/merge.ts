import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ConfigError, RunFolderError } from '../../errors.ts';
import type { TrainConfig } from '../../train/config.ts';
import { guarded } from '../files.ts';
import { type Lock, lockTaker } from '../lock/lock.ts';
import { isLocked } from '../lock/look.ts';
import { configHash } from '../name.ts';
import { readResult, readRun, runFiles } from '../record.ts';
import { sameDataCheck } from '../sameData.ts';
import { isOpen, SecondResult, signer } from '../takeIn.ts';
import { type PlannedRun, readPlan, refuseLink, writePlan } from './sweep.ts';

/** What came of a merge. */
export interface Merged {
  /** Finished runs that were copied. */
  copied: number;
  /** Finished ones that were there already, with the same digest. */
  same: number;
  /** Of runs that were begun, or failed: they go on in the merged sweep. */
  unfinished: number;
  /** Runs with two results that differ; the first one is kept. */
  conflicts: string[];
}

/**
 * Copies the runs of sweeps into one folder, run by run, so that memory does not grow with them: shards that several machines
 * trained. The folders stay as they are; a merge that was killed is started again. One run in two folders must have
 * one digest. Throws RunFolderError for sweeps that do not belong together or were trained on other data.
 */
export async function mergeSweeps(folders: readonly string[], out: string): Promise<Merged> {
  if (folders.some((folder) => resolve(folder) === resolve(out))) {
    throw new ConfigError('out', `${out} is one of the sweeps to be merged`, [
      'name a folder for what they are together; it may hold an earlier merge',
    ]);
  }
  const runs = unionOf(existsSync(join(out, 'sweep.json')) ? [out, ...folders] : folders);
  const { name } = readPlan(folders[0]);
  await writePlan(out, { name, runs: [...runs.values()] }, { grows: true });
  const requireSameData = sameDataCheck();
  const take = lockTaker();
  const merged: Merged = { copied: 0, same: 0, unfinished: 0, conflicts: [] };
  for (const folder of folders) {
    for (const run of readPlan(folder).runs) mergeFinished(run, join(folder, run.id));
  }
  for (const folder of folders) {
    for (const run of readPlan(folder).runs) mergeBegun(run, join(folder, run.id));
  }
  return merged;

  function mergeFinished({ id, config }: PlannedRun<TrainConfig>, from: string): void {
    refuseLink(from);
    const result = readResult(from);
    if (result === undefined) return;
    const record = readRun(from);
    requireSameData(config, record?.data, from);
    const isNew = () => isOpen(join(out, id), { digest: result.digest, by: signer(record) });
    try {
      const isCopied =
        isNew() &&
        within(id, (path, lock) => {
          // It may have been finished between the look and the lock.
          if (!isNew()) return false;
          rmSync(runFiles(path).checkpoint, { force: true });
          copy(from, path, lock, ['config', 'run', 'metrics', 'checkpoint', 'result']);
          return true;
        });
      merged[isCopied ? 'copied' : 'same']++;
    } catch (error) {
      if (!(error instanceof SecondResult)) throw error;
      merged.conflicts.push(error.message);
    }
  }

  /** The first one with a run.json, so that the merged sweep goes on from its checkpoint. */
  function mergeBegun({ id }: PlannedRun<TrainConfig>, from: string): void {
    if (!existsSync(runFiles(from).run) || existsSync(runFiles(join(out, id)).run)) return;
    if (isLocked(from)) {
      throw new RunFolderError(`a process is at work in ${from}`, [
        'merge once it has finished, or was stopped',
      ]);
    }
    within(id, (path, lock) => copy(from, path, lock, ['config', 'metrics', 'checkpoint', 'run']));
    merged.unfinished++;
  }

  function within<T>(id: string, fn: (path: string, lock: Lock) => T): T {
    const path = join(out, id);
    const lock = take(path);
    if (lock === undefined) {
      throw new RunFolderError(`another process is at work in ${path}`, ['merge once it has finished']);
    }
    try {
      return fn(path, lock);
    } finally {
      lock.release();
    }
  }
}

/** The runs of all; one name is one run. */
function unionOf(folders: readonly string[]): Map<string, PlannedRun<TrainConfig>> {
  const runs = new Map<string, PlannedRun<TrainConfig>>();
  for (const folder of folders) {
    for (const run of readPlan(folder).runs) {
      const known = runs.get(run.id);
      if (known === undefined) runs.set(run.id, run);
      else if (configHash(known.config) !== configHash(run.config)) {
        throw new RunFolderError(`${run.id} has other settings in ${folder} than in the sweeps before it`, [
          'merge the shards of one sweep, or sweeps whose runs have names of their own',
        ]);
      }
    }
  }
  return runs;
}

/** The last file is the one that says what the run is: a merge that is killed leaves none that seems whole. */
function copy(from: string, to: string, lock: Lock, names: (keyof ReturnType<typeof runFiles>)[]): void {
  const [theirs, ours] = [runFiles(from), runFiles(to)];
  guarded(to, () => {
    for (const name of names)
      if (existsSync(theirs[name])) lock.write(ours[name], readFileSync(theirs[name]));
  });
}
