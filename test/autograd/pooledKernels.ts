import type { Kernels, Numbers } from '../../src/kernels/contract.ts';
import { listFresh } from '../../src/kernels/ownership.ts';
import { reference } from '../../src/kernels/reference/reference.ts';

export interface PooledKernels {
  kernels: Kernels;
  /** Blocks that have not been given back. */
  inUse: () => number;
}

/**
 * The reference kernels with a memory of their own, as the WebAssembly kernels have: every result must be given back, once.
 * A block that is given back is filled with NaN, so that reading it too late shows in the numbers.
 */
export function pooledKernels(): PooledKernels {
  const owned = new Set<Numbers>();

  const own = (block: Numbers) => {
    owned.add(block);
    listFresh(block);
  };
  const memory: Partial<Kernels> = {
    owns: (data) => owned.has(data),
    release(data) {
      if (!owned.delete(data)) throw new Error('a block was given back twice');
      data.fill(Number.NaN);
    },
    lasting(data) {
      const copy = data.slice();
      owned.add(copy);
      return copy;
    },
  };
  const kernels = new Proxy(reference, {
    get(target, key) {
      if (key in memory) return memory[key as keyof Kernels];
      const method = target[key as keyof Kernels];
      if (typeof method !== 'function') return method;
      return (...inputs: unknown[]) => {
        const given = new Set(blocksIn(inputs));
        const result = (method as (...inputs: unknown[]) => unknown).apply(target, inputs);
        for (const block of blocksIn(result)) if (!given.has(block) && !owned.has(block)) own(block);
        return result;
      };
    },
  });
  return { kernels, inUse: () => owned.size };
}

/** Every typed array in arrays and objects; tensors and NDArrays count by their data. */
function blocksIn(value: unknown): Numbers[] {
  if (value instanceof Float32Array || value instanceof Float64Array) return [value];
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return [];
  if ('data' in value && 'shape' in value) return [(value as { data: Numbers }).data];
  return Object.values(value).flatMap(blocksIn);
}
