import type { Sequential } from '../layers/sequential.ts';
import { normalizeWeights } from '../norm/weights/normalizeWeights.ts';
import { checkChoices, type ModelChoices } from './choices.ts';
import { cnn } from './cnn.ts';
import { gru } from './gru.ts';
import { kerasConv, kerasDense } from './keras.ts';
import { layerNormSeed } from './layerNormSeed.ts';
import { mlp } from './mlp.ts';
import { type ModelOptions, splitNorms } from './options.ts';
import { randomConv } from './randomConv.ts';
import { resnet } from './resnet.ts';
import { tutorial } from './tutorial.ts';
import { vgg } from './vgg.ts';
import { vggGroupNorm } from './vggGroupNorm.ts';

export interface ModelEntry {
  /** As in `--model`. */
  name: string;
  /** One line, for people. */
  description: string;
  takes: readonly (keyof ModelChoices)[];
  build: (options: ModelOptions & ModelChoices) => Sequential;
}

/** Every model once: the command line and the tests read this table. */
export const models: readonly ModelEntry[] = [
  {
    name: 'mlp',
    description: 'dense layers, 128-128 unless told otherwise',
    takes: ['hidden', 'activation', 'initStd'],
    build: mlp,
  },
  {
    name: 'cnn',
    description: 'small: (conv 8) x 2, pool, (conv 16) x 2, pool, dense',
    takes: ['widths'],
    build: cnn,
  },
  {
    name: 'deep-cnn',
    description: '(conv 32) x 2, pool, (conv 64) x 2, pool, dense',
    takes: [],
    build: (options) => cnn({ ...options, widths: [32, 64] }),
  },
  ...[8, 20, 32].map(
    (depth): ModelEntry => ({
      name: `resnet${depth}`,
      description: `CIFAR ResNet-${depth} (He et al. 2016), channels 16-32-64`,
      takes: ['widths', 'preActivation'],
      build: (options) => resnet({ ...options, depth }),
    }),
  ),
  {
    name: 'micro-resnet8',
    description: 'ResNet-8 with pre-activation and channels 8-16-32, for small images on a CPU',
    takes: [],
    build: (options) => resnet({ ...options, depth: 8, widths: [8, 16, 32], preActivation: true }),
  },
  {
    name: 'vgg',
    description: 'VGG-nano, for 16x16 images: two 3x3 convolutions in each of the stages 8-16-32',
    takes: ['widths', 'convs', 'init'],
    build: vgg,
  },
  {
    name: 'layernorm-seed',
    description: 'the network of a Weights & Biases report on LayerNorm: two convolutions, dense',
    takes: [],
    build: layerNormSeed,
  },
  {
    name: 'tutorial',
    description: "the network of TensorFlow Addons' normalization tutorial: one convolution, two dense",
    takes: [],
    build: tutorial,
  },
  {
    name: 'vgg-groupnorm',
    description: "labml.ai's CIFAR-10 VGG for GroupNorm, channels 64 to 512: slow on a CPU",
    takes: ['widths', 'convs'],
    build: vggGroupNorm,
  },
  {
    name: 'gru',
    description: 'recurrent: a gated unit with a state of 64 reads the image row by row, dense',
    takes: ['hidden', 'statisticsPerStep'],
    build: gru,
  },
  {
    name: 'keras-dense',
    description: "introductions to BatchNorm, in Keras' conventions: dense 64-64",
    takes: ['hidden', 'normPlacement'],
    build: kerasDense,
  },
  {
    name: 'keras-conv',
    description: 'the same with convolutions: (conv 16, pool), (conv 32, pool), dense 64, dense',
    takes: ['widths', 'hidden', 'normPlacement'],
    build: kerasConv,
  },
  {
    name: 'random-conv',
    description:
      "Proxy Norm's random network: 20 convolutions of 64 channels on a torus, with random gamma and beta",
    takes: ['depth', 'widths'],
    build: randomConv,
  },
];

/** What `--model` accepts. */
export const modelNames: readonly string[] = models.map((model) => model.name);

/**
 * The model of that name. [N, height, width, channels] -> logits [N, classes]. Throws for an unknown name, for an option that
 * the model does not take, and for images that do not fit.
 */
export function createModel(name: string, options: ModelOptions & ModelChoices): Sequential {
  const entry = models.find((model) => model.name === name);
  if (!entry) throw new Error(`unknown model "${name}"; one of: ${modelNames.join(', ')}.`);
  checkChoices(name, entry.takes, options);
  if (![...options.input, options.classes].every((size) => Number.isInteger(size) && size > 0)) {
    throw new Error(
      `${name}: input [height, width, channels] and classes must be whole numbers of at least 1, got ` +
        `[${options.input.join(', ')}] and ${options.classes}.`,
    );
  }
  const { norm, weightNorm } = splitNorms(name, options);
  const network = entry.build({ ...options, norm });
  if (weightNorm) normalizeWeights(network, weightNorm, norm === 'none' ? options.normOptions : {});
  return network;
}
