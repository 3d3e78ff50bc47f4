import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Job } from 'bullmq';
import { QueueError } from '../../errors.ts';
import { everyMs } from '../../train/eventLoop.ts';
import { MOST_DEATHS } from '../folder.ts';
import { readRun, runFiles } from '../record.ts';
import { type SweepEvent, type SweepOptions, trainRuns } from '../sweep/run.ts';
import { version } from '../version.ts';
import { finishedText, progressText, type QueuedRun, readQueued, signatureText } from './job.ts';
import { asQueueError, connectQueue, DEFAULT_QUEUE } from './redis.ts';

export interface QueueWorkerOptions extends Pick<SweepOptions, 'dataDir' | 'signal' | 'onEvent'> {
  /** URL of a Redis, such as redis://host:6379. */
  redis: string;
  queue?: string;
  /** Where runs have their folders while they are trained; one that other workers see lets them go on with a lost one's runs. */
  folder: string;
  /** Runs at a time, each in a process. */
  jobs: number;
  /** A worker that is silent for so long is lost, and its runs are others'. */
  lostMs?: number;
  /** Once nothing is left to take: wait for more (default), or leave. */
  waits?: boolean;
}

const LOST_MS = 60_000;
/** What is told of a run's progress: not every step's. */
const PROGRESS_MS = 1_000;
/** Runs are given back before a worker leaves; Redis may be gone by then. */
const FAREWELL_MS = 5_000;
/** After a command that failed as Redis went away. */
const RETRY_MS = 1_000;

/**
 * Trains the runs of a queue, `jobs` at a time, each in a process of its own: one that computed in this process would keep it
 * from saying that it is alive. Ends when it is aborted (runs get a checkpoint and go back into the queue), or, where it does
 * not wait, once nothing is left to take. What would be wrong with every run, such as data that is missing here, ends it
 * with that error, and the run goes back, too.
 */
export async function workForQueue(options: QueueWorkerOptions): Promise<void> {
  const { folder, jobs, dataDir, signal, waits = true, lostMs = LOST_MS, onEvent = () => {} } = options;
  const connection = await connectQueue(options.redis);
  const { bullmq, client } = connection;
  const stopping = new AbortController();
  const training = new Set<Promise<unknown>>();
  let fatal: unknown;
  const warn = (message: string) => onEvent({ type: 'warning', message });

  const worker = new bullmq.Worker(options.queue ?? DEFAULT_QUEUE, work, {
    connection: client,
    concurrency: jobs,
    lockDuration: lostMs,
    stalledInterval: lostMs / 2,
    // `refuseDeadly` counts, which knows of checkpoints.
    maxStalledCount: Number.MAX_SAFE_INTEGER,
    runRetryDelay: RETRY_MS,
  });
  worker.on('error', ({ message }) => {
    if (stopping.signal.aborted) return;
    const [, lost] = message.match(/lock for job ([\w.+-]+?)\.?(?: |$)/) ?? [];
    const silent = `was out of reach for more than ${lostMs / 1000} s, so that another worker may have it now`;
    warn(lost === undefined ? `Redis: ${message}` : `${lost} ${silent}`);
  });

  async function work(job: Job, token?: string): Promise<string> {
    const result = train(job);
    training.add(result);
    try {
      return await result;
    } catch (error) {
      if (error instanceof bullmq.UnrecoverableError) throw error;
      fatal ??= error instanceof Stopped && stopping.signal.aborted ? undefined : error;
      stop();
      await job.moveToWait(token);
      throw new bullmq.WaitingError();
    } finally {
      training.delete(result);
    }
  }

  /** What goes back to the sweep. */
  async function train(job: Job): Promise<string> {
    const { id, config, checkpointEvery, argv } = ofThisVersion(job);
    refuseDeadly(job);
    const tell = teller(job);
    const [run] = await trainRuns([{ id, labels: {}, config }], {
      folder,
      jobs: 1,
      dataDir,
      checkpointEvery,
      argv,
      signal: stopping.signal,
      onEvent(event) {
        tell(event);
        onEvent(event);
      },
    });
    if (run.status === 'failed') throw new bullmq.UnrecoverableError(run.error ?? 'it failed without a word');
    if (run.result === undefined) throw new Stopped();
    await job.log(signatureText(readRun(run.folder)!, run.result));
    return finishedText(run.folder);
  }

  /** Of another version this worker is wrong, also where it does not understand the run; else the run is. */
  function ofThisVersion({ id, data }: Job): QueuedRun {
    if (typeof data?.normgrad === 'string' && data.normgrad !== version) {
      throw new QueueError(`the queue has runs of normgrad ${data.normgrad}, and this is ${version}`, [
        'results of two versions may differ in their bits: install the same one everywhere',
      ]);
    }
    try {
      return readQueued(data, id!);
    } catch (error) {
      throw new bullmq.UnrecoverableError((error as Error).message);
    }
  }

  /** Where a begun run's folder is not seen, nothing but the queue knows how many workers were lost with it. */
  function refuseDeadly({ id, stalledCounter }: Job): void {
    if (stalledCounter < MOST_DEATHS || existsSync(runFiles(join(folder, id!)).run)) return;
    throw new bullmq.UnrecoverableError(
      `its workers were lost ${stalledCounter} times, and their checkpoints with them; workers that share a folder (--out) go on from those`,
    );
  }

  function stop(): void {
    stopping.abort();
    // No further run is taken, also not when one of these is given back.
    void worker.pause(true);
  }
  const stopped = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve());
  });
  const drained = new Promise<void>((resolve) => {
    if (!waits) worker.on('drained', resolve);
  });
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  await Promise.race([stopped, drained]);

  // What is at work may go on for hours, unless it was stopped.
  const closed = worker.close();
  const farewell = stopped
    .then(() => Promise.allSettled(training))
    .then(() => setTimeout(FAREWELL_MS, undefined, { ref: false }));
  await Promise.race([closed, farewell]);
  signal?.removeEventListener('abort', stop);
  connection.close();
  if (fatal) throw asQueueError(fatal, connection);
}

/** Passes on how far a run is, one message after the other. */
function teller(job: Job): (event: SweepEvent) => void {
  const isDue = everyMs(PROGRESS_MS);
  let begun = 0;
  let isTelling = false;
  return (event) => {
    if (event.type === 'start') begun = event.steps;
    if (event.type !== 'step' || isTelling || !isDue()) return;
    const { step, steps, loss } = event;
    isTelling = true;
    job
      .updateProgress(progressText({ begun, step, steps, loss }))
      // Who has lost the job, or Redis, hears of it when the run ends.
      .catch(() => {})
      .finally(() => {
        isTelling = false;
      });
  };
}

/** A run was stopped before its end. */
class Stopped extends Error {}
