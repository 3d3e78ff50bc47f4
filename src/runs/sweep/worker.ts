import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { datasetWarnings } from '../../data/dataset.ts';
import { RunFolderError } from '../../errors.ts';
import type { TrainConfig } from '../../train/config.ts';
import { loadData, onceInARow } from '../../train/data.ts';
import { everyMs } from '../../train/eventLoop.ts';
import type { TrainResult } from '../../train/result.ts';
import { recordDeath, recordFailure } from '../folder.ts';
import { requireOneInit } from '../initialWeights.ts';
import { type Lock, LostLock, lockTaker } from '../lock/lock.ts';
import { heartWatch } from '../lock/look.ts';
import { readResult, readRun } from '../record.ts';
import { requireOneDataset } from '../sameData.ts';
import { runTraining, type TrainingHooks } from '../training.ts';
import type { PlannedRun } from './sweep.ts';

export interface WorkerOptions extends Pick<TrainingHooks, 'checkpointEvery' | 'argv'> {
  runs: readonly PlannedRun<TrainConfig>[];
  /** The attempts (run.json) that had failed before: these runs are tried again. Any other that failed stays failed. */
  failedBefore: Readonly<Record<string, string | undefined>>;
  /** Where the data lies on this machine, if not where the plan says. */
  dataDir?: string;
  /** false: end, rather than wait, once all that is left is in the hands of others that are alive. Default: true. */
  wait?: boolean;
}

export type WorkerEvent =
  /** What should be known about the data, or the network of some runs. */
  | { type: 'warning'; message: string }
  /** It has the lock of this run now, or of none. */
  | { type: 'at'; id?: string }
  /** `steps` were done before; `startsOver` says why a begun run starts over. */
  | { type: 'start'; id: string; steps: number; startsOver?: string }
  /** Some times a second: steps done of all, and the loss over the epoch so far. */
  | { type: 'step'; id: string; step: number; steps: number; loss: number }
  | { type: 'end'; id: string; result: TrainResult }
  | { type: 'failed'; id: string; message: string };

/** For how long runs of others are left alone before they are looked at again. */
const POLL_MS = 500;
/** Between two events of type 'step'. */
const STEP_MS = 250;

/**
 * Takes the runs whose folders are in `folder` one after the other, those that nobody else has, until every one is finished; so it
 * also waits for the runs of others, and takes over those of workers that died. An error of a run is the run's; data
 * that cannot be read or a folder that cannot be written is everybody's, and thrown.
 */
export async function workThrough(
  folder: string,
  { runs, failedBefore, dataDir, checkpointEvery, argv, wait = true }: WorkerOptions,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: WorkerEvent) => void },
): Promise<void> {
  let open = [...runs];
  const loadOnce = onceInARow(async (config) => {
    const dataset = await loadData(config);
    for (const message of datasetWarnings(dataset)) onEvent({ type: 'warning', message });
    requireOneDataset(folder, runs, config, dataset);
    return dataset;
  });
  const take = lockTaker();
  const isAlive = heartWatch();
  const pathOf = ({ id }: PlannedRun<TrainConfig>) => join(folder, id);
  const isSettled = (run: PlannedRun<TrainConfig>) => {
    if (readResult(pathOf(run))) return true;
    const record = readRun(pathOf(run));
    return record?.status === 'failed' && record.attempt !== failedBefore[run.id];
  };

  const train = async (run: PlannedRun<TrainConfig>, lock: Lock) => {
    const { id } = run;
    const config = dataDir === undefined ? run.config : { ...run.config, dataDir };
    const dataset = await loadOnce(config);
    requireOneInit(folder, runs, config);
    const isDue = everyMs(STEP_MS);
    try {
      const result = await runTraining(config, {
        dataset,
        folder: { path: pathOf(run), lock },
        argv,
        resume: true,
        keepWeights: false,
        checkpointEvery,
        signal,
        onStep({ epoch, step, steps, train: { loss } }) {
          if (!isDue()) return;
          onEvent({ type: 'step', id, step: (epoch - 1) * steps + step, steps: steps * config.epochs, loss });
        },
        onStart({ steps, startsOver, warnings }) {
          for (const warning of warnings) {
            onEvent({ type: 'warning', message: `${config.model}, norm ${config.norm}: ${warning}` });
          }
          onEvent({ type: 'start', id, steps, startsOver });
        },
      });
      if (result.status !== 'interrupted') onEvent({ type: 'end', id, result });
    } catch (error) {
      if (error instanceof RunFolderError) throw error;
      const { message } = error as Error;
      recordFailure(pathOf(run), lock, message);
      onEvent({ type: 'failed', id, message });
    }
  };

  /** false where somebody else has the run. */
  const tryRun = async (run: PlannedRun<TrainConfig>) => {
    const { id } = run;
    const path = pathOf(run);
    const lock = take(path);
    if (lock === undefined) return false;
    onEvent({ type: 'at', id });
    try {
      // It may have been finished between the look and the lock.
      if (isSettled(run)) return true;
      const { takenFrom } = lock;
      const failure = takenFrom && recordDeath(path, lock, `${takenFrom} left without a word`);
      if (failure) onEvent({ type: 'failed', id, message: failure });
      else await train(run, lock);
    } catch (error) {
      // The other process goes on with the run; this one with the next.
      if (!(error instanceof LostLock)) throw error;
      onEvent({ type: 'warning', message: error.message });
    } finally {
      lock.release();
      onEvent({ type: 'at' });
    }
    return true;
  };

  while (open.length > 0 && !signal.aborted) {
    let taken = false;
    for (const run of open) {
      if (signal.aborted) return;
      if (!isSettled(run)) taken = (await tryRun(run)) || taken;
    }
    open = open.filter((run) => !isSettled(run));
    if (taken || open.length === 0) continue;
    // Every one is looked at: that a heart beats shows at a second look.
    const quiet = wait ? open : open.filter((run) => !isAlive(pathOf(run)));
    if (quiet.length === 0) return;
    await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
  }
}
