import * as v from 'valibot';
import { datasetNames } from '../data/files/load.node.ts';
import { ConfigError } from '../errors.ts';
import { unknownName } from '../nearest.ts';
import { activationNames } from '../nn/layers/activation.ts';
import { firstWeights, normPlacements } from '../nn/models/choices.ts';
import { modelNames } from '../nn/models/registry.ts';
import { detachable } from '../nn/norm/core/conventions.ts';
import { normNames, weightNormNames } from '../nn/norm/createNorm.ts';
import { optimizerNames } from '../optim/index.ts';
import { probeNames } from './probes/index.ts';

/**
 * Everything that decides the outcome of a run, as plain JSON. The same configuration gives the same weights, bit by
 * bit. Defaults stand here and nowhere else; null means that there is none, or that it is derived (`resolveConfig`).
 */
const count = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1, 'must be at least 1'));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0, 'must be above 0'));
const least1 = v.pipe(v.number(), v.finite(), v.minValue(1, 'must be at least 1'));
const notNegative = v.pipe(v.number(), v.finite(), v.minValue(0, 'must not be negative'));
const share = v.pipe(v.number(), v.minValue(0, 'must be from 0 to 1'), v.maxValue(1, 'must be from 0 to 1'));

export const lastBatches = ['keep', 'drop', 'dropIfOne'] as const;
export const schedules = ['constant', 'cosine', 'linear', 'step'] as const;
export const scalings = ['standardize', 'minmax', 'symmetric'] as const;
export const splits = ['train', 'test'] as const;
export const augmentations = ['none', 'crop', 'flip', 'crop-flip'] as const;

const entries = {
  /** What to learn; `synthetic` needs no files. */
  dataset: v.optional(nameOf('dataset', datasetNames), 'mnist'),
  /** The folder that holds mnist/, cifar-10-batches-bin/ and so on; null: the cache folder. */
  dataDir: v.optional(v.nullable(v.string()), null),
  /** Only the first so many training images; null: all (of the synthetic digits, 5,000). */
  limit: v.optional(v.nullable(count), null),
  /** Only the first so many test images; null: all (of the synthetic digits, 1,000). */
  testLimit: v.optional(v.nullable(count), null),
  /** Pixels: mean 0 and std 1 per channel, or 0 to 1, by the statistics of the training images; or -1 to 1. */
  scaling: v.optional(nameOf('scaling', scalings), 'standardize'),
  /** Half the height and width, each pixel the mean of 2x2: a quarter of the work. */
  halve: v.optional(v.boolean(), false),
  /** Which images to train on: the TensorFlow Addons tutorial trains on the test images. */
  trainOn: v.optional(nameOf('split', splits), 'train'),
  /** Training images only: random crops after padding by 4, random mirroring, or both. */
  augment: v.optional(nameOf('augmentation', augmentations), 'none'),

  model: v.optional(nameOf('model', modelNames), 'mlp'),
  /** Of mlp, gru and the Keras models: the sizes of hidden layers. This and the next nine: null for the model's own. */
  hidden: v.optional(v.nullable(v.array(count)), null),
  /** Of mlp: the activation. */
  activation: v.optional(v.nullable(nameOf('activation', activationNames)), null),
  /** Of mlp: the standard deviation of the initial weights; null for PyTorch's default. */
  initStd: v.optional(v.nullable(positive), null),
  /** Of vgg: the initial weights, PyTorch's or He's. */
  init: v.optional(v.nullable(nameOf('initialization', firstWeights)), null),
  /** Of the convolutional models: the channels of their stages. */
  widths: v.optional(v.nullable(v.array(count)), null),
  /** Of the VGGs: convolutions per stage. */
  convs: v.optional(v.nullable(v.array(count)), null),
  /** Of the ResNets: norm and ReLU in front of the convolutions instead of behind. */
  preActivation: v.optional(v.nullable(v.boolean()), null),
  /** Of random-conv: how many blocks. */
  depth: v.optional(v.nullable(count), null),
  /** Of the Keras models: the norm in front of the activation or behind it. */
  normPlacement: v.optional(v.nullable(nameOf('place of the norm', normPlacements)), null),
  /** Of gru with BatchNorm: running statistics for each step of the sequence instead of one for all. */
  statisticsPerStep: v.optional(v.nullable(v.boolean()), null),
  norm: v.optional(nameOf('norm', normNames), 'batch'),
  /** A norm of weights beside it, on every layer but the last; null: none. */
  weightNorm: v.optional(v.nullable(nameOf('norm of weights', weightNormNames)), null),
  /** Groups of GroupNorm; null: the largest divisor of the features up to 8. */
  groups: v.optional(v.nullable(count), null),
  /** Instead of the number of groups: the channels in each. */
  channelsPerGroup: v.optional(v.nullable(count), null),
  /** Added to the variance; null: the norm's own default. */
  eps: v.optional(v.nullable(positive), null),
  /** BatchNorm: the weight of the new batch in the running statistics; null: the norm's own default. */
  normMomentum: v.optional(v.nullable(share), null),
  /** Statistics of the norm that the backward pass takes for constants. Wrong, to see what their paths do. */
  detachStatistics: v.optional(nameOf('kind of statistics', detachable), 'none'),
  /** Batch Renorm: the greatest r and d, from the first step on; null: the paper's, which grow over 40,000 steps. */
  renormLimits: v.optional(v.nullable(v.tuple([least1, notNegative])), null),

  optimizer: v.optional(nameOf('optimizer', optimizerNames), 'adam'),
  /** The base learning rate; null: 0.1 for sgd, 0.001 for adam and adamw. */
  lr: v.optional(v.nullable(notNegative), null),
  /** Of sgd. */
  momentum: v.optional(share, 0.9),
  nesterov: v.optional(v.boolean(), false),
  /** On weights, not on biases and norm parameters. */
  weightDecay: v.optional(notNegative, 0),
  /** The learning rate over the run; `step` takes a tenth after half and after three quarters of it. */
  schedule: v.optional(nameOf('schedule', schedules), 'constant'),
  /** Steps in which the learning rate rises from 0. */
  warmup: v.optional(v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(0)), 0),
  /** The largest norm that all gradients together may have; null: no limit. */
  clip: v.optional(v.nullable(positive), null),
  labelSmoothing: v.optional(share, 0),

  batchSize: v.optional(count, 64),
  /** A last batch that is not full; BatchNorm cannot train on a single image, so that one is dropped. */
  lastBatch: v.optional(nameOf('treatment of the last batch', lastBatches), 'dropIfOne'),
  /** So many classes in every training batch, with equally many images; null: as the images come. */
  classesPerBatch: v.optional(v.nullable(count), null),
  epochs: v.optional(count, 3),
  /** What is measured on the way (probes/), which changes nothing else. */
  probes: v.optional(v.array(nameOf('probe', probeNames)), []),
  /** Steps from one measurement to the next; null: an epoch. There is one before the first step and one after the last, too. */
  probeEvery: v.optional(v.nullable(count), null),
  /** Of the initial weights, the order of the images, dropout and augmentation. */
  seed: v.optional(v.pipe(v.number(), v.integer('must be a whole number')), 1),
};

const schema = v.strictObject(entries);

export type TrainOptions = v.InferInput<typeof schema>;
/** A configuration in which every value is decided. */
export type TrainConfig = v.InferOutput<typeof schema> & { lr: number };

/** The name of every field. */
export const configFields = Object.keys(entries) as (keyof TrainConfig)[];

/** Fills in the defaults and checks every value; throws a ConfigError that names the field. */
export function resolveConfig(options: TrainOptions): TrainConfig {
  const parsed = v.safeParse(schema, options);
  if (!parsed.success) throw configError(parsed.issues[0]);
  const config = parsed.output;
  return { ...config, lr: config.lr ?? (config.optimizer === 'sgd' ? 0.1 : 1e-3) };
}

/** One of `names`. */
function nameOf<Name extends string>(what: string, names: readonly Name[]) {
  return v.picklist(names, (issue) => unknownName(what, String(issue.input), names));
}

/** `groups: must be at least 1, got 0` */
function configError(issue: v.BaseIssue<unknown>): ConfigError {
  const field = v.getDotPath(issue) ?? undefined;
  if (issue.type === 'strict_object') {
    return new ConfigError(field, unknownName('setting', String(field), configFields), [
      `one of: ${configFields.join(', ')}`,
    ]);
  }
  if (issue.type === 'picklist') {
    // valibot writes ("sgd" | "adam" | "adamw")
    const allowed = String(issue.expected).replace(/[()"]/g, '').replaceAll(' | ', ', ');
    return new ConfigError(field, issue.message, [`one of: ${allowed}`]);
  }
  return new ConfigError(field, `${issue.message}, got ${JSON.stringify(issue.input)}`);
}
