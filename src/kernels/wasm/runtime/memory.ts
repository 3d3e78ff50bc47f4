import { createPool, type Pool } from './pool.ts';

/**
 * The one memory that all kernels work in. Shared, so that threads can run on it; where the engine refuses a
 * shared memory it is a plain one, which cannot grow without detaching its views, and so is made at once.
 */

const PAGE = 65536;
/** The most that 32-bit addresses can reach: 4 GiB. Pages cost nothing until they are touched. */
const MOST_PAGES = 65536;
const PLAIN_PAGES = 16384;

interface KernelMemory {
  readonly memory: WebAssembly.Memory;
  readonly maximumPages: number;
  readonly shared: boolean;
  readonly pool: Pool;
}

/** Makes a memory with its pool. `maximumPages` (64 KiB each) bounds what it can grow to. */
export function createMemory(maximumPages = MOST_PAGES): KernelMemory {
  // Address space, not memory, is what may be short: a container's limit can forbid 4 GiB and allow 2.
  for (let maximum = maximumPages; maximum >= 64; maximum >>>= 1) {
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum, shared: true });
      return { memory, maximumPages: maximum, shared: true, pool: createPool(memory, maximum * PAGE) };
    } catch (error) {
      if (error instanceof TypeError) break; // shared memories are not allowed here
    }
  }
  return createPlainMemory(Math.min(maximumPages, PLAIN_PAGES));
}

/** All of it at once, or where that is too much to ask for (a phone) half of it, and so on. */
function createPlainMemory(pages: number): KernelMemory {
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    return { memory, maximumPages: pages, shared: false, pool: createPool(memory, pages * PAGE) };
  } catch (error) {
    if (pages < 64) throw error;
    return createPlainMemory(pages >>> 1);
  }
}

let current: KernelMemory | undefined;

/** The memory of this process, made at first use. */
export function kernelMemory(): KernelMemory {
  current ??= createMemory();
  return current;
}

/**
 * A block of `floats` numbers from the pool, aligned to 64 bytes, **not cleared**. Its address for kernels is
 * `view.byteOffset`.
 */
export function allocate(floats: number): Float32Array {
  return kernelMemory().pool.allocate(floats);
}

/** Gives a block back. `view` must be what `allocate` returned; giving it back twice throws. */
export function release(view: Float32Array): void {
  kernelMemory().pool.release(view);
}

/** Whether a view (or a part of one) lies in the kernels' memory, so that kernels can work on it in place. */
export function isKernelMemory(view: ArrayBufferView): boolean {
  return kernelMemory().pool.owns(view);
}
