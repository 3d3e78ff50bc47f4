import type { ImageKernels } from '../contract.ts';
import { conv2d, conv2dBackward, conv2dTranspose } from './conv.ts';
import { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dBackward } from './pool.ts';

/** Convolutions and pools as plain loops (reference.ts). */
export const referenceImages: ImageKernels = {
  conv2d,
  conv2dBackward,
  conv2dTranspose,
  maxPool2d,
  maxPool2dBackward,
  avgPool2d,
  avgPool2dBackward,
};
