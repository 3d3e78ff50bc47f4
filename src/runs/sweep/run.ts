import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { loadFiles } from '../../train/codeFields.ts';
import type { TrainConfig } from '../../train/config.ts';
import type { TrainResult } from '../../train/result.ts';
import { recordDeath } from '../folder.ts';
import { lockTaker } from '../lock/lock.ts';
import { readResult, readRun } from '../record.ts';
import { errorOf } from './fatal.ts';
import type { ParentMessage, ProcessEvent } from './process.ts';
import {
  isFinished,
  loadRuns,
  ofShard,
  type PlannedRun,
  type Shard,
  type SweepPlan,
  type SweepRun,
  writePlan,
} from './sweep.ts';
import type { WorkerEvent, WorkerOptions } from './worker.ts';

export type SweepEvent =
  | Exclude<WorkerEvent, { type: 'at' }>
  /** It was finished before; these come first. */
  | { type: 'reused'; id: string; result: TrainResult }
  /** A worker process died in the middle of a run, which is tried again. */
  | { type: 'crash'; id: string; message: string };

export interface SweepOptions extends Omit<WorkerOptions, 'runs' | 'failedBefore' | 'wait'> {
  folder: string;
  /** Worker processes; each trains one run at a time. Default: as many as cores. */
  jobs?: number;
  /** Only these runs: for machines that share no folder. */
  shard?: Shard;
  /** The folder may hold other runs, too: they are left as they are. Otherwise that is an error. */
  grows?: boolean;
  /**
   * false: a worker among others, which may be started again at any time. It ends once nothing is left to take, also while others are
   * at work, and what has failed it leaves alone (retry.ts). Default: true.
   */
  wait?: boolean;
  /** Aborting it stops every worker after its step, with a checkpoint. */
  signal?: AbortSignal;
  onEvent?: (event: SweepEvent) => void;
}

/** So many workers in a row may die before they begin, or end by themselves between two runs: then none will do better. */
const MOST_USELESS = 5;
/** Longer with each of them: what kills them may pass. */
const PAUSE_MS = 200;
/** Of what a dying process wrote, for the message. */
const STDERR_TAIL = 2000;

/**
 * Trains what is missing of a sweep, in `jobs` processes, and tells how every run stands then. Several callers may do so at
 * once in one folder, and none, some or all of the processes may be killed: no run is finished twice (worker.ts), and
 * a process that dies is replaced; only a run that kills its process again and again has failed (recordDeath). A run that
 * diverges or fails does not end the sweep. Throws CodeError, DataError, WeightsError and RunFolderError for what concerns all
 * runs.
 */
export async function runSweep(plan: SweepPlan, options: SweepOptions): Promise<SweepRun[]> {
  const { folder, shard, grows } = options;
  return trainRuns(ofShard((await writePlan(folder, plan, { grows })).runs, shard), options);
}

/** The same for some runs, whatever plan is in the folder, or none. */
export async function trainRuns(
  runs: readonly PlannedRun<TrainConfig>[],
  options: Omit<SweepOptions, 'shard' | 'grows'>,
): Promise<SweepRun[]> {
  const { folder, dataDir, checkpointEvery, argv, signal, onEvent = () => {} } = options;
  const { wait = true } = options;
  const before = loadRuns(folder, runs);
  for (const { id, result } of before) if (result) onEvent({ type: 'reused', id, result });
  const failed = before.filter(({ status }) => wait && status === 'failed');
  const missing = before.filter((run) => !isFinished(run) && run.status !== 'failed');
  // What is wrong with a file of the user's is said here once, and not by every run.
  for (const { config } of [...missing, ...failed]) await loadFiles(config);
  const jobs = Math.min(options.jobs ?? availableParallelism(), missing.length + failed.length);
  const failedBefore = Object.fromEntries(failed.map((run) => [run.id, readRun(run.folder)?.attempt]));
  const work: ParentMessage = {
    folder,
    options: { runs, dataDir, checkpointEvery, argv, failedBefore, wait },
  };
  const warnings = new Set<string>();
  let useless = 0;
  let fatal: Error | undefined;
  const children = new Set<ChildProcess>();
  const stopAll = () => {
    for (const child of children) tell(child, 'stop');
  };
  signal?.addEventListener('abort', stopAll);

  const warn = (message: string) => {
    // Every worker reads the data.
    if (!warnings.has(message)) onEvent({ type: 'warning', message });
    warnings.add(message);
  };

  /** A worker and, when it dies, its successor. */
  async function employ(): Promise<void> {
    while (fatal === undefined && !signal?.aborted) {
      const child = startWorker(work, jobs);
      children.add(child);
      let isReady = false;
      let current: string | undefined;
      const end = await ended(child, (event) => {
        if (event.type === 'fatal') {
          fatal = errorOf(event.error);
          stopAll();
        } else if (event.type === 'ready') isReady = true;
        else if (event.type === 'warning') warn(event.message);
        else if (event.type === 'at') current = event.id;
        else {
          if (event.type === 'end' || event.type === 'failed') current = undefined;
          useless = 0;
          onEvent(event);
        }
      });
      children.delete(child);
      if (end.code === 0) return;
      if (current !== undefined) bury(current, end.problem);
      else if (isReady && end.signal) warn(`a worker died between two runs, and is replaced: ${end.problem}`);
      else if (++useless < MOST_USELESS) await setTimeout(useless * PAUSE_MS);
      else {
        fatal ??= new Error(`the workers of the sweep cannot start: ${end.problem}`);
        stopAll();
      }
    }
  }

  /** A worker died at this run: counts that, unless another worker has the run already, and has counted. */
  function bury(id: string, problem: string): void {
    const path = join(folder, id);
    const result = readResult(path);
    if (result) onEvent({ type: 'end', id, result });
    else onEvent({ type: 'crash', id, message: problem });
    const lock = lockTaker()(path);
    if (lock === undefined) return;
    try {
      const isOpen = lock.takenFrom !== undefined && !result;
      const failure = isOpen ? recordDeath(path, lock, problem) : undefined;
      if (failure) onEvent({ type: 'failed', id, message: failure });
    } finally {
      lock.release();
    }
  }

  try {
    await Promise.all(Array.from({ length: jobs }, employ));
  } finally {
    stopAll();
    signal?.removeEventListener('abort', stopAll);
  }
  if (fatal) throw fatal;
  return loadRuns(folder, runs);
}

/** Many small processes are quicker than one with many threads, so the cores are shared out. */
function startWorker(work: ParentMessage, jobs: number): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const threads = Math.max(1, Math.floor(availableParallelism() / jobs));
  const env: NodeJS.ProcessEnv = { NORMGRAD_THREADS: String(threads), ...process.env };
  // TypeScript is run as scripts/launch.mjs runs it.
  if (isSource) env.TSX_TSCONFIG_PATH = fileURLToPath(new URL('../../../tsconfig.json', import.meta.url));
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), isSource ? 'process.ts' : 'process.js'), {
    execArgv: isSource ? ['--import', import.meta.resolve('tsx'), '--conditions=normgrad-source'] : [],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // JSON has no NaN, which the loss of a diverged run is.
    serialization: 'advanced',
  });
  tell(child, work);
  return child;
}

/** A worker that is gone hears nothing: its end says so. */
function tell(child: ChildProcess, message: ParentMessage): void {
  if (child.connected) child.send(message, () => {});
}

/** Waits for the end of a worker; `problem` says how it died. */
function ended(
  child: ChildProcess,
  onEvent: (event: ProcessEvent) => void,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; problem: string }> {
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  child.on('message', (event) => onEvent(event as ProcessEvent));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: null, problem: error.message }));
    child.on('close', (code, signal) => {
      const how = signal ? `killed by ${signal}` : `exit code ${code}`;
      const why = stderr.trim();
      resolve({ code, signal, problem: why === '' ? how : `${how}: ${why}` });
    });
  });
}
