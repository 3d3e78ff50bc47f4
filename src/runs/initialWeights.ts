import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { RunFolderError, WeightsError } from '../errors.ts';
import { Conv2d } from '../nn/layers/conv2d.ts';
import { Linear } from '../nn/layers/linear.ts';
import type { Module } from '../nn/module.ts';
import type { TrainConfig } from '../train/config.ts';
import { decodeWeights, readWeightsFile, type WeightsFile } from '../weights/file.ts';
import { type LoadReport, loadFrom } from '../weights/load.ts';
import { requireWhole } from './checkpoint.ts';
import { type InitRecord, readRun } from './record.ts';
import type { PlannedRun } from './sweep/sweep.ts';

/**
 * Weights that a run begins with (`initFrom`). run.json has the file and its SHA-256. A run that goes on from its checkpoint does not
 * need the file any more; one that starts over does, and refuses another one.
 */
export interface InitialWeights {
  record: InitRecord;
  weights: WeightsFile;
}

/** What `config.initFrom` names, read; undefined where it names nothing. Throws a WeightsError. */
export async function readInitialWeights({ initFrom }: TrainConfig): Promise<InitialWeights | undefined> {
  if (initFrom === null) return undefined;
  const bytes = readWeightsFile(initFrom);
  return { record: recordOf(initFrom, bytes), weights: await decodeWeights(bytes, initFrom, requireWhole) };
}

/** Sets a freshly built model to them. Throws a WeightsError where they are another network's. */
export function initialize(
  model: Module,
  { weights }: InitialWeights,
  { initBy, freshHead }: TrainConfig,
  input: readonly number[],
): LoadReport {
  return loadFrom(model, weights, { input, by: initBy, except: freshHead ? [headOf(model)] : [] });
}

/** The layer that puts out the logits: the last one that has a weight. */
function headOf(model: Module): Module {
  const layers = [...model.namedModules().values()].filter(
    (module) => module instanceof Linear || module instanceof Conv2d,
  );
  if (layers.length > 0) return layers[layers.length - 1];
  throw new WeightsError('the model has no dense layer and no convolution, and so no last one', [
    'leave out --fresh-head',
  ]);
}

/** A run that starts over begins with the file that it was begun with. */
export function requireSameInit(path: string, init: InitRecord | undefined): void {
  const before = readRun(path)?.init;
  if (before === undefined || init === undefined || before.sha256 === init.sha256) return;
  throw otherWeights(path, before, init);
}

/** The same for all runs of a sweep that were begun from the file that `config` names. */
export function requireOneInit(
  folder: string,
  runs: readonly PlannedRun<TrainConfig>[],
  { initFrom }: TrainConfig,
): void {
  if (initFrom === null) return;
  const now = recordOf(initFrom, readWeightsFile(initFrom));
  for (const run of runs) {
    if (run.config.initFrom === initFrom) requireSameInit(join(folder, run.id), now);
  }
}

function otherWeights(path: string, before: InitRecord, now: InitRecord): RunFolderError {
  const short = ({ sha256 }: InitRecord) => `${sha256.slice(0, 16)}…`;
  return new RunFolderError(
    `${path} was begun with other weights: the SHA-256 of ${before.file} was ${short(before)}, and of ${now.file} it is ${short(now)}`,
    ['put the old file back', 'or begin anew, in another folder: --out DIR'],
  );
}

function recordOf(file: string, bytes: Uint8Array): InitRecord {
  return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
}
