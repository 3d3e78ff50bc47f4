import { type FunctionBuilder, type I32, i32 } from '../builder/index.ts';
import { MAX_THREADS } from './control.ts';
import { allocate } from './memory.ts';

/**
 * Work that every thread does for itself, once in a job, when it takes its first part: what all parts read, made in memory of
 * the thread's own. A cache line that one core has written and another reads, or writes again, costs some 20 ns, more than to
 * compute the numbers in it twice: two threads that share the transformed weights of a small convolution are no faster than
 * one.
 */

let stamps: number | undefined;
let last = 0;

/** A number for the job, never 0, as an argument of its function. */
export function newStamp(): number {
  last = (last + 1) | 0 || 1;
  return last;
}

/** Runs `body` unless this thread has done so for `stamp`. One call for a function that is a job. */
export function oncePerThread(f: FunctionBuilder, stamp: I32, body: () => void): void {
  stamps ??= allocate(16 * MAX_THREADS).fill(0).byteOffset;
  const done = f.let(i32(stamps).plus(f.thread.times(64)));
  f.if(f.loadI32(done).ne(stamp), () => {
    body();
    f.storeI32(done, stamp);
  });
}
