import type { Kernels, Numbers } from './kernels.ts';
import { reference } from './reference/reference.ts';

let float32Kernels: Kernels = reference;

/** The kernels that compute on `x`: float64 always runs on the reference kernels, float32 on the active ones. */
export function kernels(x: { readonly data: Numbers }): Kernels {
  return x.data instanceof Float64Array ? reference : float32Kernels;
}

/** The kernels for new float32 data. */
export function activeKernels(): Kernels {
  return float32Kernels;
}

/** Chooses the kernels for float32 from now on; returns the ones that were active before. */
export function useKernels(next: Kernels): Kernels {
  const previous = float32Kernels;
  float32Kernels = next;
  return previous;
}
