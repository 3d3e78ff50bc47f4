import { activation } from '../layers/activation.ts';
import { Conv2d } from '../layers/conv2d.ts';
import { Flatten } from '../layers/flatten.ts';
import { Linear } from '../layers/linear.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import { LayerNorm } from '../norm/sample/layerNorm.ts';
import { firstWeights } from './firstWeights.ts';
import { defineModel, normLayer, requireImages } from './options.ts';

/**
 * The network of "Layer Normalization in PyTorch" (Adrish Dey, Weights & Biases report, 2020): conv 3x3 to 5 channels,
 * LayerNorm over the whole [30, 30, 5], ReLU, conv 3x3 to 10, LayerNorm over [28, 28, 10], ReLU, dense. The convolutions are
 * without padding and keep their biases, as there. Under 'layer' gamma and beta have the shape of the image; any other norm
 * stands in the same places.
 *   init   default: 'torch' (firstWeights.ts)
 */
export const layerNormSeed = defineModel({
  name: 'layernorm-seed',
  description: 'the network of a Weights & Biases report on LayerNorm: two convolutions, dense',
  takes: ['init'],
  build(options) {
    const { input, classes, random } = options;
    requireImages(
      'layernorm-seed',
      options,
      5,
      'two 3x3 convolutions without padding take 4 rows and columns',
    );
    const first = firstWeights(options);
    const layers: Module[] = [];
    let [height, width, channels] = input;
    for (const out of [5, 10]) {
      layers.push(new Conv2d(channels, out, 3, { random, ...first.conv }));
      height -= 2;
      width -= 2;
      channels = out;
      const norm =
        options.norm === 'layer'
          ? [new LayerNorm([height, width, channels], options.normOptions)]
          : normLayer(channels, options);
      layers.push(...norm, activation('relu'));
    }
    return new Sequential([
      ...layers,
      new Flatten(),
      new Linear(height * width * channels, classes, { random, ...first.dense }),
    ]);
  },
});
