import type { Dataset } from '../data/dataset.ts';
import { datasetOf } from '../data/datasetOf.ts';
import { modelNames } from '../nn/models/registry.ts';
import { normNames, weightNormNames } from '../nn/norm/createNorm.ts';
import { createRandom } from '../random.ts';
import { resolveConfig, type TrainConfig, type TrainOptions } from '../train/config.ts';

/** One run of the table, by what its row and its column are called. */
export interface ParityCase {
  row: string;
  column: string;
  config: TrainConfig;
}

/**
 * Small networks, since the plain loops of float64 train them, in which a group of channels still has eight values or more: two
 * numbers that are nearly alike, normalized, are mostly rounding, in any engine.
 */
const small: Readonly<Record<string, TrainOptions>> = {
  mlp: { hidden: [32, 32] },
  cnn: { widths: [8, 8] },
  'deep-cnn': {},
  resnet8: { widths: [8, 8, 8] },
  resnet20: { widths: [8, 8, 8] },
  resnet32: { widths: [8, 8, 8] },
  'micro-resnet8': {},
  vgg: { widths: [8, 8, 8] },
  'layernorm-seed': {},
  tutorial: {},
  'vgg-groupnorm': { widths: [16, 16], groups: 4 },
  gru: { hidden: [16] },
  'keras-dense': { hidden: [32, 32] },
  'keras-conv': { widths: [8, 8], hidden: [16] },
  'random-conv': { depth: 3, widths: [8] },
  transformer: { depth: 1, width: 32, heads: 2, patch: 2 },
};

/**
 * Deep networks double the smallest difference with every few layers: at the rate of the others, chance decides after three steps. So it
 * does where a norm is given what the activation has made zeros of, and where weights are standardized.
 */
const rates: Readonly<Record<string, number>> = {
  'deep-cnn': 1e-4,
  resnet20: 1e-5,
  resnet32: 1e-5,
  'keras-dense': 1e-3,
  'keras-conv': 1e-4,
};

/** FRN of a single number is its sign, or with a larger eps something that one can take a derivative of. */
const ofVectors = ['mlp', 'keras-dense', 'keras-conv', 'gru'];

/** Without a norm of its activations a network's gradients may be huge. */
const isBare = (norm: string) => norm === 'none' || weightNormNames.includes(norm);

/** What divides the channels of every model: two of them have five and ten. */
const groups: Readonly<Record<string, number>> = { tutorial: 2, 'layernorm-seed': 5 };

const common: TrainOptions = {
  batchSize: 8,
  optimizer: 'sgd',
  lr: 0.02,
  weightDecay: 1e-3,
  schedule: 'cosine',
  augment: 'crop-flip',
};

/** What else a run's settings say of training, in one network. */
const settings: readonly [name: string, options: TrainOptions][] = [
  ['sgd, no momentum, warm-up', { momentum: 0, warmup: 5, schedule: 'linear' }],
  ['sgd, Nesterov, steps', { nesterov: true, schedule: 'step' }],
  ['adam', { optimizer: 'adam', lr: 0.003, schedule: 'constant' }],
  ['adamw', { optimizer: 'adamw', lr: 0.003, weightDecay: 0.1 }],
  ['rmsprop', { optimizer: 'rmsprop', lr: 0.001 }],
  ['rmsprop, momentum', { optimizer: 'rmsprop', lr: 0.0005, momentum: 0.9 }],
  ['gradients clipped', { clip: 0.5, lr: 0.2 }],
  ['labels smoothed', { labelSmoothing: 0.1 }],
  ['images mixed', { mixup: 0.4, labelSmoothing: 0.1 }],
  ['noise and dropout', { model: 'vgg', ...small.vgg, noise: true, dropout: 0.5, dropoutPlace: 'before' }],
  ['dropout before the last', { model: 'mlp', ...small.mlp, dropout: 0.5, dropoutPlace: 'last' }],
  ['dropout of flattened images', { model: 'vgg', widths: [8, 8], dropout: 0.5, dropoutPlace: 'last' }],
  // 10 x 12 x 3 pixels
  ['a layer as wide as the image', { model: 'mlp', hidden: [360], norm: 'none', dropout: 0.5 }],
  ['loss mse', { loss: 'mse' }],
  ['loss hinge', { loss: 'hinge' }],
  ['maximize', { maximize: true, lr: 0.001 }],
  ['statistics as constants', { detachStatistics: 'both', lr: 0.002 }],
  ['running weight 0.01', { normMomentum: 0.01 }],
  ['eps 0.1', { eps: 0.1 }],
  ['sigmoid', { model: 'mlp', activation: 'sigmoid', hidden: [32, 32] }],
  ['post-norm', { model: 'transformer', ...small.transformer, norm: 'layer', normPlacement: 'after' }],
  ['keras, norm before', { model: 'keras-conv', ...small['keras-conv'], normPlacement: 'before' }],
  ['gru, per step', { model: 'gru', ...small.gru, statisticsPerStep: true }],
  ['norms of both', { weightNorm: 'weight-standardization' }],
];

/** Every model with every norm, and then what else can be set. */
export function parityCases(): ParityCase[] {
  // Weight standardization wants a norm behind it: by itself it makes the signal grow with the fan-in of each layer.
  const all = modelNames.flatMap((model) =>
    normNames.map((norm) => ({
      row: norm,
      column: model,
      config: configOf({
        ...{ model, norm },
        ...small[model],
        ...(isBare(norm) && { clip: 0.1 }),
        ...(norm === 'weight-standardization' && { norm: 'group', weightNorm: norm, clip: null, lr: 1e-3 }),
        ...(model in rates && { lr: rates[model] }),
        ...(norm === 'frn' && ofVectors.includes(model) && { eps: 0.1 }),
      }),
    })),
  );
  const others = settings.map(([name, options]) => ({
    row: name,
    column: 'settings',
    config: configOf({ model: 'micro-resnet8', norm: 'batch', ...options }),
  }));
  return [...all, ...others];
}

function configOf(options: TrainOptions): TrainConfig {
  return resolveConfig({ groups: groups[options.model!] ?? 4, ...common, ...options, dataset: 'synthetic' });
}

/** Coloured images that are not square, so that no two axes can be taken for each other: ten patterns with noise. */
export function parityImages(): Dataset {
  const [classes, height, width, channels] = [10, 10, 12, 3];
  const size = height * width * channels;
  const random = createRandom('parity');
  const patterns = Array.from({ length: classes }, () =>
    Float32Array.from({ length: size }, () => random.normal()),
  );
  const examples = (count: number) => {
    const y = Int32Array.from({ length: count }, (_, i) => i % classes);
    const data = Float32Array.from({ length: count * size }, (_, i) => {
      return patterns[y[Math.floor(i / size)]][i % size] + 2 * random.normal();
    });
    return { x: { shape: [count, height, width, channels], data }, y };
  };
  return datasetOf(examples(160), { name: 'patterns', test: examples(40) });
}
