import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { RunFolderError } from '../errors.ts';
import type { TrainConfig } from '../train/config.ts';
import { dataChecksum, usedImages } from '../train/data.ts';
import { toJson } from '../train/metrics.ts';
import { readRun } from './record.ts';
import type { PlannedRun } from './sweep/sweep.ts';

/**
 * A run that goes on, and the runs of one sweep, are of the same images: run.json has a checksum of those that a run was begun
 * with. Another machine may have a dataset of the same name with others in it.
 */
export function requireSameData(path: string, checksum: string): void {
  const before = readRun(path)?.data;
  if (before === undefined || before === checksum) return;
  throw new RunFolderError(
    `${path} was begun with other data: their checksum is ${before}, and here it is ${checksum}`,
    [
      'compare the files: normgrad data verify, or data show for your own, on both machines; --data-dir DIR names another place',
      'or begin anew, in another folder: --out DIR',
    ],
  );
}

/** The same for all runs of a sweep that were begun and use the images that a run of `config` uses. */
export function requireOneDataset(
  folder: string,
  runs: readonly PlannedRun<TrainConfig>[],
  config: TrainConfig,
  dataset: Dataset,
): void {
  const used = (each: TrainConfig) => toJson([each.dataset, usedImages(each)]);
  const checksum = dataChecksum(config, dataset);
  for (const run of runs) {
    if (used(run.config) === used(config)) requireSameData(join(folder, run.id), checksum);
  }
}
