import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import type { Module } from '../nn/module.ts';
import type { Optimizer } from '../optim/index.ts';
import { drawingApart, manualSeed } from '../random.ts';
import { asCodeError } from '../train/code/place.ts';
import { loadFiles, withHashes } from '../train/codeFields.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../train/config.ts';
import { constantNormWarnings } from '../train/constantNorms.ts';
import { dataChecksum, loadData, prepareData, type TrainData, usedSets } from '../train/data.ts';
import { everyMs } from '../train/eventLoop.ts';
import { guessedAccuracy } from '../train/guessing.ts';
import { type LoopHooks, startOfRun, trainingLoop } from '../train/loop.ts';
import { buildModel } from '../train/model.ts';
import { buildOptimizer } from '../train/optimizer.ts';
import type { TrainResult } from '../train/result.ts';
import { encodeCheckpoint, type Restored, restoreCheckpoint } from './checkpoint.ts';
import { weightsDigest } from './digest.ts';
import { createRunFolder } from './folder.ts';
import { initialize, readInitialWeights, requireSameInit } from './initialWeights.ts';
import { type Lock, LostLock } from './lock/lock.ts';
import { lockFolder } from './lock/wait.ts';
import { runName } from './name.ts';
import { firstLines, type InitRecord, readResult, readRun, runFiles } from './record.ts';
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
  /** Steps at the end of the run, if nothing ends it earlier. */
  allSteps: number;
  /** Why a run that was to be resumed starts over. */
  startsOver: string | undefined;
  /** How many tensors came from a file of weights, and which of the model were left as they are. */
  initialized: { loaded: number; kept: readonly string[] } | undefined;
  /** What is odd about the network (constantNorms.ts). */
  warnings: readonly string[];
}

export interface TrainingHooks extends Omit<LoopHooks, 'progress' | 'onPause' | 'onBest' | 'watcher'> {
  /** Use this dataset instead of reading the configuration's: several runs then read it once. */
  dataset?: Dataset;
  /**
   * Write a run folder (folder.ts): at `path` itself, or named after the configuration below `parent`. Its lock is taken for as
   * long as the run takes, unless the caller has it.
   */
  folder?: { path: string; lock?: Lock } | { parent: string };
  /**
   * Go on with the run in the folder, if there is one, from its checkpoint; where that cannot be, start over. A finished one is
   * left as it is.
   */
  resume?: boolean;
  /** The folder is that of a process (`pid@host`) that may have died: for at most so many milliseconds its heart is watched. */
  onWait?: (owner: string, ms: number) => void;
  /** Steps between two checkpoints; absent: one every half a minute. */
  checkpointEvery?: number;
  /** A finished run's folder keeps the checkpoint, which has the final weights; default: true. */
  keepWeights?: boolean;
  /** Keep the checkpoint of the best epoch, too; a run that is resumed does as it did. Default: false. */
  keepBest?: boolean;
  /** For run.json: what was typed. */
  argv?: readonly string[];
  onStart?: (start: RunStart) => void;
  /** Makes what looks at every step as it is taken. */
  watch?: (start: RunStart) => LoopHooks['watcher'];
}

const CHECKPOINT_MS = 30_000;
/** Between two looks at the lock, beside those before every write. */
const LOCK_MS = 1_000;

/**
 * One training run, from its configuration to its result. Nothing outside of `options` and the data decides the outcome, an
 * interruption neither: a resumed run ends with the same bits. Throws ConfigError, CodeError, DataError and RunFolderError, which is also for
 * a folder in which another process is at work; a run that diverges is a result, not an error.
 */
export async function runTraining(options: TrainOptions, hooks: TrainingHooks = {}): Promise<TrainResult> {
  const config = withHashes(resolveConfig(options));
  try {
    return await drawingApart(() => trainConfig(config, hooks));
  } catch (error) {
    throw asCodeError(error);
  }
}

async function trainConfig(config: TrainConfig, hooks: TrainingHooks): Promise<TrainResult> {
  await loadFiles(config);
  const dataset = hooks.dataset ?? (await loadData(config));
  const data = prepareData(config, dataset);
  const path =
    hooks.folder && ('path' in hooks.folder ? hooks.folder.path : join(hooks.folder.parent, runName(config)));
  const build = () => {
    // A user's model may draw without a generator
    manualSeed(`${config.seed}/weights by default`);
    const model = buildModel(config, data);
    return { model, optimizer: buildOptimizer(config, model) };
  };
  /** As it is before its first step, from a file of weights where one is named. */
  const begin = async (): Promise<BuiltRun> => {
    const built = build();
    const init = await readInitialWeights(config);
    if (init === undefined) return built;
    const { loaded, kept } = initialize(built.model, init, config, data.imageShape);
    return { ...built, init: init.record, initialized: { loaded: loaded.length, kept } };
  };
  const continues = hooks.resume && path !== undefined && existsSync(runFiles(path).checkpoint);
  // Before there is a folder: a configuration that cannot be built leaves none.
  const built = continues ? build() : await begin();
  const run = { config, dataset, data };
  if (path === undefined) return train({ ...run, ...built }, hooks);

  const own = hooks.folder && 'lock' in hooks.folder ? hooks.folder.lock : undefined;
  const lock = own ?? (await lockFolder(path, hooks));
  try {
    const finished = hooks.resume ? readResult(path) : undefined;
    if (finished) return finished;
    if (hooks.resume) requireSameData(path, dataChecksum(config, dataset));
    const begun = hooks.resume ? await atCheckpoint(config, path, built, begin) : built;
    const keepBest = hooks.keepBest ?? (hooks.resume && readRun(path)?.keepBest);
    return await train({ ...run, ...begun, path, lock }, { ...hooks, keepBest });
  } finally {
    if (own === undefined) lock.release();
  }
}

interface BuiltRun {
  model: Module;
  optimizer: Optimizer;
  restored?: Restored;
  startsOver?: string;
  /** The file whose weights it begins with, and what came of it. */
  init?: InitRecord;
  initialized?: RunStart['initialized'];
}

interface Run extends BuiltRun {
  config: TrainConfig;
  dataset: Dataset;
  data: TrainData;
  path?: string;
  lock?: Lock;
}

async function train(run: Run, hooks: TrainingHooks): Promise<TrainResult> {
  const { config, dataset, data, model, optimizer, restored, startsOver, init, initialized, path, lock } =
    run;
  const parameters = model.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
  const progress = restored?.progress ?? startOfRun();
  const { steps } = progress;
  const resume = restored && { steps, lines: restored.lines };
  const { keepWeights = true, checkpointEvery, keepBest, argv } = hooks;
  const folder =
    lock &&
    createRunFolder(path!, config, lock, {
      ...{ argv, resume, init, keepBest },
      data: dataChecksum(config, dataset),
      network: { input: [...data.imageShape], classes: data.classes },
    });
  const checkpoint = () => encodeCheckpoint(config, model, optimizer, { progress, lines: folder!.lines });
  const save = () => folder?.save(checkpoint());
  const isTime = everyMs(CHECKPOINT_MS);
  const isDue = () => (checkpointEvery === undefined ? isTime() : progress.steps % checkpointEvery === 0);
  const isWatched = everyMs(LOCK_MS);
  try {
    const warnings = hooks.onStart ? constantNormWarnings(model, data.imageShape) : [];
    const start: RunStart = {
      ...{ config, dataset, model, parameters, folder: path, steps },
      ...{ allSteps: config.epochs * data.train.perEpoch, startsOver, initialized, warnings },
    };
    hooks.onStart?.(start);
    // Whatever was tried and looked at so far has drawn from it
    manualSeed(`${config.seed}/steps by default`, restored?.random);
    const outcome = await trainingLoop(model, optimizer, data, config, {
      ...hooks,
      watcher: hooks.watch?.(start),
      progress,
      onMetrics(line) {
        folder?.append(line);
        hooks.onMetrics?.(line);
      },
      onPause(aborted) {
        if (isWatched()) lock?.check();
        if (aborted || isDue()) save();
      },
      onBest: keepBest ? () => folder?.saveBest(checkpoint()) : undefined,
    });
    const [, tested] = usedSets(config, dataset);
    const guessing = guessedAccuracy(outcome, tested);
    const result = { ...outcome, guessing, digest: weightsDigest(model), parameters };
    if (result.status === 'done' && keepWeights) save();
    folder?.finish(result, { keepWeights });
    return result;
  } catch (error) {
    if (!(error instanceof LostLock)) folder?.fail(asCodeError(error));
    throw error;
  }
}

/** The run at its checkpoint, if that can be used, or anew; as it was built, where none was begun. */
async function atCheckpoint(
  config: TrainConfig,
  path: string,
  built: BuiltRun,
  begin: () => Promise<BuiltRun>,
): Promise<BuiltRun> {
  const { checkpoint, metrics, best } = runFiles(path);
  let startsOver: string | undefined;
  const before = readRun(path);
  if (before !== undefined) {
    try {
      const { model, optimizer } = built;
      const restored = restoreCheckpoint(checkpoint, config, model, optimizer);
      firstLines(metrics, restored.lines);
      if (before.keepBest && restored.progress.best && !existsSync(best)) {
        throw new Error(`there is no ${best} any more`);
      }
      return { ...built, init: undefined, restored };
    } catch (error) {
      startsOver = (error as Error).message;
    }
  }
  const begun = await begin();
  requireSameInit(path, begun.init);
  return { ...begun, startsOver };
}
