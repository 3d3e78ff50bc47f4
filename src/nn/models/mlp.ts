import { constant, normal } from '../initializers.ts';
import { Flatten } from '../layers/flatten.ts';
import { Linear } from '../layers/linear.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import { hiddenChoices, hiddenLayers } from './hidden.ts';
import { defineModel, needsBias } from './options.ts';

/**
 * A multilayer perceptron: dense - norm - activation for each hidden layer, then dense. With hidden [100, 100, 100], sigmoid
 * and batch it is the MNIST network of Ioffe and Szegedy 2015, section 4.1.
 *   hidden       sizes of the hidden layers; default: 128, 128
 *   activation   default: relu
 *   initStd      weights from N(0, initStd^2) and biases of 0, instead of PyTorch's default
 *   dropout, dropoutPlace, noise   default: none (hidden.ts)
 */
export const mlp = defineModel({
  name: 'mlp',
  description: 'dense layers, default 128-128',
  takes: ['hidden', 'activation', 'initStd', ...hiddenChoices],
  build(options) {
    const { input, classes, random, hidden = [128, 128], initStd } = options;
    const init = initStd === undefined ? {} : { init: normal({ std: initStd }), biasInit: constant(0) };
    const behind = hiddenLayers(options);
    const layers: Module[] = [new Flatten()];
    let features = input[0] * input[1] * input[2];
    for (const size of hidden) {
      layers.push(
        new Linear(features, size, { random, bias: needsBias(size, options), ...init }),
        ...behind.each(size, options.activation),
      );
      features = size;
    }
    return new Sequential([...layers, ...behind.last, new Linear(features, classes, { random, ...init })]);
  },
});
