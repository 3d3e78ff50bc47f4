import { platform } from '#platform';
import { bytesText } from '../errors.ts';
import { activeKernels } from './active.ts';
import { kernelMemory } from './wasm/runtime/memory.ts';
import { wasm } from './wasm/wasm.ts';

/** How many bytes all tensors of float32 can have together, and what bounds them. */
export function memoryLimit(): { bytes: number; of: string } {
  const machine = { bytes: platform.totalMemory(), of: 'this machine has' };
  if (activeKernels() !== wasm) return machine;
  const own = { bytes: kernelMemory().pool.statistics().limit, of: 'the WebAssembly kernels can have' };
  return own.bytes < machine.bytes ? own : machine;
}

/** Throws, before anything is allocated, where one thing alone is larger than all the memory. */
export function requireMemory(what: string, bytes: number): void {
  const limit = memoryLimit();
  if (bytes <= limit.bytes) return;
  throw new Error(
    `${what} takes ${bytesText(bytes)}, and ${limit.of} ${bytesText(limit.bytes)}. Use smaller sizes.`,
  );
}
