import { activation } from '../layers/activation.ts';
import { Conv2d } from '../layers/conv2d.ts';
import { Linear } from '../layers/linear.ts';
import { GlobalAvgPool2d } from '../layers/pooling.ts';
import { PreActivationBlock, ResidualBlock, type ResidualOptions } from '../layers/residual.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import type { ModelChoices } from './choices.ts';
import { firstWeights } from './firstWeights.ts';
import { defineModel, type ModelOptions, needsBias, normFactory, normLayer } from './options.ts';

export const resnets = [
  ...[8, 20, 32].map((depth) =>
    defineModel({
      name: `resnet${depth}`,
      description: `CIFAR ResNet-${depth} (He et al. 2016), channels 16-32-64`,
      takes: ['widths', 'preActivation', 'zeroGamma', 'init'],
      build: (options) => resnet(depth, options),
    }),
  ),
  defineModel({
    name: 'micro-resnet8',
    description: 'ResNet-8 with pre-activation and channels 8-16-32, for small images on a CPU',
    takes: ['init'],
    build: (options) => resnet(8, { ...options, widths: [8, 16, 32], preActivation: true }),
  }),
];

/**
 * The ResNet for CIFAR (He et al. 2016, arXiv:1512.03385, section 4.2): a 3x3 convolution, three stages of n blocks on 32x32,
 * 16x16 and 8x8 cells, global average, dense, which is a depth of 6 n + 2. The shortcuts that change the shape are 1x1
 * convolutions (option B there).
 *   widths          channels of the three stages; default: 16, 32, 64
 *   preActivation   norm and ReLU in front of the convolutions (He et al. 2016, arXiv:1603.05027) instead of behind
 *   zeroGamma       each block begins as its shortcut: gamma of its last norm is 0 (Goyal et al. 2017, arXiv:1706.02677)
 *   init            default: 'torch' (firstWeights.ts)
 */
function resnet(
  depth: number,
  options: ModelOptions & Pick<ModelChoices, 'widths' | 'preActivation' | 'zeroGamma' | 'init'>,
): Sequential {
  const { input, classes, random, widths = [16, 32, 64], preActivation = false, zeroGamma = false } = options;
  const blocks = (depth - 2) / 6;
  const first = firstWeights(options);
  if (widths.length !== 3) {
    throw new Error(`resnet: widths must be the channels of the three stages, got [${widths.join(', ')}].`);
  }
  if (preActivation && zeroGamma) {
    throw new Error(
      'resnet: zeroGamma needs blocks that end in a norm, and those of preActivation end in a convolution. Leave out one of the two.',
    );
  }
  const normRelu = (features: number) => [...normLayer(features, options), activation('relu')];
  const block = (from: number, to: number, settings: ResidualOptions) =>
    preActivation
      ? new PreActivationBlock(from, to, settings)
      : new ResidualBlock(from, to, { ...settings, zeroGamma });
  const stem = new Conv2d(input[2], widths[0], 3, {
    padding: 1,
    bias: needsBias(widths[0], options),
    random,
    ...first.conv,
  });
  const layers: Module[] = [stem, ...(preActivation ? [] : normRelu(widths[0]))];
  let channels = widths[0];
  widths.forEach((out, stage) => {
    for (let i = 0; i < blocks; i++) {
      const stride = stage > 0 && i === 0 ? 2 : 1;
      layers.push(block(channels, out, { stride, norm: normFactory(options), random, ...first.conv }));
      channels = out;
    }
  });
  if (preActivation) layers.push(...normRelu(channels));
  return new Sequential([
    ...layers,
    new GlobalAvgPool2d(),
    new Linear(channels, classes, { random, ...first.dense }),
  ]);
}
