import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Dataset } from '../data/dataset.ts';
import type { TrainConfig } from './config.ts';
import { loadData } from './data.ts';
import { RunFolderError } from './errors.ts';
import { lockTaker } from './lock.ts';
import { toJson } from './metrics.ts';
import type { TrainResult } from './result.ts';
import { guarded, makeFolder, readResult, readRun, recordFailure } from './runFolder.ts';
import { runTraining } from './runTraining.ts';
import { ofShard, type PlannedRun, readPlan, type Shard } from './sweep.ts';

export interface WorkerOptions {
  shard?: Shard;
  /** ISO time. A run that failed after it stays failed; one that failed before is tried again. */
  since: string;
  /** Where the data lies on this machine, if not where the plan says. */
  dataDir?: string;
  checkpointEvery?: number;
  /** A module whose default export, a DatasetPreparer, is called with `of` and every dataset. */
  prepare?: { module: string; of: string };
}

/** What becomes of a dataset before its runs. A process cannot be given a function, so it is given where to find one. */
export type DatasetPreparer = (of: string, dataset: Dataset) => Dataset | Promise<Dataset>;

export type WorkerEvent =
  /** `steps` were done before; `startsOver` says why a begun run was not gone on with. */
  | { type: 'start'; id: string; steps: number; startsOver?: string }
  | { type: 'end'; id: string; result: TrainResult }
  | { type: 'failed'; id: string; message: string };

/** For how long runs of others are left alone before they are looked at again. */
const POLL_MS = 500;

/**
 * Takes the runs of the sweep in `folder` one after the other, those that nobody else has, until every one is finished; so it
 * also waits for the runs of others, and takes over those of workers that died. An error of a run is the run's; data
 * that cannot be read or a folder that cannot be written is everybody's, and thrown.
 */
export async function workThrough(
  folder: string,
  { shard, since, dataDir, checkpointEvery, prepare }: WorkerOptions,
  { signal, onEvent }: { signal: AbortSignal; onEvent: (event: WorkerEvent) => void },
): Promise<void> {
  let open = [...ofShard(readPlan(folder).runs, shard)];
  const loadOnce = onceInARow(async (config) => {
    const dataset = await loadData(config);
    if (prepare === undefined) return dataset;
    const { default: preparer } = (await import(prepare.module)) as { default: DatasetPreparer };
    return preparer(prepare.of, dataset);
  });
  // The other process writes to the folder now: this one must not, not even to say so.
  const take = lockTaker({ onLost: () => process.exit(LOST_LOCK) });

  const train = async ({ id, config }: PlannedRun<TrainConfig>) => {
    const own = dataDir === undefined ? config : { ...config, dataDir };
    const dataset = await loadOnce(own);
    try {
      const result = await runTraining(own, {
        dataset,
        folder: { path: join(folder, id) },
        argv: ['sweep', folder],
        resume: true,
        keepWeights: false,
        checkpointEvery,
        signal,
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
      const lock = take(path);
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

/** Remembers the last dataset: the runs of a sweep usually share it. */
function onceInARow(load: (config: TrainConfig) => Promise<Dataset>) {
  let last: { key: string; dataset: Dataset } | undefined;
  return async (config: TrainConfig) => {
    const key = toJson([config.dataset, config.dataDir, config.limit, config.testLimit]);
    if (last?.key !== key) last = { key, dataset: await load(config) };
    return last.dataset;
  };
}
