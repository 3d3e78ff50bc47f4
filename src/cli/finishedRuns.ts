import { unknownName } from '../errors.ts';
import { type FinishedFolderRun, type FolderRun, isFinished, readRuns } from '../experiment/folderRuns.ts';
import { type MeasureName, measures } from '../experiment/measures.ts';
import { asUsageError } from './arguments.ts';
import { UsageError } from './exit.ts';

interface FoundRuns {
  all: FolderRun[];
  /** At least one. */
  runs: FinishedFolderRun[];
  /** How many are not finished. */
  unfinished: number;
}

/** The runs in these folders and below; `records`: how they ran, too. */
export function finishedRuns(folders: readonly string[], { records = false } = {}): FoundRuns {
  const all = readRuns(folders, { records });
  const runs = all.filter(isFinished);
  const unfinished = all.length - runs.length;
  if (runs.length > 0) return { all, runs, unfinished };
  throw new UsageError(`no finished run in ${folders.join(', ')}`, [
    unfinished > 0 ? `${unfinished} are not finished` : 'a run is a folder with config.json and result.json',
  ]);
}

/** Every measure, and those that need nothing but the end of a run. */
export const measureNames = Object.keys(measures) as MeasureName[];
export const endMeasures = measureNames.filter((name) => !measures[name].needsSteps);

/** The value of `--measure` or the like: one of `allowed`. */
export function checkMeasure(flag: string, name: string, allowed: readonly MeasureName[]): MeasureName {
  const known = allowed.find((each) => each === name);
  if (known) return known;
  throw new UsageError(`--${flag}: ${unknownName('measure', name, allowed)}`, [
    `one of: ${allowed.join(', ')}`,
  ]);
}

/** `fn`, whose ConfigErrors are about flags. */
export function asFlags<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw asUsageError(error);
  }
}
