import { platform } from '#platform';
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
