import { constant, xavierUniform } from '../initializers.ts';
import { activation } from '../layers/activation.ts';
import { Conv2d } from '../layers/conv2d.ts';
import { Flatten } from '../layers/flatten.ts';
import { Linear } from '../layers/linear.ts';
import { MaxPool2d } from '../layers/pooling.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import type { ModelChoices } from './choices.ts';
import { defineModel, type ModelOptions, needsBias, normLayer, requireImages } from './options.ts';

type KerasOptions = ModelOptions & Pick<ModelChoices, 'hidden' | 'widths' | 'normPlacement'>;

/**
 * The two networks by which introductions to BatchNorm show it in Keras. Introductions say that it belongs between the layer
 * and its activation and makes the bias needless (Ioffe and Szegedy 2015, section 3.2), and then write
 *
 *     Dense(64, activation='relu'), BatchNormalization()
 *
 * which is behind the activation, with a bias. `normPlacement` has both: 'after' the activation, as the code has it (the
 * default), or 'before' it, as the words have it. Keras' conventions throughout: Glorot weights, zero biases, eps
 * 1e-3, a running variance that is biased and keeps 0.99 of its old value.
 */
export const kerasDense = defineModel({
  name: 'keras-dense',
  description: "introductions to BatchNorm, in Keras' conventions: dense 64-64",
  takes: ['hidden', 'normPlacement'],
  build(options) {
    const { input, hidden = [64, 64] } = options;
    return new Sequential(denseLayers(input[0] * input[1] * input[2], hidden, options));
  },
});

/** (conv 3x3 without padding - norm - ReLU - pool) for each width, then dense - norm - ReLU for each of `hidden`, then dense. */
export const kerasConv = defineModel({
  name: 'keras-conv',
  description: 'the same with convolutions: (conv 16, pool), (conv 32, pool), dense 64, dense',
  takes: ['widths', 'hidden', 'normPlacement'],
  build(options) {
    const { input, widths = [16, 32], hidden = [64] } = options;
    // Backwards from one pixel: a pooling needs two of them, a convolution two rows and columns more.
    const least = widths.reduce((size) => 2 * size + 2, 1);
    requireImages(
      'keras-conv',
      options,
      least,
      `${widths.length} times a 3x3 convolution without padding and a pooling`,
    );
    const layers: Module[] = [];
    let [height, width, channels] = input;
    for (const out of widths) {
      const bias = hasBias(out, options);
      const conv = new Conv2d(channels, out, 3, { ...conventions(options), bias });
      layers.push(conv, ...normAndRelu(out, options), new MaxPool2d(2));
      [height, width] = [Math.floor((height - 2) / 2), Math.floor((width - 2) / 2)];
      channels = out;
    }
    return new Sequential([...layers, ...denseLayers(height * width * channels, hidden, options)]);
  },
});

function denseLayers(features: number, hidden: readonly number[], options: KerasOptions): Module[] {
  const keras = conventions(options);
  return [
    new Flatten(),
    ...hidden.flatMap((size, i) => [
      new Linear(hidden[i - 1] ?? features, size, { ...keras, bias: hasBias(size, options) }),
      ...normAndRelu(size, options),
    ]),
    new Linear(hidden.at(-1) ?? features, options.classes, keras),
  ];
}

function normAndRelu(features: number, options: KerasOptions): Module[] {
  const norm = normLayer(features, withDefaults(options));
  const relu = activation('relu');
  return options.normPlacement === 'before' ? [...norm, relu] : [relu, ...norm];
}

function hasBias(features: number, options: KerasOptions): boolean {
  return options.normPlacement !== 'before' || needsBias(features, withDefaults(options));
}

/** Keras' momentum of 0.99 is the weight of the old value; ours is that of the new one. */
function withDefaults(options: KerasOptions): KerasOptions {
  return {
    ...options,
    normOptions: { eps: 1e-3, momentum: 0.01, runningVar: 'biased', ...options.normOptions },
  };
}

function conventions({ random }: KerasOptions) {
  return { random, init: xavierUniform(), biasInit: constant(0) };
}
