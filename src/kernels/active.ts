import { platform } from '#platform';
import { startWideVectors } from '#wideVectors';
import { checkVariable } from '../environment.ts';
import type { Kernels, Numbers } from './contract.ts';
import { reference } from './reference/reference.ts';
import { wasmSupported } from './wasm/runtime/supported.ts';
import { wasm } from './wasm/wasm.ts';

let float32Kernels: Kernels | undefined;

/** The kernels that compute on `x`: float64 always runs on the reference kernels, float32 on the active ones. */
export function kernels(x: { readonly data: Numbers }): Kernels {
  return x.data instanceof Float64Array ? reference : (float32Kernels ??= initialKernels());
}

/** The kernels for new float32 data. */
export function activeKernels(): Kernels {
  float32Kernels ??= initialKernels();
  return float32Kernels;
}

/** Chooses the kernels for float32 from now on; returns the ones that were active before. */
export function useKernels(next: Kernels): Kernels {
  const previous = activeKernels();
  float32Kernels = next;
  return previous;
}

/** WebAssembly wherever it has SIMD. The environment variable NORMGRAD_KERNELS (`wasm` or `reference`) decides otherwise. */
export function initialKernels(): Kernels {
  const wanted = checkVariable('NORMGRAD_KERNELS', platform.environment('NORMGRAD_KERNELS'));
  if (wanted === 'reference') return reference;
  if (wasmSupported()) {
    startWideVectors();
    return wasm;
  }
  if (wanted === undefined) return reference;
  throw new Error(
    'NORMGRAD_KERNELS=wasm: this engine has no WebAssembly SIMD. Unset it, or use NORMGRAD_KERNELS=reference.',
  );
}
