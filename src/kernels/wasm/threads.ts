import { platform } from '#platform';
import type { StartedWorker } from '../../platform.ts';
import {
  CONTROL_WORDS,
  MAX_ARGUMENTS,
  MAX_MODULES,
  MAX_THREADS,
  MESSAGE_LENGTH,
  RANGE_STRIDE,
  STARTED,
  WORD,
} from './control.ts';
import { kernelMemory } from './memory.ts';
import { workerSource } from './workerSource.ts';

/**
 * Fork and join. A job is a kernel function and a number of items, cut into parts of `grain` items. Every
 * thread owns a contiguous run of parts (the same one each time, so its data stays in its cache), claims half of
 * what is left of it again and again, and when done helps the others in the same way: few claims, and yet the last ones
 * are single parts, so that no thread waits long for another that a neighbour disturbed (5 % in most kernels against
 * claims of one size). **Which parts there are depends on the problem alone**, so
 * results are the same bits for any number of threads, as long as a part's result does not depend on who
 * computes it.
 */

/** A function of an instantiated kernel: items `begin` to `end` (exclusive), then its own arguments. */
export type PartFunction = (begin: number, end: number, ...args: number[]) => void;

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
  const text = platform.environment('NORMGRAD_THREADS');
  if (text === undefined || text === '') return platform.availableThreads();
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new RangeError(`NORMGRAD_THREADS must be a whole number of 1 or more, got "${text}".`);
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
    numbers: new Float64Array(buffer, WORD.arguments * 4, MAX_ARGUMENTS),
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
  const started = Atomics.load(current.words, WORD.ranges + thread * RANGE_STRIDE + STARTED) === 1;
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

/**
 * Runs `run` over `items` items in parts of `grain`, on all threads. `module` and `index` name the same
 * function for the workers. One part runs right here, without a fork.
 */
export function fork(
  run: PartFunction,
  module: number,
  index: number,
  items: number,
  grain: number,
  args: readonly number[],
): void {
  if (args.length > MAX_ARGUMENTS) {
    throw new RangeError(
      `A kernel takes up to ${MAX_ARGUMENTS} arguments after its range, got ${args.length}.`,
    );
  }
  if (items <= 0) return;
  const threads = items <= grain ? 1 : threadCount();
  if (threads === 1) {
    run(0, items, ...args);
    return;
  }
  const current = team!; // publishModule made it
  if (current.failure !== undefined) throw new Error(current.failure);
  if (current.workers.length < threads - 1) startWorkers(current, threads);
  const { words } = current;
  open(current, module, index, items, grain, args, threads);
  try {
    work(words, run, items, grain, args, threads);
  } catch (error) {
    close(words);
    words[WORD.failed] = 0; // the same kernel may have failed there too; one error is enough
    throw error;
  }
  close(words);
  if (words[WORD.failed] !== 0) throw workerError(words);
}

function open(
  { words, numbers }: Team,
  module: number,
  index: number,
  items: number,
  grain: number,
  args: readonly number[],
  threads: number,
): void {
  const parts = Math.ceil(items / grain);
  words[WORD.module] = module;
  words[WORD.function] = index;
  words[WORD.items] = items;
  words[WORD.grain] = grain;
  words[WORD.argumentCount] = args.length;
  words[WORD.threads] = threads;
  for (let i = 0; i < args.length; i++) numbers[i] = args[i];
  for (let thread = 0; thread < threads; thread++) {
    const range = WORD.ranges + thread * RANGE_STRIDE;
    words[range] = Math.floor((parts * thread) / threads);
    words[range + 1] = Math.floor((parts * (thread + 1)) / threads);
  }
  Atomics.add(words, WORD.epoch, 1);
  if (Atomics.load(words, WORD.sleeping) > 0) Atomics.notify(words, WORD.epoch);
}

/** The main thread's share, then whatever the others have not taken yet. */
function work(
  words: Int32Array,
  run: PartFunction,
  items: number,
  grain: number,
  args: readonly number[],
  threads: number,
): void {
  for (let thread = 0; thread < threads; thread++) {
    const range = WORD.ranges + thread * RANGE_STRIDE;
    const end = words[range + 1];
    let left = end - Atomics.load(words, range);
    while (left > 0) {
      const claim = (left + 1) >> 1;
      const first = Atomics.add(words, range, claim);
      if (first >= end) break;
      run(first * grain, Math.min(Math.min(first + claim, end) * grain, items), ...args);
      left = end - Atomics.load(words, range);
    }
  }
}

/** Closes the job to workers that have not entered it, and waits for those that have. */
function close(words: Int32Array): void {
  Atomics.add(words, WORD.epoch, 1);
  let rounds = 0;
  let start = 0;
  let active = Atomics.load(words, WORD.active);
  while (active !== 0) {
    if ((++rounds & 255) === 0) {
      const now = performance.now();
      if (start === 0) start = now;
      const waited = now - start;
      if (waited > LOST_MILLISECONDS) {
        throw new Error(
          `A kernel thread has not answered for ${LOST_MILLISECONDS / 1000} s. NORMGRAD_THREADS=1 runs without threads.`,
        );
      }
      if (waited > SPIN_MILLISECONDS && platform.canSleep()) Atomics.wait(words, WORD.active, active, 0.05);
    }
    active = Atomics.load(words, WORD.active);
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
