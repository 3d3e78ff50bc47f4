import { shown, unknownName } from '../../errors.ts';
import { requireFields } from '../../options.ts';
import type { Random } from '../../random.ts';
import { Module } from '../module.ts';
import { learnsShift, type Norm } from '../norm/core/norm.ts';
import { createNorm, findNorm, resolveNorm } from '../norm/createNorm.ts';
import type { NormOptions } from '../norm/registry.ts';
import { type ChoiceName, choices, type ModelChoices } from './choices.ts';

/** What every model takes. */
export interface ModelOptions {
  /** [height, width, channels] of one image. */
  input: readonly [number, number, number];
  classes: number;
  /** A name of the norm registry, or 'none'. A norm of weights stands for that norm of the weights and none beside it. */
  norm: string;
  normOptions?: NormOptions;
  /** A norm of weights beside `norm`, on every layer but the last. */
  weightNorm?: string;
  /** Where the first weights come from. */
  random: Random;
}

/** A model as the registry has it. */
export interface ModelEntry {
  /** As in `--model`. */
  name: string;
  /** One line, for people. */
  description: string;
  takes: readonly ChoiceName[];
  build: (options: ModelOptions & ModelChoices) => Module;
}

/**
 * Declares a model: its name, and `build`, from what every model is told (the images' shape, the number of classes, the norm, a
 * generator for the weights) to a network of [N, height, width, channels] -> logits [N, classes]. `takes` names the settings beyond
 * those that it has a use for, such as 'hidden' or 'widths'; `build` sees no others.
 */
export function defineModel<const Name extends ChoiceName = never>(
  model: Pick<ModelEntry, 'name'> & {
    description?: string;
    takes?: readonly Name[];
    build: (options: ModelOptions & Pick<ModelChoices, Name>) => Module;
  },
): ModelEntry {
  requireFields('defineModel', model, 'a model, { name, build, … }', ['name', 'build']);
  const { name, takes = [], description = '', build } = model;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(
      `defineModel: name is small letters, digits and hyphens, such as 'wide-mlp', got ${shown(name)}.`,
    );
  }
  if (typeof build !== 'function') {
    throw new Error(
      `defineModel: build of "${name}" is a function, (options) => a Module, got ${shown(build)}.`,
    );
  }
  const odd = takes.find((each) => !Object.hasOwn(choices, each));
  if (odd !== undefined) {
    throw new Error(
      `defineModel: "${name}" takes ${unknownName('setting of models', odd, Object.keys(choices))}; there are ${Object.keys(choices).join(', ')}.`,
    );
  }
  return {
    name,
    description,
    takes,
    build(options) {
      const network: unknown = build(options);
      if (network instanceof Module) return network;
      throw new Error(
        `model "${name}": build returns a Module, imported from 'normgrad', got ${shown(network)}.`,
      );
    },
  };
}

/** The model's norm, for so many features. */
export function normFactory(options: ModelOptions): (features: number) => Norm | null {
  requireFields('the norm of a model', options, "what the model's build was given", ['norm']);
  const { norm, normOptions } = options;
  return (features) => createNorm(norm, features, normOptions);
}

/** The norm for `features`, as a list for a Sequential: empty for 'none'. */
export function normLayer(features: number, options: ModelOptions): Norm[] {
  const norm = normFactory(options)(features);
  return norm ? [norm] : [];
}

/** Convolutions and dense layers in front of a norm with a beta go without a bias: beta does its work. */
export function needsBias(features: number, options: ModelOptions): boolean {
  return !learnsShift(normFactory(options)(features));
}

/** `norm` and `weightNorm` under the registry's names, by what they are put on. */
export function splitNorms(
  model: string,
  normGiven: string,
  weightNormGiven: string | undefined,
): { norm: string; weightNorm: string | null } {
  const own = (name: string) => resolveNorm(name) ?? name;
  const norm = own(normGiven);
  const weightNorm = weightNormGiven === undefined ? null : own(weightNormGiven);
  if (norm === 'none' || findNorm(norm).kind === 'activation') return { norm, weightNorm };
  if (weightNorm === null || weightNorm === norm) return { norm: 'none', weightNorm: norm };
  throw new Error(
    `${model}: norm "${norm}" and weightNorm "${weightNorm}" are both norms of weights. Name one of them; norm is for the ` +
      'activations.',
  );
}

/** Throws where the images are smaller than `least` in height or width. */
export function requireImages(model: string, { input }: ModelOptions, least: number, why: string): void {
  if (input[0] >= least && input[1] >= least) return;
  throw new Error(
    `${model}: images of ${input[0]}x${input[1]} are too small, since ${why}. It needs at least ${least}x${least}; ` +
      'use larger images or another model (mlp takes any size).',
  );
}
