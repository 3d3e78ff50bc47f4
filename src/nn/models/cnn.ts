import type { Sequential } from '../layers/sequential.ts';
import type { ModelOptions } from './options.ts';
import { vgg } from './vgg.ts';

export interface CnnOptions extends ModelOptions {
  /** Channels of the two stages; [8, 16] unless told otherwise. */
  widths?: readonly number[];
}

/**
 * The small convolutional network: (conv - norm - relu) x 2, pool, (conv - norm - relu) x 2, pool, dense. One epoch of MNIST
 * with BatchNorm brings it beyond 97.5 %. [32, 64] is the deep one of the benchmarks.
 */
export function cnn(options: CnnOptions): Sequential {
  const { widths = [8, 16] } = options;
  if (widths.length !== 2) {
    throw new Error(`cnn: widths must be the channels of the two stages, got [${widths.join(', ')}].`);
  }
  return vgg({ ...options, widths }, 'cnn');
}
