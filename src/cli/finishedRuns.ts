import { type FinishedFolderRun, type FolderRun, isFinished, readRuns } from '../experiment/folderRuns.ts';
import { UsageError } from './exit.ts';

interface FoundRuns {
  all: FolderRun[];
  /** At least one. */
  runs: FinishedFolderRun[];
  /** How many are not finished. */
  unfinished: number;
}

/** The runs in these folders and below. */
export function finishedRuns(folders: readonly string[]): FoundRuns {
  const all = readRuns(folders);
  const runs = all.filter(isFinished);
  const unfinished = all.length - runs.length;
  if (runs.length > 0) return { all, runs, unfinished };
  throw new UsageError(`no finished run in ${folders.join(', ')}`, [
    unfinished > 0 ? `${unfinished} are not finished` : 'a run is a folder with config.json and result.json',
  ]);
}
