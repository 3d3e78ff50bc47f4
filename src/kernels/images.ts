import { kernels } from './active.ts';
import type { ImageKernels, Numbers } from './contract.ts';
import { referenceImages } from './reference/images.ts';
import { wasmImages } from './wasm/images.ts';

/**
 * The kernels of convolutions and pools that compute on `x`. They are apart from the others, so that a page without images does
 * not carry them: they are a third of all.
 */
export function imageKernels(x: { readonly data: Numbers }): ImageKernels {
  return kernels(x).name === 'wasm' ? wasmImages : referenceImages;
}
