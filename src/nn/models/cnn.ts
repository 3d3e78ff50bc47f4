import type { ModelChoices } from './choices.ts';
import { type HiddenOptions, hiddenChoices } from './hidden.ts';
import { defineModel, type ModelOptions } from './options.ts';
import { stages } from './vgg.ts';

/**
 * The small convolutional network: (conv - norm - relu) x 2, pool, (conv - norm - relu) x 2, pool, dense. One epoch of MNIST
 * with BatchNorm brings it beyond 97.5 %.
 *   widths   channels of the two stages; default: 8, 16
 *   init     default: 'torch' (firstWeights.ts)
 *   dropout, dropoutPlace, noise   default: none (hidden.ts)
 */
export const cnn = defineModel({
  name: 'cnn',
  description: 'small: (conv 8) x 2, pool, (conv 16) x 2, pool, dense',
  takes: ['widths', 'init', ...hiddenChoices],
  build: twoStages,
});

/** The deep one of the benchmarks. */
export const deepCnn = defineModel({
  name: 'deep-cnn',
  description: '(conv 32) x 2, pool, (conv 64) x 2, pool, dense',
  takes: ['init', ...hiddenChoices],
  build: (options) => twoStages({ ...options, widths: [32, 64] }),
});

function twoStages(options: ModelOptions & HiddenOptions & Pick<ModelChoices, 'widths' | 'init'>) {
  const { widths = [8, 16] } = options;
  if (widths.length !== 2) {
    throw new Error(`cnn: widths must be the channels of the two stages, got [${widths.join(', ')}].`);
  }
  return stages('cnn', { ...options, widths });
}
