import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer } from '../optim/index.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../train/config.ts';
import { dataChecksum, loadData, prepareData, type TrainData } from '../train/data.ts';
import { everyMs } from '../train/eventLoop.ts';
import { type LoopHooks, startOfRun, trainingLoop } from '../train/loop.ts';
import { buildModel } from '../train/model.ts';
import { buildOptimizer } from '../train/optimizer.ts';
import type { TrainResult } from '../train/result.ts';
import { type Restored, restoreCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { weightsDigest } from './digest.ts';
import { guarded } from './files.ts';
import { createRunFolder } from './folder.ts';
import { runName } from './name.ts';
import { firstLines, readRun, runFiles } from './record.ts';
import { requireSameData } from './sameData.ts';

/** A run before its first step, for the line that announces it. */
export interface RunStart {
  config: TrainConfig;
  dataset: Dataset;
  model: Module;
  parameters: number;
  /** The run folder's path; undefined where none is written. */
  folder: string | undefined;
  /** Steps that were done before: 0 unless the run was resumed. */
  steps: number;
  /** Why a run that was to be resumed starts over. */
  startsOver: string | undefined;
}

export interface TrainingHooks extends Omit<LoopHooks, 'progress' | 'onPause'> {
  /** Use this dataset instead of reading the configuration's: several runs then read it once. */
  dataset?: Dataset;
  /** Write a run folder (folder.ts): at `path` itself, or named after the configuration below `parent`. */
  folder?: { path: string } | { parent: string };
  /** Go on with the run in the folder, if there is one, from its checkpoint; where that cannot be, start over. */
  resume?: boolean;
  /** Steps between two checkpoints; absent: one every half a minute. */
  checkpointEvery?: number;
  /** A finished run's folder keeps the checkpoint, which has the final weights; default: true. */
  keepWeights?: boolean;
  /** For run.json: what was typed. */
  argv?: readonly string[];
  onStart?: (start: RunStart) => void;
}

const CHECKPOINT_MS = 30_000;

/**
 * One training run, from its configuration to its result. Nothing outside of `options` and the data decides the outcome, an
 * interruption neither: a resumed run ends with the same bits. Throws ConfigError, DataError and RunFolderError; a run that
 * diverges is a result, not an error.
 */
export async function runTraining(options: TrainOptions, hooks: TrainingHooks = {}): Promise<TrainResult> {
  const config = resolveConfig(options);
  const dataset = hooks.dataset ?? (await loadData(config));
  const data = prepareData(config, dataset);
  const path =
    hooks.folder && ('path' in hooks.folder ? hooks.folder.path : join(hooks.folder.parent, runName(config)));
  if (hooks.resume && path !== undefined) requireSameData(path, dataChecksum(config, dataset));
  const { model, optimizer, restored, startsOver } = buildRun(config, data, hooks.resume ? path : undefined);
  const parameters = model.parameters().reduce((sum, parameter) => sum + parameter.size, 0);

  const progress = restored?.progress ?? startOfRun();
  const { steps } = progress;
  const resume = restored && { steps, lines: restored.lines };
  const folder =
    path === undefined
      ? undefined
      : createRunFolder(path, config, { argv: hooks.argv, resume, data: dataChecksum(config, dataset) });
  hooks.onStart?.({ config, dataset, model, parameters, folder: path, steps, startsOver });

  const save = () => {
    if (folder === undefined) return;
    folder.flush();
    const file = runFiles(folder.path).checkpoint;
    const { lines } = folder;
    guarded(folder.path, () => writeCheckpoint(file, config, model, optimizer, { progress, lines }));
  };
  const { keepWeights = true, checkpointEvery } = hooks;
  const isTime = everyMs(CHECKPOINT_MS);
  const isDue = () => (checkpointEvery === undefined ? isTime() : progress.steps % checkpointEvery === 0);
  try {
    const outcome = await trainingLoop(model, optimizer, data, config, {
      ...hooks,
      progress,
      onMetrics(line) {
        folder?.append(line);
        hooks.onMetrics?.(line);
      },
      onPause: (aborted) => {
        if (aborted || isDue()) save();
      },
    });
    const result = { ...outcome, digest: weightsDigest(model), parameters };
    const { status } = result;
    if (status === 'done' && keepWeights) save();
    folder?.finish(result);
    if (folder && status !== 'interrupted' && !keepWeights) {
      rmSync(runFiles(folder.path).checkpoint, { force: true });
    }
    return result;
  } catch (error) {
    folder?.fail(error);
    throw error;
  }
}

interface BuiltRun {
  model: Module;
  optimizer: Optimizer;
  restored?: Restored;
  startsOver?: string;
}

/** Model and optimizer as they are at the start, or, with a run folder `from`, at its checkpoint if that can be used. */
function buildRun(config: TrainConfig, data: TrainData, from: string | undefined): BuiltRun {
  const build = () => {
    const model = buildModel(config, data);
    return { model, optimizer: buildOptimizer(config, model) };
  };
  const run = build();
  if (from === undefined || readRun(from) === undefined) return run;
  try {
    const restored = restoreCheckpoint(runFiles(from).checkpoint, config, run.model, run.optimizer);
    firstLines(runFiles(from).metrics, restored.lines);
    return { ...run, restored };
  } catch (error) {
    return { ...build(), startsOver: (error as Error).message };
  }
}
