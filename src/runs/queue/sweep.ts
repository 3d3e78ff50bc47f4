import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Job, JobType, Queue } from 'bullmq';
import { QueueError } from '../../errors.ts';
import type { TrainConfig } from '../../train/config.ts';
import { configHash } from '../name.ts';
import { readResult } from '../record.ts';
import type { SweepEvent, SweepOptions } from '../sweep/run.ts';
import {
  isFinished,
  loadRuns,
  ofShard,
  type PlannedRun,
  type SweepPlan,
  type SweepRun,
  writePlan,
} from '../sweep/sweep.ts';
import { version } from '../version.ts';
import { type QueuedRun, readProgress, readQueued } from './job.ts';
import { DEFAULT_QUEUE, withQueue } from './redis.ts';
import { runStore } from './store.ts';

export interface QueueSweepOptions
  extends Pick<SweepOptions, 'folder' | 'shard' | 'grows' | 'checkpointEvery' | 'argv' | 'signal'> {
  /** URL of a Redis, such as redis://host:6379. */
  redis: string;
  /** Of the queue in it; its workers name the same one. */
  queue?: string;
  onEvent?: (event: Exclude<SweepEvent, { type: 'crash' }>) => void;
}

/** How a sweep stands, and what must not be: runs that came back with another digest than they had. */
export interface QueuedSweep {
  runs: SweepRun[];
  conflicts: string[];
}

const POLL_MS = 500;
/** Between two looks at what the queue and the folder should have by now. */
const REVIEW_MS = 30_000;
/** Runs that are sent at once. */
const BATCH = 500;
/** Of a job, from its beginning to its end. */
const STATES = ['wait', 'delayed', 'active', 'completed', 'failed'] as const;
/** A job is tried again where its worker had an error of its own. */
const ATTEMPTS = 3;

/**
 * Has a sweep trained by the workers of a queue (work.ts), and puts what they return into `folder` (store.ts) until every run
 * is finished. It may be stopped and started again: what is in the queue stays there, and a result leaves it once it is
 * in the folder. Throws QueueError where Redis cannot be used.
 */
export async function queueSweep(plan: SweepPlan, options: QueueSweepOptions): Promise<QueuedSweep> {
  const { folder, shard, grows, queue: name = DEFAULT_QUEUE, signal, onEvent = () => {} } = options;
  const { checkpointEvery, argv = [] } = options;
  const runs = ofShard((await writePlan(folder, plan, { grows })).runs, shard);
  const planned = new Map(runs.map((run) => [run.id, run]));
  const before = loadRuns(folder, runs);
  const store = runStore(folder, before);
  const open = new Set(before.filter((run) => !isFinished(run)).map(({ id }) => id));
  const begun = new Set<string>();
  const conflicts: string[] = [];

  await withQueue(options.redis, name, signal, async (queue, redis) => {
    for (const { id, result } of before) if (result) onEvent({ type: 'reused', id, result });
    let review = 0;
    redis.on('close', () => {
      if (open.size > 0 && !signal?.aborted)
        onEvent({ type: 'warning', message: 'Redis is gone: waiting until it is back' });
    });
    // It may have forgotten what was sent last.
    redis.on('ready', () => {
      review = 0;
    });
    while (open.size > 0 && !signal?.aborted) {
      if (performance.now() >= review) {
        review = performance.now() + REVIEW_MS;
        await send();
      }
      await collect();
      await tellProgress();
      await setTimeout(POLL_MS, undefined, { signal }).catch(() => {});
    }

    /** Sends what is open and not in the queue. If it was added by another one just now, it stays as it is there. */
    async function send(): Promise<void> {
      for (const id of open) {
        const result = readResult(join(folder, id));
        // By a process that works in the folder itself.
        if (result === undefined) continue;
        settle(id, { type: 'end', id, result });
        await queue.remove(id);
      }
      const there = new Set(await idsIn(queue, STATES));
      const jobs = [...open].flatMap((id) => {
        if (there.has(id)) return [];
        const { config } = planned.get(id)!;
        const data: QueuedRun = { id, config, checkpointEvery, argv: [...argv], normgrad: version };
        return [{ name: 'run', data, opts: { jobId: id, attempts: ATTEMPTS } }];
      });
      for (let i = 0; i < jobs.length; i += BATCH) await queue.addBulk(jobs.slice(i, i + BATCH));
    }

    /** Puts what workers have returned into the folder, and then takes it out of the queue. */
    async function collect(): Promise<void> {
      for (const state of ['completed', 'failed'] as const) {
        for (const id of await idsIn(queue, [state])) {
          const run = planned.get(id);
          const job = run && (await queue.getJob(id));
          if (job === undefined) continue;
          requireOurs(run!, job);
          const failure = state === 'failed' ? job.failedReason : undefined;
          const { logs: signatures } = await queue.getJobLogs(id);
          const stored = store(run!, { value: job.returnvalue, failure, signatures });
          if (stored === undefined) continue;
          const { result, failure: message, conflict } = stored;
          if (conflict) {
            conflicts.push(conflict);
            onEvent({ type: 'warning', message: conflict });
          }
          if (message !== undefined) settle(id, { type: 'failed', id, message });
          else settle(id, { type: 'end', id, result: result! });
          await job.remove();
        }
      }
    }

    async function tellProgress(): Promise<void> {
      for (const job of await queue.getJobs(['active'])) {
        const run = planned.get(job?.id ?? '');
        const progress = run && open.has(run.id) ? readProgress(job.progress, run.id) : undefined;
        if (progress === undefined) continue;
        requireOurs(run!, job);
        const { id } = run!;
        const { begun: steps, ...step } = progress;
        if (!begun.has(id)) onEvent({ type: 'start', id, steps });
        begun.add(id);
        onEvent({ type: 'step', id, ...step });
      }
    }
  });
  return { runs: loadRuns(folder, runs), conflicts };

  function settle(id: string, event: Extract<SweepEvent, { type: 'end' | 'failed' }>): void {
    if (open.delete(id)) onEvent(event);
  }

  /** A run is another one if its settings are, though it has the same name. */
  function requireOurs(run: PlannedRun<TrainConfig>, job: Job): void {
    if (configHash(readQueued(job.data, run.id).config) === configHash(run.config)) return;
    throw new QueueError(`the queue ${name} has another run of the name ${run.id}, with other settings`, [
      'give this sweep a queue of its own, and start its workers with the same name: --queue NAME',
    ]);
  }
}

/** The ids of all jobs in these states: without an end BullMQ tells two of each. */
function idsIn(queue: Queue, states: readonly JobType[]): Promise<string[]> {
  return queue.getRanges([...states], 0, -1);
}

/** Takes the runs that no worker has begun out of the queue, and tells how many those are. */
export async function cancelQueued(
  runs: readonly Pick<PlannedRun, 'id'>[],
  { redis, queue: name = DEFAULT_QUEUE }: Pick<QueueSweepOptions, 'redis' | 'queue'>,
): Promise<number> {
  let cancelled = 0;
  await withQueue(redis, name, undefined, async (queue) => {
    const waiting = new Set(await idsIn(queue, ['wait', 'delayed']));
    for (const { id } of runs) if (waiting.has(id)) cancelled += await queue.remove(id);
  });
  return cancelled;
}
