import { resolve } from 'node:path';
import * as v from 'valibot';
import { datasetNames } from '../data/files/load.node.ts';
import { usualTestFraction } from '../data/split.ts';
import { modelNames } from '../nn/models/registry.ts';
import { detachable } from '../nn/norm/core/conventions.ts';
import { normNames, weightNormNames } from '../nn/norm/createNorm.ts';
import { optimizerNames } from '../optim/index.ts';
import { lossNames } from './lossNames.ts';
import { probeNames } from './probes/names.ts';
import { maybe, named, normName, ofModels, oneOf, orCode, orData, type Setting, usual } from './setting.ts';

const count = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(1, 'must be at least 1'));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0, 'must be above 0'));
const least1 = v.pipe(v.number(), v.finite(), v.minValue(1, 'must be at least 1'));
const notNegative = v.pipe(v.number(), v.finite(), v.minValue(0, 'must not be negative'));
const share = v.pipe(v.number(), v.minValue(0, 'must be from 0 to 1'), v.maxValue(1, 'must be from 0 to 1'));
const whole = v.pipe(v.number(), v.integer('must be a whole number'));

const data = {
  dataset: usual(
    orCode(orData(oneOf('dataset', datasetNames))),
    'mnist',
    '<name>',
    `${datasetNames.join(', ')}, or a file: ./table.csv, ./arrays.npz, ./images/, ./code.mjs`,
    { inName: '', code: 'dataset' },
  ),
  dataDir: maybe(v.string(), '<dir>', 'folder with mnist/, cifar-10-batches-bin/ … (default: the cache)'),
  label: maybe(v.string(), '<column>', 'of a table: the column of the classes (default: label or the last)', {
    addedLater: true,
  }),
  size: maybe(v.tuple([count, count]), '<h,w>', 'of a folder of images: bring each to this size', {
    addedLater: true,
  }),
  testFraction: maybe(
    v.pipe(v.number(), v.gtValue(0, 'must be above 0'), v.ltValue(1, 'must be below 1')),
    '<x>',
    `of files without test data: the part kept for the test (default: ${usualTestFraction})`,
    { addedLater: true },
  ),
  // Without a limit all, of the synthetic digits 5,000 and 1,000, of cars 1,000 each.
  limit: maybe(count, '<n>', 'only the first n training images'),
  testLimit: maybe(count, '<n>', 'only the first n test images'),
  // Mean 0 and std 1 per channel, or 0 to 1, by the statistics of the training images; -1 to 1; or as they lie in the file.
  scaling: named('scaling', ['standardize', 'minmax', 'symmetric', 'none'], 'standardize', '<how>', {
    help: 'pixels:',
  }),
  halve: usual(v.boolean(), false, '', 'half the height and width'),
  // The TensorFlow Addons tutorial trains on the test images.
  trainOn: named('split', ['train', 'test'], 'train', '<split>'),
  // Of training images: random crops after padding by 4, random mirroring, or both.
  augment: named('augmentation', ['none', 'crop', 'flip', 'crop-flip'], 'none', '<how>'),
  // Shares from Beta(alpha, alpha); the paper has 0.2 for ImageNet and 1 for CIFAR-10.
  mixup: usual(share, 0, '<alpha>', 'mix training images and their labels in pairs', { addedLater: true }),
};

const network = {
  model: usual(
    orCode(oneOf('model', modelNames)),
    'mlp',
    '<name>',
    `${modelNames.join(', ')}, or ./file.mjs`,
    {
      inName: '',
      code: 'model',
    },
  ),
  ...ofModels(),
  norm: usual(
    orCode(normName('norm', normNames)),
    'batch',
    '<name>',
    `${normNames.join(', ')}, or ./file.mjs`,
    {
      inName: '',
      alwaysInName: true,
      code: 'norm',
    },
  ),
  weightNorm: maybe(
    orCode(normName('norm of weights', weightNormNames)),
    '<name>',
    `beside --norm, of the weights: ${weightNormNames.join(', ')}`,
    { inName: '', code: 'norm' },
  ),
  groups: maybe(count, '<n>', 'groups of the norm', { ofNorm: (groups) => ({ groups }) }),
  channelsPerGroup: maybe(count, '<n>', 'or how many channels each group has', {
    ofNorm: (channelsPerGroup) => ({ channelsPerGroup }),
  }),
  eps: maybe(positive, '<x>', 'eps of the norm', { ofNorm: (eps) => ({ eps }) }),
  normMomentum: maybe(share, '<x>', 'weight of the new batch in running statistics', {
    ofNorm: (momentum) => ({ momentum }),
  }),
  // Wrong, to see what their paths do.
  detachStatistics: named('kind of statistics', detachable, 'none', '<which>', {
    help: 'constants in the backward pass:',
    ofNorm: (detachStatistics) => ({ detachStatistics }),
  }),
  // From the first step on; otherwise the paper's, which grow over 40,000 steps.
  renormLimits: maybe(v.tuple([least1, notNegative]), '<r,d>', 'batch-renorm: greatest r and d, at once', {
    ofNorm: ([rMax, dMax]) => ({ rMax, dMax, schedule: null }),
  }),
};

const initialWeights = {
  // A path that means the same wherever the run is continued.
  initFrom: maybe(
    v.pipe(
      v.string(),
      v.minLength(1, 'must be a file'),
      v.transform((file) => resolve(file)),
    ),
    '<file>',
    'weights before the first step: .safetensors or .npz, of PyTorch or of export',
    { addedLater: true },
  ),
  initBy: named('way', ['names', 'order', 'shape'], 'names', '<how>', {
    help: 'which tensor of the file is which of the model, by:',
    addedLater: true,
  }),
  freshHead: usual(v.boolean(), false, '', 'with --init-from, the last layer keeps its own first weights', {
    addedLater: true,
  }),
};

const training = {
  loss: usual(
    orCode(oneOf('loss', lossNames)),
    'cross-entropy',
    '<name>',
    `${lossNames.join(', ')}, or ./file.mjs`,
    {
      inName: '',
      code: 'loss',
      addedLater: true,
    },
  ),
  optimizer: named('optimizer', optimizerNames, 'adam', '<name>', { flag: 'optim' }),
  lr: maybe(notNegative, '<x>', 'learning rate (default: sgd 0.1, others 0.001)', { inName: 'lr' }),
  momentum: maybe(share, '<x>', 'of sgd and rmsprop (default: sgd 0.9, rmsprop 0)'),
  nesterov: usual(v.boolean(), false, '', 'of sgd'),
  weightDecay: usual(notNegative, 0, '<x>', 'on weights only'),
  maximize: usual(v.boolean(), false, '', 'climb the loss instead of descending it', { addedLater: true }),
  // `step` takes a tenth after half and after three quarters of the run.
  schedule: named('schedule', ['constant', 'cosine', 'linear', 'step'], 'constant', '<name>'),
  warmup: usual(v.pipe(whole, v.minValue(0)), 0, '<steps>', 'steps of rising learning rate'),
  clip: maybe(positive, '<norm>', 'largest norm of the whole gradient'),
  labelSmoothing: usual(share, 0, '<x>', 'share given to the other labels'),
  batchSize: usual(count, 64, '<n>', 'images per step', { inName: 'bs', alwaysInName: true }),
  // BatchNorm cannot train on a single image.
  lastBatch: named('treatment of the last batch', ['keep', 'drop', 'dropIfOne'], 'dropIfOne', '<how>'),
  // With equally many images of each.
  classesPerBatch: maybe(count, '<n>', 'so many classes in every batch'),
  epochs: usual(count, 3, '<n>', 'passes over the training images'),
  // A better test accuracy: the best one is kept in the result, and by train --keep-best.
  patience: maybe(count, '<n>', 'end after n epochs in a row without a better test accuracy', {
    addedLater: true,
  }),
  probes: usual(
    v.array(orCode(oneOf('probe', probeNames))),
    [],
    '<name,…>',
    `measure on the way: ${probeNames.join(', ')}, or ./file.mjs`,
    { code: 'probe' },
  ),
  // There is one before the first step and one after the last, too.
  probeEvery: maybe(count, '<n>', 'steps between measurements (default: an epoch)'),
  seed: usual(whole, 1, '<n>', 'of weights, order, dropout and augmentation', {
    env: 'NORMGRAD_SEED',
    inName: 's',
    alwaysInName: true,
  }),
};

/**
 * Everything that decides the outcome of a run, once. The configuration, its defaults and its checks (config.ts), the flags of
 * `train` and their help, what a model and its norms are given (model.ts) and a run's name (runs/name.ts) are read off this table.
 */
export const settings = { ...data, ...network, ...initialWeights, ...training };

export type SettingName = keyof typeof settings;

/** The same under the heads of the help. */
export const settingGroups: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  'Data:': data,
  'Network:': network,
  'Initial weights:': initialWeights,
  'Training:': training,
};
