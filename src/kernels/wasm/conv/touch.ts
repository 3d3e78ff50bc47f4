import { type FunctionBuilder, type I32, i32 } from '../builder/index.ts';

/** Bytes. */
export const SECOND_LEVEL_CACHE = 2 ** 20;

/**
 * Reads one number of each cache line of [start, end), in sequence. What is read or written a part of a line at a time, here
 * and there, the processor's prefetcher does not foresee; this it does, and the lines come into the cache together.
 * `cell` is an address that may be overwritten: a result has to go somewhere.
 */
export function touchLines(f: FunctionBuilder, start: I32, end: I32, cell: I32): void {
  const all = f.local(i32);
  f.for(start, end, 64, (line) => all.set(all.or(f.loadI32(line))));
  f.storeI32(cell, all);
}
