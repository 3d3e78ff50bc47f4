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
  /** run.json; a folder without one still has its results. */
  run: HowItRan | undefined;
}

export interface FinishedFolderRun extends FolderRun {
  result: TrainResult;
}

/** Every run in these folders and below: what has a config.json, in the order of the paths. */
export function readRuns(folders: readonly string[]): FolderRun[] {
  return folders.flatMap((folder) => {
    if (!existsSync(folder)) throw new RunFolderError(`there is no folder ${folder}`);
    if (!statSync(folder).isDirectory())
      throw new RunFolderError(`${folder} is a file, not a folder with runs`);
    return runPaths(folder).map(readFolder);
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

function readFolder(path: string): FolderRun {
  const result = readResult(path);
  const run = readRun(path);
  const unfinished = isLocked(path) ? 'running' : run?.status === 'failed' ? 'failed' : 'unfinished';
  const status = (result?.status as 'done' | 'diverged' | undefined) ?? unfinished;
  return { path, config: readConfig(path), status, result, run };
}
