/**
 * The words that the main thread and its workers share: an Int32Array over one SharedArrayBuffer. Words that
 * different threads write stand 64 bytes (16 words) apart, so that they do not share a cache line.
 */
export const MAX_THREADS = 64;
export const MAX_ARGUMENTS = 32;
const MAX_MODULES = 8192;
const LINE = 16;

/** Word offsets. */
export const WORD = {
  /** Counts up: odd while a job is open, even between jobs. Workers spin and sleep on it. */
  epoch: 0,
  /** How many workers sleep. */
  sleeping: LINE,
  /** How many workers are inside the open job. The main thread ends a job only at 0. */
  active: 2 * LINE,
  /** How many modules the table below has. */
  modules: 3 * LINE,
  /** The job: which module, which function, items, items per part, arguments, threads. */
  module: 4 * LINE,
  function: 4 * LINE + 1,
  items: 4 * LINE + 2,
  grain: 4 * LINE + 3,
  argumentCount: 4 * LINE + 4,
  threads: 4 * LINE + 5,
  /** 1 + the number of the thread whose kernel threw; its message follows as character codes. */
  failed: 5 * LINE,
  message: 5 * LINE + 1,
  /** Arguments as float64, which holds every i32, f32 and f64 exactly. */
  arguments: 20 * LINE,
  /** For each thread a line: its next part, the end of its parts, and whether it has started. */
  ranges: 20 * LINE + 2 * MAX_ARGUMENTS,
  /** For each module: address and length of its bytes in the kernels' memory. */
  table: 20 * LINE + 2 * MAX_ARGUMENTS + MAX_THREADS * LINE,
} as const;

export const MESSAGE_LENGTH = WORD.arguments - WORD.message - 1;
export const RANGE_STRIDE = LINE;
/** Where in a thread's line it says that it has started. */
export const STARTED = 2;
export const CONTROL_WORDS = WORD.table + 2 * MAX_MODULES;
export { MAX_MODULES };
