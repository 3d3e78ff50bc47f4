import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RunFolderError } from '../errors.ts';
import { ifThere } from '../runs/lock/errors.ts';
import { isLocked } from '../runs/lock/look.ts';
import { type HowItRan, readConfig, readResult, readRun } from '../runs/record.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainResult } from '../train/result.ts';

/** A run as its folder has it. */
export interface FolderRun {
  path: string;
  config: TrainConfig;
  /** done and diverged: finished. unfinished: interrupted, or its process died. */
  status: 'done' | 'diverged' | 'running' | 'failed' | 'unfinished';
  /** Of a finished run. */
  result: TrainResult | undefined;
  /** run.json; a folder without one still has its results, and of a finished run it is read where it is asked for. */
  run: HowItRan | undefined;
}

export interface FinishedFolderRun extends FolderRun {
  result: TrainResult;
}

/** Every run in these folders and below: what has a config.json, in the order of the paths; `records`: with run.json. */
export function readRuns(folders: readonly string[], { records = true } = {}): FolderRun[] {
  return folders.flatMap((folder) => {
    if (!existsSync(folder)) throw new RunFolderError(`there is no folder ${folder}`);
    if (!statSync(folder).isDirectory())
      throw new RunFolderError(`${folder} is a file, not a folder with runs`);
    return runPaths(folder).map((path) => readFolder(path, records));
  });
}

export function isFinished(run: FolderRun): run is FinishedFolderRun {
  return run.result !== undefined;
}

function runPaths(folder: string): string[] {
  if (existsSync(join(folder, 'config.json'))) return [folder];
  // A folder that is being worked in may lose its lock at any moment.
  const entries = ifThere(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => runPaths(join(folder, name)));
}

function readFolder(path: string, records: boolean): FolderRun {
  const config = readConfig(path);
  const result = readResult(path);
  const run = records || !result ? readRun(path) : undefined;
  if (result) return { path, config, status: result.status as 'done' | 'diverged', result, run };
  const unfinished = run?.status === 'failed' ? 'failed' : 'unfinished';
  return { path, config, status: isLocked(path) ? 'running' : unfinished, result, run };
}
