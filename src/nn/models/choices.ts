import { activationNames } from '../layers/activation.ts';

/** What a choice must be, in words, and the test: it may come from a configuration file, unchecked. */
export interface Choice<Value> {
  must: string;
  holds: (value: unknown) => boolean;
  /** How it is written on a command line. */
  reads: 'name' | 'number' | 'numbers' | 'switch';
  /** What one of `names` is. */
  what?: string;
  names?: readonly Value[];
  /** Which models take it, and what it means there. */
  help: string;
  /** Newer than runs that are stored (train/setting.ts). */
  addedLater?: true;
}

/**
 * What some models take beyond ModelOptions, each once: `createModel` checks by this table, and train/settings.ts makes of every
 * row a flag and a field of the configuration, in this order. A new choice is a row here, and named by the models that take it.
 */
export const choices = {
  hidden: sizes(0, 'mlp, gru, keras: sizes of the hidden layers'),
  activation: oneOf(activationNames, 'activation', 'mlp:'),
  initStd: {
    must: 'be a number above 0',
    holds: (value) => typeof value === 'number' && value > 0 && value < Infinity,
    reads: 'number',
    help: 'mlp: spread of the first weights',
  } as Choice<number>,
  init: oneOf(
    ['torch', 'he', 'he-out'],
    'initialization',
    'cnn, vgg, resnet, layernorm-seed: first weights,',
  ),
  widths: sizes(1, 'cnn, vgg, resnet: channels per stage'),
  convs: sizes(1, 'vgg: convolutions per stage'),
  preActivation: onOrOff('resnet: norm and ReLU before the convolutions'),
  zeroGamma: onOrOff('resnet: each block begins as its shortcut, with gamma 0 in its last norm', true),
  depth: size('random-conv, transformer: blocks'),
  width: size('transformer: features of a token', true),
  heads: size('transformer: heads of the attention', true),
  patch: size('transformer: side of the square patches that are its tokens', true),
  dropout: {
    must: 'be a number from 0 to below 1',
    holds: (value) => typeof value === 'number' && value >= 0 && value < 1,
    reads: 'number',
    help: 'transformer, mlp, cnn, vgg: rate of dropout while training',
    addedLater: true,
  } as Choice<number>,
  dropoutPlace: oneOf(
    ['before', 'after', 'last'],
    'place of dropout',
    'mlp, cnn, vgg: before each norm, after each activation, or in front of the last layer only:',
    true,
  ),
  noise: onOrOff('mlp, cnn, vgg: noise behind each norm, as Santurkar et al. have it', true),
  normPlacement: oneOf(
    ['before', 'after'],
    'place of the norm',
    'keras: the activation it stands, transformer: attention and dense layers,',
  ),
  statisticsPerStep: onOrOff('gru with batch: running statistics for each row'),
};

export type ChoiceName = keyof typeof choices;

export type ModelChoices = {
  [Name in keyof typeof choices]?: (typeof choices)[Name] extends Choice<infer Value> ? Value : never;
};

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

function size(help: string, addedLater?: true): Choice<number> {
  return { must: 'be a whole number of at least 1', holds: isSize, reads: 'number', help, addedLater };
}

/** A list of at least so many sizes. */
function sizes(least: number, help: string): Choice<readonly number[]> {
  return {
    must: `be a list of whole numbers of at least 1${least > 0 ? ', not empty' : ''}`,
    holds: (value) => Array.isArray(value) && value.length >= least && value.every(isSize),
    reads: 'numbers',
    help,
  };
}

function oneOf<const Name extends string>(
  names: readonly Name[],
  what: string,
  where: string,
  addedLater?: true,
): Choice<Name> {
  const list = names.join(', ');
  const holds = (value: unknown) => names.some((name) => name === value);
  return {
    must: `be one of: ${list}`,
    holds,
    reads: 'name',
    what,
    names,
    help: `${where} ${list}`,
    addedLater,
  };
}

function onOrOff(help: string, addedLater?: true): Choice<boolean> {
  const holds = (value: unknown) => typeof value === 'boolean';
  return { must: 'be true or false', holds, reads: 'switch', help, addedLater };
}
