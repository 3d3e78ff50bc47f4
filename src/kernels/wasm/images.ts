import type { ImageKernels } from '../contract.ts';
import { conv2d, conv2dBackward, conv2dTranspose } from './conv/conv2d.ts';
import { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from './pool2d/pool2d.ts';

/** Convolutions and pools that run (wasm.ts). */
export const wasmImages: ImageKernels = {
  conv2d,
  conv2dBackward,
  conv2dTranspose,
  maxPool2d,
  maxPool2dBackward,
  avgPool2d,
  avgPool2dBackward,
};
