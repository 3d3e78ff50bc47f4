import { datasetNames } from '../../data/files/load.node.ts';
import { firstWeights, normPlacements } from '../../nn/models/choices.ts';
import { modelNames } from '../../nn/models/registry.ts';
import { detachable } from '../../nn/norm/core/conventions.ts';
import { normNames, weightNormNames } from '../../nn/norm/createNorm.ts';
import { optimizerNames } from '../../optim/index.ts';
import {
  augmentations,
  lastBatches,
  scalings,
  schedules,
  splits,
  type TrainConfig,
} from '../../train/config.ts';
import { probeNames } from '../../train/probes/index.ts';
import { integer, number } from '../values.ts';

type Parse = (text: string) => unknown;

/** A flag of `train`, and the field of the configuration that it sets. Default values stand in train/config.ts. */
interface Flag {
  group: string;
  field: keyof TrainConfig;
  flags: string;
  help: string;
  parse: Parse;
  env?: string;
}

const text: Parse = (given) => given;
const list = (names: readonly string[]) => names.join(', ');

const data = 'Data:';
const network = 'Network:';
const training = 'Training:';

/** Every flag, in the order of the help. */
export const trainFlags: readonly Flag[] = [
  { group: data, field: 'dataset', flags: '--dataset <name>', help: list(datasetNames), parse: text },
  {
    group: data,
    field: 'dataDir',
    flags: '--data-dir <dir>',
    help: 'folder with mnist/, cifar-10-batches-bin/ … (default: the cache)',
    parse: text,
  },
  {
    group: data,
    field: 'limit',
    flags: '--limit <n>',
    help: 'only the first n training images',
    parse: number,
  },
  {
    group: data,
    field: 'testLimit',
    flags: '--test-limit <n>',
    help: 'only the first n test images',
    parse: number,
  },
  { group: data, field: 'scaling', flags: '--scaling <how>', help: `pixels: ${list(scalings)}`, parse: text },
  {
    group: data,
    field: 'halve',
    flags: '--halve',
    help: 'half the height and width',
    parse: text,
  },
  { group: data, field: 'trainOn', flags: '--train-on <split>', help: list(splits), parse: text },
  { group: data, field: 'augment', flags: '--augment <how>', help: list(augmentations), parse: text },

  { group: network, field: 'model', flags: '--model <name>', help: list(modelNames), parse: text },
  {
    group: network,
    field: 'hidden',
    flags: '--hidden <n,…>',
    help: 'mlp, gru, keras: sizes of the hidden layers',
    parse: numbers,
  },
  {
    group: network,
    field: 'activation',
    flags: '--activation <name>',
    help: 'mlp: relu, sigmoid, tanh …',
    parse: text,
  },
  {
    group: network,
    field: 'initStd',
    flags: '--init-std <x>',
    help: 'mlp: spread of the first weights',
    parse: number,
  },
  {
    group: network,
    field: 'init',
    flags: '--init <name>',
    help: `vgg: first weights, ${list(firstWeights)}`,
    parse: text,
  },
  {
    group: network,
    field: 'widths',
    flags: '--widths <n,…>',
    help: 'cnn, vgg, resnet: channels per stage',
    parse: numbers,
  },
  {
    group: network,
    field: 'convs',
    flags: '--convs <n,…>',
    help: 'vgg: convolutions per stage',
    parse: numbers,
  },
  {
    group: network,
    field: 'preActivation',
    flags: '--pre-activation',
    help: 'resnet: norm and ReLU before the convolutions',
    parse: text,
  },
  { group: network, field: 'depth', flags: '--depth <n>', help: 'random-conv: blocks', parse: number },
  {
    group: network,
    field: 'normPlacement',
    flags: '--norm-placement <where>',
    help: `keras: the activation it stands ${list(normPlacements)}`,
    parse: text,
  },
  {
    group: network,
    field: 'statisticsPerStep',
    flags: '--statistics-per-step',
    help: 'gru with batch: running statistics for each row',
    parse: text,
  },
  { group: network, field: 'norm', flags: '--norm <name>', help: list(normNames), parse: text },
  {
    group: network,
    field: 'weightNorm',
    flags: '--weight-norm <name>',
    help: `beside --norm, of the weights: ${list(weightNormNames)}`,
    parse: text,
  },
  { group: network, field: 'groups', flags: '--groups <n>', help: 'groups of the norm', parse: number },
  {
    group: network,
    field: 'channelsPerGroup',
    flags: '--channels-per-group <n>',
    help: 'or how many channels each group has',
    parse: number,
  },
  { group: network, field: 'eps', flags: '--eps <x>', help: 'eps of the norm', parse: number },
  {
    group: network,
    field: 'normMomentum',
    flags: '--norm-momentum <x>',
    help: 'weight of the new batch in running statistics',
    parse: number,
  },
  {
    group: network,
    field: 'detachStatistics',
    flags: '--detach-statistics <which>',
    help: `constants in the backward pass: ${list(detachable)}`,
    parse: text,
  },
  {
    group: network,
    field: 'renormLimits',
    flags: '--renorm-limits <r,d>',
    help: 'batch-renorm: greatest r and d, at once',
    parse: decimals,
  },

  { group: training, field: 'optimizer', flags: '--optim <name>', help: list(optimizerNames), parse: text },
  {
    group: training,
    field: 'lr',
    flags: '--lr <x>',
    help: 'learning rate (default: sgd 0.1, adam 0.001)',
    parse: number,
  },
  { group: training, field: 'momentum', flags: '--momentum <x>', help: 'of sgd', parse: number },
  { group: training, field: 'nesterov', flags: '--nesterov', help: 'of sgd', parse: text },
  {
    group: training,
    field: 'weightDecay',
    flags: '--weight-decay <x>',
    help: 'on weights only',
    parse: number,
  },
  { group: training, field: 'schedule', flags: '--schedule <name>', help: list(schedules), parse: text },
  {
    group: training,
    field: 'warmup',
    flags: '--warmup <steps>',
    help: 'steps of rising learning rate',
    parse: number,
  },
  {
    group: training,
    field: 'clip',
    flags: '--clip <norm>',
    help: 'largest norm of the whole gradient',
    parse: number,
  },
  {
    group: training,
    field: 'labelSmoothing',
    flags: '--label-smoothing <x>',
    help: 'share given to the other labels',
    parse: number,
  },
  { group: training, field: 'batchSize', flags: '--batch-size <n>', help: 'images per step', parse: number },
  { group: training, field: 'lastBatch', flags: '--last-batch <how>', help: list(lastBatches), parse: text },
  {
    group: training,
    field: 'classesPerBatch',
    flags: '--classes-per-batch <n>',
    help: 'so many classes in every batch',
    parse: number,
  },
  {
    group: training,
    field: 'epochs',
    flags: '--epochs <n>',
    help: 'passes over the training images',
    parse: number,
  },
  {
    group: training,
    field: 'probes',
    flags: '--probes <name,…>',
    help: `measure on the way: ${list(probeNames)}`,
    parse: names,
  },
  {
    group: training,
    field: 'probeEvery',
    flags: '--probe-every <n>',
    help: 'steps between measurements (default: an epoch)',
    parse: number,
  },
  {
    group: training,
    field: 'seed',
    flags: '--seed <n>',
    help: 'of weights, order, dropout and augmentation',
    parse: number,
    env: 'NORMGRAD_SEED',
  },
];

/** `1.5,0.5` */
function decimals(given: string): number[] {
  return given.split(',').map(number);
}

/** `test,landscape` */
function names(given: string): string[] {
  return given.split(',');
}

/** `100,100,100` */
function numbers(given: string): number[] {
  return given.split(',').map(integer);
}
