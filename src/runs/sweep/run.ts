import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DataError, type DataErrorCode } from '../../data/errors.ts';
import { RunFolderError } from '../../errors.ts';
import type { TrainResult } from '../../train/result.ts';
import { recordFailure } from '../folder.ts';
import type { ParentMessage, ProcessEvent } from './process.ts';
import {
  isFinished,
  loadRuns,
  ofShard,
  type Shard,
  type SweepPlan,
  type SweepRun,
  writePlan,
} from './sweep.ts';
import { LOST_LOCK, type WorkerEvent, type WorkerOptions } from './worker.ts';

export type SweepEvent =
  | WorkerEvent
  /** It was finished before; these come first. */
  | { type: 'reused'; id: string; result: TrainResult }
  /** A worker process died in the middle of a run, which is tried again. */
  | { type: 'crash'; id: string; message: string };

export interface SweepOptions extends Omit<WorkerOptions, 'runs' | 'since'> {
  folder: string;
  /** Worker processes; each trains one run at a time. Default: as many as cores. */
  jobs?: number;
  /** Only these runs: for machines that share no folder. */
  shard?: Shard;
  /** The folder may hold other runs, too: they are left as they are. Otherwise that is an error. */
  grows?: boolean;
  /** Aborting it stops every worker after its step, with a checkpoint. */
  signal?: AbortSignal;
  onEvent?: (event: SweepEvent) => void;
}

/** So often may the process of a run die before the run counts as failed. */
const MOST_CRASHES = 3;
/** Of what a dying process wrote, for the message. */
const STDERR_TAIL = 2000;

/**
 * Trains what is missing of a sweep, in `jobs` processes, and tells how every run stands then. Several callers may do so at
 * once in one folder, and none, some or all of the processes may be killed: no run is finished twice (worker.ts), and
 * a process that dies is replaced. A run that diverges or fails does not end the sweep. Throws DataError and
 * RunFolderError for what concerns all runs.
 */
export async function runSweep(plan: SweepPlan, options: SweepOptions): Promise<SweepRun[]> {
  const { folder, shard, dataDir, checkpointEvery, grows, argv, signal, onEvent = () => {} } = options;
  const runs = ofShard(writePlan(folder, plan, { grows }).runs, shard);
  const before = loadRuns(folder, runs);
  for (const { id, result } of before) if (result) onEvent({ type: 'reused', id, result });
  const missing = before.filter((run) => !isFinished(run)).length;
  const jobs = Math.min(options.jobs ?? availableParallelism(), missing);
  const since = new Date().toISOString();
  const work: ParentMessage = { folder, options: { runs, dataDir, checkpointEvery, argv, since } };
  const warnings = new Set<string>();
  const crashes = new Map<string | undefined, number>();
  let fatal: Error | undefined;
  const children = new Set<ChildProcess>();
  const stopAll = () => {
    for (const child of children) if (child.connected) child.send('stop');
  };
  signal?.addEventListener('abort', stopAll);

  /** A worker and, when it dies, its successor. */
  async function employ(): Promise<void> {
    while (fatal === undefined && !signal?.aborted) {
      const child = startWorker(work, jobs);
      children.add(child);
      let current: string | undefined;
      const { code, problem } = await ended(child, (event) => {
        if (event.type === 'fatal') {
          fatal = errorOf(event);
          stopAll();
          return;
        }
        if (event.type === 'warning') {
          // Every worker reads the data.
          if (warnings.has(event.message)) return;
          warnings.add(event.message);
        } else if (event.type !== 'step') {
          current = event.type === 'start' ? event.id : undefined;
        }
        onEvent(event);
      });
      children.delete(child);
      if (code === 0) return;
      if (code === LOST_LOCK) continue;
      const count = (crashes.get(current) ?? 0) + 1;
      crashes.set(current, count);
      if (current !== undefined) {
        onEvent({ type: 'crash', id: current, message: problem });
        if (count < MOST_CRASHES) continue;
        recordFailure(join(folder, current), `its process died ${count} times: ${problem}`);
        onEvent({ type: 'failed', id: current, message: `its process died ${count} times: ${problem}` });
      } else if (count >= MOST_CRASHES) {
        fatal = new Error(`the workers of the sweep cannot start: ${problem}`);
        stopAll();
      }
    }
  }

  try {
    await Promise.all(Array.from({ length: jobs }, employ));
  } finally {
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
  child.send(work);
  return child;
}

/** Waits for the end of a worker; `problem` says how it died. */
function ended(
  child: ChildProcess,
  onEvent: (event: ProcessEvent) => void,
): Promise<{ code: number | null; problem: string }> {
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  child.on('message', (event) => onEvent(event as ProcessEvent));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, problem: error.message }));
    child.on('close', (code, signal) => {
      const how = signal ? `killed by ${signal}` : `exit code ${code}`;
      const why = stderr.trim();
      resolve({ code, problem: why === '' ? how : `${how}: ${why}` });
    });
  });
}

function errorOf({ kind, code, message, hint }: Extract<ProcessEvent, { type: 'fatal' }>): Error {
  return kind === 'data'
    ? new DataError(code as DataErrorCode, message, hint)
    : new RunFolderError(message, hint);
}
