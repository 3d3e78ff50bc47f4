import { noGrad, Tensor, zeros } from '../autograd/index.ts';
import { CodeError, shown } from '../errors.ts';
import { rememberBuffers } from '../nn/buffers.ts';
import { choices, type ModelChoices } from '../nn/models/choices.ts';
import { countModelWeights, createModel } from '../nn/models/registry.ts';
import type { Module } from '../nn/module.ts';
import type { NormOptions } from '../nn/norm/registry.ts';
import { createRandom } from '../random.ts';
import { shownPath } from './code/files.ts';
import { registeredName } from './code/load.ts';
import { isCode } from './code/names.ts';
import { codeError } from './code/place.ts';
import type { TrainConfig } from './config.ts';
import type { TrainData } from './data.ts';
import { requireActivationsFit, requireWeightsFit } from './memory.ts';
import type { Setting } from './setting.ts';
import { type SettingName, settings } from './settings.ts';

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
    norm: registeredName(norm),
    normOptions: normOptionsOf(config),
    weightNorm: weightNorm === null ? undefined : registeredName(weightNorm),
    random: createRandom(seed).fork('weights'),
    ...choicesOf(config),
  };
  const name = registeredName(model);
  requireWeightsFit(config, countModelWeights(name, options));
  const network = createModel<Module>(name, options);
  if (isCode(model)) checkLogits(model, network, { imageShape, classes });
  return network;
}

/** A user's model may put out anything: said before the first step, and not by the loss. */
function checkLogits(
  path: string,
  network: Module,
  { imageShape, classes }: Pick<TrainData, 'imageShape' | 'classes'>,
): void {
  const y = triedOut(path, network, imageShape);
  if (y instanceof Tensor && y.rank === 2 && y.shape[0] === 2 && y.shape[1] === classes) return;
  throw new CodeError(
    `${shownPath(path)}: of two images [2, ${imageShape.join(', ')}] its model makes ${shown(y)}, expected logits [2, ${classes}]`,
    [`its last layer is to have as many outputs as there are classes: ${classes}, which build is told`],
  );
}

/** Without the settings that are null: for those the model and the norm have defaults of their own. */
function given({ code: _, ...config }: TrainConfig): [field: string, value: unknown][] {
  return Object.entries(config).filter(([, value]) => value !== null);
}

function choicesOf(config: TrainConfig): ModelChoices {
  return Object.fromEntries(given(config).filter(([field]) => field in choices));
}

function normOptionsOf(config: TrainConfig): NormOptions {
  const options = given(config).map(([field, value]) => {
    const { ofNorm }: Setting = settings[field as SettingName];
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

/** What it makes of two images, in evaluation. */
function triedOut(path: string, network: Module, imageShape: TrainData['imageShape']): unknown {
  const restore = rememberBuffers(network);
  try {
    return noGrad(() => network.eval().forward(zeros([2, ...imageShape])));
  } catch (error) {
    if (codeError(error)) throw error;
    const { message } = error as Error;
    throw new CodeError(
      `${shownPath(path)}: its model cannot take images [2, ${imageShape.join(', ')}]: ${message}`,
      [],
      {
        cause: error,
      },
    );
  } finally {
    restore();
    network.train();
  }
}
