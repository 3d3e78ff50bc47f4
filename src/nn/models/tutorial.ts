import { constant, uniform, xavierUniform } from '../initializers.ts';
import { activation } from '../layers/activation.ts';
import { Conv2d } from '../layers/conv2d.ts';
import { Dropout } from '../layers/dropout.ts';
import { Flatten } from '../layers/flatten.ts';
import { Linear } from '../layers/linear.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import { createNorm } from '../norm/createNorm.ts';
import { InstanceNorm } from '../norm/sample/instanceNorm.ts';
import { LayerNorm } from '../norm/sample/layerNorm.ts';
import { defineModel, type ModelOptions, requireImages } from './options.ts';

/**
 * The network of TensorFlow Addons' normalization tutorial: conv 3x3 to 10 channels without padding and without activation,
 * norm, flatten, dense 128, ReLU, dropout 0.2, dense. Keras' conventions: Glorot weights, zero biases, eps 1e-3.
 *
 * Two norms are as in the tutorial rather than as in the registry: 'layer' normalizes each pixel over its 10 channels
 * (Keras' axis=3), and 'instance' starts with gamma and beta from U(-0.05, 0.05).
 */
export const tutorial = defineModel({
  name: 'tutorial',
  description: "the network of TensorFlow Addons' normalization tutorial: one convolution, two dense",
  build(options) {
    const { input, classes, random } = options;
    requireImages('tutorial', options, 3, 'a 3x3 convolution without padding must fit');
    const keras = { random, init: xavierUniform(), biasInit: constant(0) };
    const features = (input[0] - 2) * (input[1] - 2) * 10;
    return new Sequential([
      new Conv2d(input[2], 10, 3, keras),
      ...tutorialNorm(options),
      new Flatten(),
      new Linear(features, 128, keras),
      activation('relu'),
      new Dropout(0.2, random.fork('dropout')),
      new Linear(128, classes, keras),
    ]);
  },
});

function tutorialNorm(options: ModelOptions): Module[] {
  const normOptions = { eps: 1e-3, ...options.normOptions };
  if (options.norm === 'layer') return [new LayerNorm(10, normOptions)];
  const norm = createNorm(options.norm, 10, normOptions);
  if (norm instanceof InstanceNorm) {
    const init = uniform({ low: -0.05, high: 0.05 });
    for (const parameter of norm.parameters()) parameter.set(init(parameter.shape, options.random));
  }
  return norm ? [norm] : [];
}
