import { type ActivationName, activationNames } from '../layers/activation.ts';
import type { ModelOptions } from './options.ts';

export const normPlacements = ['before', 'after'] as const;
export const firstWeights = ['torch', 'he'] as const;

/** What some models take beyond ModelOptions; each model's file says what it means there. */
export interface ModelChoices {
  hidden?: readonly number[];
  activation?: ActivationName;
  initStd?: number;
  init?: (typeof firstWeights)[number];
  widths?: readonly number[];
  convs?: readonly number[];
  preActivation?: boolean;
  depth?: number;
  /** Before the activation, or after it. */
  normPlacement?: (typeof normPlacements)[number];
  statisticsPerStep?: boolean;
}

const trueOrFalse = { must: 'be true or false', holds: (value: unknown) => typeof value === 'boolean' };

/** What each choice must be, in words, and the test: they may come from a configuration file, unchecked. */
const rules: Record<keyof ModelChoices, { must: string; holds: (value: unknown) => boolean }> = {
  hidden: sizes(0),
  activation: {
    must: `be one of: ${activationNames.join(', ')}`,
    holds: (value) => activationNames.some((name) => name === value),
  },
  initStd: {
    must: 'be a number of at least 0',
    holds: (value) => typeof value === 'number' && value >= 0,
  },
  init: {
    must: `be one of: ${firstWeights.join(', ')}`,
    holds: (value) => firstWeights.some((name) => name === value),
  },
  widths: sizes(1),
  convs: sizes(1),
  preActivation: trueOrFalse,
  statisticsPerStep: trueOrFalse,
  depth: {
    must: 'be a whole number of at least 1',
    holds: (value) => Number.isInteger(value) && (value as number) >= 1,
  },
  normPlacement: {
    must: `be one of: ${normPlacements.join(', ')}`,
    holds: (value) => normPlacements.some((place) => place === value),
  },
};

const common: Record<keyof ModelOptions, true> = {
  input: true,
  classes: true,
  norm: true,
  normOptions: true,
  weightNorm: true,
  random: true,
};

/** Throws for a choice that the model does not take, and for a value that a choice cannot have. */
export function checkChoices(model: string, takes: readonly (keyof ModelChoices)[], options: object): void {
  for (const [key, value] of Object.entries(options)) {
    if (key in common || value === undefined) continue;
    const choice = takes.find((name) => name === key);
    if (!choice) {
      const own = takes.length > 0 ? `it takes ${takes.join(', ')}` : 'it takes none of its own';
      throw new Error(`${model}: takes no option "${key}"; ${own}.`);
    }
    const { must, holds } = rules[choice];
    if (!holds(value)) throw new Error(`${model}: "${key}" must ${must}, got ${JSON.stringify(value)}.`);
  }
}

/** A list of at least so many sizes. */
function sizes(least: number) {
  return {
    must: `be a list of whole numbers of at least 1${least > 0 ? ', not empty' : ''}`,
    holds: (value: unknown) =>
      Array.isArray(value) &&
      value.length >= least &&
      value.every((size) => Number.isInteger(size) && size >= 1),
  };
}
