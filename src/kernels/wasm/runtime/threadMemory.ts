import { allocate, release } from './memory.ts';
import { workspace } from './operands.ts';
import { threadCount } from './threads.ts';

/**
 * Memory that every thread has for itself, for what lives within one part of a job, or one job of a thread. The block is the
 * same at every call: a block from the pool would often have been written by another core last, and to take its cache lines over
 * costs more than to fill them (oncePerThread.ts).
 */

/** Half a second-level cache. */
const THREAD_FLOATS = 131_072;

let kept: Float32Array | undefined;

/** How many floats lie between the memories of two threads that need `floats` each. */
export const threadStride = (floats: number): number => Math.max(floats, THREAD_FLOATS);

/** The address of thread 0's memory. Contents are lost when another kernel asks; more than is kept is a workspace of the call. */
export function threadMemory(floats: number): number {
  if (floats > THREAD_FLOATS) return workspace(threadCount() * floats).byteOffset;
  const wanted = threadCount() * THREAD_FLOATS;
  if (kept === undefined || kept.length < wanted) {
    if (kept !== undefined) release(kept);
    kept = allocate(wanted);
  }
  return kept.byteOffset;
}
