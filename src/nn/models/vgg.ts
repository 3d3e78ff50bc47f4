import { Conv2d } from '../layers/conv2d.ts';
import { Flatten } from '../layers/flatten.ts';
import { Linear } from '../layers/linear.ts';
import { MaxPool2d } from '../layers/pooling.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Module } from '../module.ts';
import type { ModelChoices } from './choices.ts';
import { firstWeights } from './firstWeights.ts';
import { type HiddenOptions, hiddenChoices, hiddenLayers } from './hidden.ts';
import { defineModel, type ModelOptions, needsBias, requireImages } from './options.ts';

/**
 * In the manner of Simonyan and Zisserman 2015: stages of 3x3 convolutions, each conv - norm - relu, with a 2x2 max pooling
 * behind every stage, then one dense layer. "VGG-nano", for 16x16 images on a CPU.
 *   widths   channels of each stage; default: 8, 16, 32
 *   convs    convolutions in each stage; default: 2
 *   init     default: 'torch' (firstWeights.ts)
 *   dropout, dropoutPlace, noise   default: none (hidden.ts)
 */
export const vgg = defineModel({
  name: 'vgg',
  description: 'VGG-nano, for 16x16 images: two 3x3 convolutions in each of the stages 8-16-32',
  takes: ['widths', 'convs', 'init', ...hiddenChoices],
  build: (options) => stages('vgg', options),
});

/** `name` is for error messages. */
export function stages(
  name: string,
  options: ModelOptions & HiddenOptions & Pick<ModelChoices, 'widths' | 'convs' | 'init'>,
): Sequential {
  const { input, classes, random, widths = [8, 16, 32], convs = widths.map(() => 2) } = options;
  if (convs.length !== widths.length) {
    throw new Error(
      `${name}: ${widths.length} widths [${widths.join(', ')}] and ${convs.length} convs [${convs.join(', ')}]; ` +
        'each stage needs one of both.',
    );
  }
  requireImages(name, options, 2 ** widths.length, `${widths.length} poolings halve them`);
  const first = firstWeights(options);
  const behind = hiddenLayers(options);
  const layers: Module[] = [];
  let [height, width, channels] = input;
  widths.forEach((out, stage) => {
    for (let i = 0; i < convs[stage]; i++) {
      const conv = new Conv2d(channels, out, 3, {
        padding: 1,
        random,
        bias: needsBias(out, options),
        ...first.conv,
      });
      layers.push(conv, ...behind.each(out));
      channels = out;
    }
    layers.push(new MaxPool2d(2));
    height = Math.floor(height / 2);
    width = Math.floor(width / 2);
  });
  return new Sequential([
    ...layers,
    new Flatten(),
    ...behind.last,
    new Linear(height * width * channels, classes, { random, ...first.dense }),
  ]);
}
