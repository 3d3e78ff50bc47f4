import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { datasetWarnings } from '../../data/dataset.ts';
import { RunFolderError } from '../../errors.ts';
import type { TrainConfig } from '../../train/config.ts';
import { loadData, onceInARow } from '../../train/data.ts';
import { everyMs } from '../../train/eventLoop.ts';
import type { TrainResult } from '../../train/result.ts';
import { guarded, makeFolder } from '../files.ts';
import { recordFailure } from '../folder.ts';
import { lockTaker } from '../lock.ts';
import { readResult, readRun } from '../record.ts';
import { requireOneDataset } from '../sameData.ts';
import { runTraining, type TrainingHooks } from '../training.ts';
import type { PlannedRun } from './sweep.ts';

export interface WorkerOptions extends Pick<TrainingHooks, 'checkpointEvery' | 'argv'> {
  runs: readonly PlannedRun<TrainConfig>[];
  /** ISO time. A run that failed after it stays failed; one that failed before is tried again. */
  since: string;
  /** Where the data lies on this machine, if not where the plan says. */
  dataDir?: string;
}

export type WorkerEvent =
  /** What should be known about the data. */
  | { type: 'warning'; message: string }
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
  { runs, since, dataDir, checkpointEvery, argv }: WorkerOptions,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: WorkerEvent) => void },
): Promise<void> {
  let open = [...runs];
  const loadOnce = onceInARow(async (config) => {
    const dataset = await loadData(config);
    for (const message of datasetWarnings(dataset)) onEvent({ type: 'warning', message });
    requireOneDataset(folder, runs, config, dataset);
    return dataset;
  });
  // The other process writes to the folder now: this one must not, not even to say so.
  const take = lockTaker({ onLost: () => process.exit(LOST_LOCK) });

  const train = async ({ id, config }: PlannedRun<TrainConfig>) => {
    const own = dataDir === undefined ? config : { ...config, dataDir };
    const dataset = await loadOnce(own);
    const isDue = everyMs(STEP_MS);
    try {
      const result = await runTraining(own, {
        dataset,
        folder: { path: join(folder, id) },
        argv,
        resume: true,
        keepWeights: false,
        checkpointEvery,
        signal,
        onStep({ epoch, step, steps, train: { loss } }) {
          if (!isDue()) return;
          onEvent({ type: 'step', id, step: (epoch - 1) * steps + step, steps: steps * config.epochs, loss });
        },
        onStart: ({ steps, startsOver }) => onEvent({ type: 'start', id, steps, startsOver }),
      });
      if (result.status !== 'interrupted') onEvent({ type: 'end', id, result });
    } catch (error) {
      if (error instanceof RunFolderError) throw error;
      const { message } = error as Error;
      recordFailure(join(folder, id), message);
      onEvent({ type: 'failed', id, message });
    }
  };

  while (open.length > 0 && !signal.aborted) {
    let taken = false;
    for (const run of open) {
      const path = join(folder, run.id);
      if (signal.aborted) return;
      if (isSettled(path, since)) continue;
      guarded(path, () => makeFolder(path));
      const lock = guarded(path, () => take(path));
      if (lock === undefined) continue;
      taken = true;
      try {
        // It may have been finished between the look and the lock.
        if (!isSettled(path, since)) await train(run);
      } finally {
        lock.release();
      }
    }
    open = open.filter(({ id }) => !isSettled(join(folder, id), since));
    if (!taken && open.length > 0) await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

/** Exit code of a worker whose run was taken over. */
export const LOST_LOCK = 75;

function isSettled(path: string, since: string): boolean {
  if (readResult(path)) return true;
  const record = readRun(path);
  return record?.status === 'failed' && (record.ended ?? '') >= since;
}
