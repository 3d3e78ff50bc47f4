import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { RunFolderError } from '../errors.ts';
import { loadFiles } from '../train/codeFields.ts';
import type { TrainConfig } from '../train/config.ts';
import { loadData, prepareData } from '../train/data.ts';
import { buildNetwork } from '../train/model.ts';
import { typed } from '../typed.node.ts';
import type { WeightNames } from '../weights/file.ts';
import type { StoredTensor } from '../weights/safetensors.ts';
import { tensorsOf } from '../weights/save.ts';
import { restoreWeights } from './checkpoint.ts';
import { type HowItRan, readConfig, readRun, runFiles } from './record.ts';

/**
 * The tensors of the run in `path`, as a file with such names has them: of its last checkpoint, or of another one in the folder. Throws
 * a RunFolderError, and what the user's code of a run may throw.
 */
export async function exportedWeights(
  path: string,
  names: WeightNames,
  checkpoint = runFiles(path).checkpoint,
): Promise<Map<string, StoredTensor>> {
  const config = readConfig(path);
  if (!existsSync(checkpoint)) {
    throw new RunFolderError(`${path} has no ${basename(checkpoint)}: its weights were not kept`, [
      'a sweep keeps none; train one of its runs by itself, with the settings in its config.json',
    ]);
  }
  await loadFiles(config);
  const { input, classes } = readRun(path)?.network ?? (await networkOf(config));
  const model = buildNetwork(config, { imageShape: input, classes });
  try {
    restoreWeights(checkpoint, config, model);
  } catch (error) {
    const { message } = error as Error;
    throw new RunFolderError(
      message.includes(checkpoint) ? message : `${checkpoint}: ${message}`,
      [`train it again: ${typed('train', ['--resume', path])}`],
      { cause: error },
    );
  }
  return tensorsOf(model, { names, input });
}

/** For runs of earlier versions, which did not write it down: the data say what the network takes. */
async function networkOf(config: TrainConfig): Promise<NonNullable<HowItRan['network']>> {
  const { imageShape, classes } = prepareData(config, await loadData(config));
  return { input: [...imageShape], classes };
}
