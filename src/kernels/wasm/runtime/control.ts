/**
 * The words that the main thread and its workers share: an Int32Array over one SharedArrayBuffer. Words that
 * different threads write stand 64 bytes (16 words) apart, so that they do not share a cache line.
 */
export const MAX_THREADS = 64;
export const MAX_ARGUMENTS = 32;
const MAX_MODULES = 8192;
const LINE = 16;

/** Words of a job, from its start: which function, on how many items, in which parts. */
export const JOB = {
  module: 0,
  function: 1,
  items: 2,
  grain: 3,
  argumentCount: 4,
  /** Arguments as float64, which holds every i32, f32 and f64 exactly. */
  arguments: LINE,
  /** How many parts are done, counted where another job follows: it begins when all are. */
  done: LINE + 2 * MAX_ARGUMENTS,
  /** For each thread a line: its next part, and the end of its parts. */
  ranges: 2 * LINE + 2 * MAX_ARGUMENTS,
} as const;
/** Jobs that are opened together. */
export const MAX_JOBS = 8;
export const JOB_STRIDE = JOB.ranges + MAX_THREADS * LINE;

/** Word offsets. */
export const WORD = {
  /** Counts up: odd while jobs are open, even between. Workers spin and sleep on it, */
  epoch: 0,
  /** so that what they read next comes along: how many jobs are open, and how many threads work on them. */
  jobs: 1,
  threads: 2,
  /** How many workers sleep. */
  sleeping: LINE,
  /** How many workers are inside the open job. The main thread ends a job only at 0. */
  active: 2 * LINE,
  /** How many modules the table below has. */
  modules: 3 * LINE,
  /** 1 + the number of the thread whose kernel threw; its message follows as character codes. */
  failed: 4 * LINE,
  message: 4 * LINE + 1,
  /** For each worker a line: whether it has started. */
  started: 20 * LINE,
  /** The jobs' own blocks, laid out as JOB says. */
  firstJob: 20 * LINE + MAX_THREADS * LINE,
  /** For each module: address and length of its bytes in the kernels' memory. */
  table: 20 * LINE + MAX_THREADS * LINE + MAX_JOBS * JOB_STRIDE,
} as const;

export const MESSAGE_LENGTH = WORD.started - WORD.message - 1;
export const CONTROL_WORDS = WORD.table + 2 * MAX_MODULES;
export { LINE, MAX_MODULES };
