import { platform } from '#platform';
import { checkVariable } from '../../../environment.ts';
import type { StartedWorker } from '../../../platform.ts';
import {
  CONTROL_WORDS,
  JOB,
  JOB_STRIDE,
  LINE,
  MAX_JOBS,
  MAX_MODULES,
  MAX_THREADS,
  MESSAGE_LENGTH,
  WORD,
} from './control.ts';
import { kernelMemory } from './memory.ts';
import { workerSource } from './workerSource.ts';

/**
 * Fork and join. A job is a kernel function and a number of items, cut into parts of `grain` items. Every
 * thread owns a contiguous run of parts (the same one each time, so its data stays in its cache), claims half of
 * the parts left in its run again and again, and when done helps the others in the same way: few claims, and yet the last ones
 * are single parts, so that no thread waits long for another that a neighbour disturbed (5 % in most kernels against
 * claims of one size). **Which parts there are depends on the problem alone**, so
 * results are the same bits for any number of threads, as long as a part's result does not depend on who
 * computes it.
 *
 * Jobs that follow from each other are opened together (runInTurn): the threads go from one to the next by themselves, each
 * when all parts of the one before are done, which costs a fraction of a microsecond where a new fork costs several.
 */

/** A function of an instantiated kernel: items `begin` to `end` (exclusive), then its own arguments. */
export type PartFunction = (begin: number, end: number, ...args: number[]) => void;

/** A function over a number of items, cut into parts of `grain`. `module` and `index` name it for the workers. */
export interface Job {
  readonly run: PartFunction;
  readonly module: number;
  readonly index: number;
  readonly items: number;
  readonly grain: number;
  readonly args: readonly number[];
}

/** The main thread sleeps rather than spins once a worker keeps it waiting this long: its core may be taken. */
const SPIN_MILLISECONDS = 0.3;
const LOST_MILLISECONDS = 30_000;

interface Team {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly workers: StartedWorker[];
  failure: string | undefined;
}

let wantedThreads: number | undefined;
let team: Team | undefined;

function threadsFromEnvironment(): number {
  const text = checkVariable('NORMGRAD_THREADS', platform.environment('NORMGRAD_THREADS'));
  return text === undefined ? platform.availableThreads() : Number(text);
}

/** How many threads kernels run on, the main one included. */
export function threadCount(): number {
  wantedThreads ??= possibleThreads(threadsFromEnvironment());
  return wantedThreads;
}

function possibleThreads(count: number): number {
  return platform.canShareMemory() && kernelMemory().shared ? Math.min(count, MAX_THREADS) : 1;
}

/** Changes the number of threads; results do not change with it. */
export function setThreadCount(count: number): void {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new RangeError(`The number of threads is a whole number of 1 or more, got ${count}.`);
  }
  wantedThreads = possibleThreads(count);
}

function newTeam(): Team {
  const shared = kernelMemory().shared && platform.canShareMemory();
  const buffer = new (shared ? SharedArrayBuffer : ArrayBuffer)(CONTROL_WORDS * 4);
  return {
    words: new Int32Array(buffer),
    numbers: new Float64Array(buffer),
    workers: [],
    failure: undefined,
  };
}

/** Starts the workers that are missing. They are not waited for: until they are up the main thread does all. */
function startWorkers(current: Team, count: number): void {
  const { memory } = kernelMemory();
  while (current.workers.length < count - 1) {
    const thread = current.workers.length + 1;
    const data = { memory, control: current.words.buffer, thread };
    try {
      current.workers.push(
        platform.startWorker(workerSource, data, (reason) => stopped(current, thread, reason)),
      );
    } catch {
      // No more threads to be had (a limit, or Node's permission model): what is there must do.
      wantedThreads = thread;
      return;
    }
  }
}

/** Called when a worker ended by itself. One that never came up is done without; for another the next job throws. */
function stopped(current: Team, thread: number, reason: string): void {
  if (current !== team) return;
  const started = Atomics.load(current.words, WORD.started + thread * LINE) === 1;
  if (!started) wantedThreads = Math.min(threadCount(), thread);
  else
    current.failure ??= `Kernel thread ${thread} stopped: ${reason}. NORMGRAD_THREADS=1 runs without threads.`;
}

/** Makes a module known to the workers: `address` and `length` of its bytes, which must stay there. */
export function publishModule(address: number, length: number): number {
  team ??= newTeam();
  const { words } = team;
  const id = words[WORD.modules];
  if (id === MAX_MODULES) throw new RangeError(`There are more than ${MAX_MODULES} different kernels.`);
  words[WORD.table + 2 * id] = address;
  words[WORD.table + 2 * id + 1] = length;
  Atomics.store(words, WORD.modules, id + 1);
  return id;
}

/** Runs jobs one after another, each on all threads. A job of one part that stands alone runs right here, without a fork. */
export function runInTurn(jobs: readonly Job[]): void {
  const threads = jobs.some(({ items, grain }) => items > grain) ? threadCount() : 1;
  if (threads === 1) {
    for (const { run, items, args } of jobs) if (items > 0) run(0, items, ...args);
    return;
  }
  const current = team!; // publishModule made it
  if (current.failure !== undefined) throw new Error(current.failure);
  if (current.workers.length < threads - 1) startWorkers(current, threads);
  for (let first = 0; first < jobs.length; first += MAX_JOBS) {
    runTogether(
      current,
      first === 0 && jobs.length <= MAX_JOBS ? jobs : jobs.slice(first, first + MAX_JOBS),
      threads,
    );
  }
}

/** Up to MAX_JOBS jobs in turn. */
function runTogether(current: Team, jobs: readonly Job[], threads: number): void {
  const { words } = current;
  open(current, jobs, threads);
  try {
    for (let i = 0; i < jobs.length; i++) {
      if (i > 0 && !waitForParts(words, jobs[i - 1], jobBlock(i - 1))) break;
      work(words, jobs[i], jobBlock(i), threads, i < jobs.length - 1);
    }
  } catch (error) {
    close(words);
    words[WORD.failed] = 0; // the same kernel may have failed there too; one error is enough
    throw error;
  }
  close(words);
  if (words[WORD.failed] !== 0) throw workerError(words);
}

const jobBlock = (index: number): number => WORD.firstJob + index * JOB_STRIDE;
const partCount = ({ items, grain }: Job): number => Math.ceil(items / grain);

function open({ words, numbers }: Team, jobs: readonly Job[], threads: number): void {
  for (let i = 0; i < jobs.length; i++) {
    const { module, index, items, grain, args } = jobs[i];
    const block = jobBlock(i);
    const parts = partCount(jobs[i]);
    words[block + JOB.module] = module;
    words[block + JOB.function] = index;
    words[block + JOB.items] = items;
    words[block + JOB.grain] = grain;
    words[block + JOB.argumentCount] = args.length;
    words[block + JOB.done] = 0;
    const firstArgument = (block + JOB.arguments) / 2;
    for (let k = 0; k < args.length; k++) numbers[firstArgument + k] = args[k];
    for (let thread = 0; thread < threads; thread++) {
      const range = block + JOB.ranges + thread * LINE;
      words[range] = Math.floor((parts * thread) / threads);
      words[range + 1] = Math.floor((parts * (thread + 1)) / threads);
    }
  }
  words[WORD.jobs] = jobs.length;
  words[WORD.threads] = threads;
  Atomics.add(words, WORD.epoch, 1);
  if (Atomics.load(words, WORD.sleeping) > 0) Atomics.notify(words, WORD.epoch);
}

/** The main thread's share of a job, then whatever the others have not taken yet. */
function work(words: Int32Array, job: Job, block: number, threads: number, counts: boolean): void {
  const { run, items, grain, args } = job;
  for (let thread = 0; thread < threads; thread++) {
    const range = block + JOB.ranges + thread * LINE;
    const end = words[range + 1];
    let left = end - Atomics.load(words, range);
    while (left > 0) {
      const claim = (left + 1) >> 1;
      const first = Atomics.add(words, range, claim);
      if (first >= end) break;
      const past = Math.min(first + claim, end);
      run(first * grain, Math.min(past * grain, items), ...args);
      if (counts) Atomics.add(words, block + JOB.done, past - first);
      left = end - Atomics.load(words, range);
    }
  }
}

/** Waits until all parts of a job are done; false if a worker failed and they will not be. */
function waitForParts(words: Int32Array, job: Job, block: number): boolean {
  const parts = partCount(job);
  waitUntil(words, block + JOB.done, parts, true);
  return Atomics.load(words, WORD.failed) === 0;
}

/** Closes the jobs to workers that have not entered them, and waits for those that have. */
function close(words: Int32Array): void {
  Atomics.add(words, WORD.epoch, 1);
  waitUntil(words, WORD.active, 0, false);
}

/** Spins, later sleeps, until a word of the control block is `wanted`; or a worker has failed, where that ends it too. */
function waitUntil(words: Int32Array, word: number, wanted: number, orFailed: boolean): void {
  let rounds = 0;
  let start = 0;
  let value = Atomics.load(words, word);
  while (value !== wanted && !(orFailed && Atomics.load(words, WORD.failed) !== 0)) {
    if ((++rounds & 255) === 0) {
      const now = performance.now();
      if (start === 0) start = now;
      const waited = now - start;
      if (waited > LOST_MILLISECONDS) {
        throw new Error(
          `A kernel thread has not answered for ${LOST_MILLISECONDS / 1000} s. NORMGRAD_THREADS=1 runs without threads.`,
        );
      }
      if (waited > SPIN_MILLISECONDS && platform.canSleep()) Atomics.wait(words, word, value, 0.05);
    }
    value = Atomics.load(words, word);
  }
}

function workerError(words: Int32Array): Error {
  const thread = words[WORD.failed] - 1;
  const codes = [...words.subarray(WORD.message, WORD.message + MESSAGE_LENGTH)];
  const text = String.fromCharCode(...codes.slice(0, codes.indexOf(0)));
  words[WORD.failed] = 0;
  return new Error(`A kernel failed in thread ${thread}: ${text}`);
}

/** Stops the workers (tests, and programs that want their cores back at once). The next job starts new ones. */
export function stopThreads(): void {
  if (team === undefined) return;
  const { words, workers } = team;
  // A fresh control block: a worker may stop at any point, also between counting itself in and out.
  team = newTeam();
  team.words.set(words.subarray(WORD.table), WORD.table);
  team.words[WORD.modules] = words[WORD.modules];
  for (const worker of workers) worker.stop();
}
