import { shown, unknownName } from '../../errors.ts';
import { isPlain, requireFields } from '../../options.ts';
import { createRandom, defaultRandom, requireRandom } from '../../random.ts';
import type { Sequential } from '../layers/sequential.ts';
import { countWeights } from '../layers/weights.ts';
import type { Module } from '../module.ts';
import { normalizeWeights } from '../norm/weights/normalizeWeights.ts';
import { type ChoiceName, choices, type ModelChoices } from './choices.ts';
import { cnn, deepCnn } from './cnn.ts';
import { gru } from './gru.ts';
import { kerasConv, kerasDense } from './keras.ts';
import { layerNormSeed } from './layerNormSeed.ts';
import { mlp } from './mlp.ts';
import { type ModelEntry, type ModelOptions, splitNorms } from './options.ts';
import { randomConv } from './randomConv.ts';
import { resnets } from './resnet.ts';
import { transformer } from './transformer.ts';
import { tutorial } from './tutorial.ts';
import { vgg } from './vgg.ts';
import { vggGroupNorm } from './vggGroupNorm.ts';

export type { ModelEntry } from './options.ts';

const all: ModelEntry[] = [
  mlp,
  cnn,
  deepCnn,
  ...resnets,
  vgg,
  layerNormSeed,
  tutorial,
  vggGroupNorm,
  gru,
  kerasDense,
  kerasConv,
  randomConv,
  transformer,
];

/** Every model once, and those that programs have added (`registerModel`): the command line and the tests read this table. */
export const models: readonly ModelEntry[] = all;

const allNames = all.map((model) => model.name);

/** What `--model` accepts. A model that is registered later is in this list from then on. */
export const modelNames: readonly string[] = allNames;

/**
 * Makes a model known to createModel under its name. Returns a function that takes it out again. Throws where another model has the
 * name. (The command line needs no such call: `--model ./net.mjs` takes the model that the file exports by default.)
 */
export function registerModel(model: ModelEntry): () => void {
  requireFields('registerModel', model, 'a model, as defineModel returns it', ['name', 'build', 'takes']);
  if (all.includes(model)) return () => {};
  const { name } = model;
  if (allNames.includes(name)) {
    throw new Error(`registerModel: there is a model "${name}" already; choose another name.`);
  }
  all.push(model);
  allNames.push(name);
  return () => {
    all.splice(all.indexOf(model), 1);
    allNames.splice(allNames.indexOf(name), 1);
  };
}

/** Without `random`, the default generator draws the first weights. */
type CreateOptions = Omit<ModelOptions, 'random'> & Partial<Pick<ModelOptions, 'random'>> & ModelChoices;

/**
 * The model of that name. [N, height, width, channels] -> logits [N, classes]. Throws for an unknown name, for an option that
 * the model does not take, and for images that do not fit. The models of this library are Sequentials; a registered one is what it
 * builds.
 */
export function createModel<Network extends Module = Sequential>(
  name: string,
  options: CreateOptions,
): Network {
  const { build, weightNorm, normOptions } = prepare(name, options);
  const network = build();
  if (weightNorm) normalizeWeights(network, weightNorm.name, weightNorm.isOnly ? normOptions : {});
  return network as Network;
}

/** How many weights and biases the model of that name would have, as `createModel` takes them; none of them is made. */
export function countModelWeights(name: string, options: CreateOptions): number {
  // A generator of its own: what the build draws, for a scattered gamma, is not drawn from the caller's
  return countWeights(prepare(name, { ...options, random: createRandom('counted') }).build);
}

/** The model before it is built, its options checked. */
function prepare(name: string, options: CreateOptions) {
  const entry = models.find((model) => model.name === name);
  if (!entry)
    throw new Error(`${unknownName('model', String(name), modelNames)}; one of: ${modelNames.join(', ')}.`);
  if (!isPlain(options)) {
    throw new Error(
      `${name}: options are an object, such as { input: [28, 28, 1], classes: 10, norm: 'batch' }, got ${shown(options)}.`,
    );
  }
  const { input, classes, norm, normOptions, weightNorm, random = defaultRandom(), ...own } = options;
  checkChoices(name, entry.takes, own);
  requireRandom(name, random);
  const isInput = Array.isArray(input) && input.length === 3;
  if (!isInput || ![...input, classes].every((size) => Number.isInteger(size) && size > 0)) {
    throw new Error(
      `${name}: input [height, width, channels] and classes must be whole numbers of at least 1, got ` +
        `${shown(input)} and ${shown(classes)}.`,
    );
  }
  const split = splitNorms(name, norm, weightNorm);
  return {
    build: () => entry.build({ ...own, input, classes, norm: split.norm, normOptions, random }),
    weightNorm: split.weightNorm && { name: split.weightNorm, isOnly: split.norm === 'none' },
    normOptions,
  };
}

/** Throws for a choice that the model does not take, and for a value that a choice cannot have. */
function checkChoices(model: string, takes: readonly ChoiceName[], own: ModelChoices): void {
  for (const [key, value] of Object.entries(own)) {
    if (value === undefined) continue;
    const choice = takes.find((name) => name === key);
    if (!choice) {
      const known = takes.length > 0 ? `it takes ${takes.join(', ')}` : 'it takes none of its own';
      throw new Error(`${model}: takes no option "${key}"; ${known}.`);
    }
    const { must, holds } = choices[choice];
    if (!holds(value)) throw new Error(`${model}: "${key}" must ${must}, got ${JSON.stringify(value)}.`);
  }
}
