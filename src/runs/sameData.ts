import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { RunFolderError } from '../errors.ts';
import { toJson } from '../json.ts';
import type { TrainConfig } from '../train/config.ts';
import { dataChecksum, usedImages } from '../train/data.ts';
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
  const checksum = dataChecksum(config, dataset);
  for (const run of runs) {
    if (used(run.config) === used(config)) requireSameData(join(folder, run.id), checksum);
  }
}

/**
 * A check of runs that were trained in several places, called for one after the other: those that use the same images had the
 * same ones. `where` names the run, or who trained it.
 */
export function sameDataCheck(): (config: TrainConfig, checksum: string | undefined, where: string) => void {
  const seen = new Map<string, { checksum: string; where: string }>();
  return (config, checksum, where) => {
    if (checksum === undefined) return;
    const first = seen.get(used(config));
    if (first === undefined) seen.set(used(config), { checksum, where });
    else if (first.checksum !== checksum) {
      throw new RunFolderError(
        `${where} was trained with other data than ${first.where}: their checksums are ${checksum} and ${first.checksum}`,
        ['compare the files: normgrad data verify, on both machines'],
      );
    }
  };
}

/** The same for runs that use the same images. */
function used(config: TrainConfig): string {
  return toJson([config.dataset, usedImages(config)]);
}
