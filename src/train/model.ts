import { choices, type ModelChoices } from '../nn/models/choices.ts';
import { countModelWeights, createModel } from '../nn/models/registry.ts';
import type { Module } from '../nn/module.ts';
import type { NormOptions } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';
import type { TrainConfig } from './config.ts';
import type { TrainData } from './data.ts';
import { requireActivationsFit, requireWeightsFit } from './memory.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

/**
 * The network of a run, its first weights drawn from the seed. Throws a ConfigError where it would not fit into memory, before it
 * takes any.
 */
export function buildModel(config: TrainConfig, data: TrainData): Module {
  const network = buildNetwork(config, data);
  requireActivationsFit(config, network, data);
  return network;
}

/** The same where there are no data, but what the network takes and puts out is known. */
export function buildNetwork(
  config: TrainConfig,
  { imageShape, classes }: Pick<TrainData, 'imageShape' | 'classes'>,
): Module {
  const { model, norm, weightNorm, seed } = config;
  const options = {
    input: imageShape,
    classes,
    norm,
    normOptions: normOptionsOf(config),
    weightNorm: weightNorm ?? undefined,
    random: createRandom(seed).fork('weights'),
    ...choicesOf(config),
  };
  requireWeightsFit(config, countModelWeights(model, options));
  return createModel(model, options);
}

/** Without the settings that are null: for those the model and the norm have defaults of their own. */
function given(config: TrainConfig): [field: string, value: unknown][] {
  return Object.entries(config).filter(([, value]) => value !== null);
}

function choicesOf(config: TrainConfig): ModelChoices {
  return Object.fromEntries(given(config).filter(([field]) => field in choices));
}

function normOptionsOf(config: TrainConfig): NormOptions {
  const options = given(config).map(([field, value]) => {
    const { ofNorm }: Setting = settings[field as keyof TrainConfig];
    return ofNorm?.(value as never);
  });
  return Object.assign({}, ...options);
}

/** `mlp 784-128-128-10`: the model with the outputs of its dense and convolutional layers, if they are few. */
export function describeModel(name: string, model: Module): string {
  const weights = model.parameters().filter(({ rank }) => rank === 2 || rank === 4);
  const outputs = weights.map(({ shape }) => shape[shape.length - 1]);
  if (outputs.length > 8) return name;
  const inputs = weights[0].rank === 2 ? [weights[0].shape[0]] : [];
  return `${name} ${[...inputs, ...outputs].join('-')}`;
}
