import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import type { Module } from '../nn/module.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from './config.ts';
import { loadData, prepareData } from './data.ts';
import { weightsDigest } from './digest.ts';
import { type LoopHooks, trainingLoop } from './loop.ts';
import { buildModel } from './model.ts';
import { buildOptimizer } from './optimizer.ts';
import type { TrainResult } from './result.ts';
import { createRunFolder } from './runFolder.ts';
import { runName } from './runName.ts';

/** A run before its first step, for the line that announces it. */
export interface RunStart {
  config: TrainConfig;
  dataset: Dataset;
  model: Module;
  parameters: number;
  /** The run folder's path; undefined where none is written. */
  folder: string | undefined;
}

export interface TrainingHooks extends LoopHooks {
  /** Use this dataset instead of reading the configuration's: several runs then read it once. */
  dataset?: Dataset;
  /** Write a run folder (runFolder.ts): at `path` itself, or named after the configuration below `parent`. */
  folder?: { path: string } | { parent: string };
  /** For run.json: what was typed. */
  argv?: readonly string[];
  onStart?: (start: RunStart) => void;
}

/**
 * One training run, from its configuration to its result. Nothing outside of `options` and the data decides the outcome.
 * Throws ConfigError, DataError and RunFolderError; a run that diverges is a result, not an error.
 */
export async function runTraining(options: TrainOptions, hooks: TrainingHooks = {}): Promise<TrainResult> {
  const config = resolveConfig(options);
  const dataset = hooks.dataset ?? (await loadData(config));
  const data = prepareData(config, dataset);
  const model = buildModel(config, data);
  const optimizer = buildOptimizer(config, model);
  const parameters = model.parameters().reduce((sum, parameter) => sum + parameter.size, 0);

  const path =
    hooks.folder && ('path' in hooks.folder ? hooks.folder.path : join(hooks.folder.parent, runName(config)));
  const folder = path === undefined ? undefined : createRunFolder(path, config, hooks.argv);
  hooks.onStart?.({ config, dataset, model, parameters, folder: path });
  try {
    const outcome = await trainingLoop(model, optimizer, data, config, {
      ...hooks,
      onMetrics(line) {
        folder?.append(line);
        hooks.onMetrics?.(line);
      },
    });
    const result = { ...outcome, digest: weightsDigest(model), parameters };
    folder?.finish(result);
    return result;
  } catch (error) {
    folder?.fail(error);
    throw error;
  }
}
