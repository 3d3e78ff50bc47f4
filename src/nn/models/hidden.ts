import { type ActivationName, activation } from '../layers/activation.ts';
import { ActivationNoise } from '../layers/activationNoise.ts';
import { Dropout } from '../layers/dropout.ts';
import type { Module } from '../module.ts';
import type { ChoiceName, ModelChoices } from './choices.ts';
import { type ModelOptions, normLayer } from './options.ts';

/** What stands behind the hidden layers of the plain networks: of mlp, cnn and the VGGs. */

/** For `takes` of such a model. */
export const hiddenChoices = ['dropout', 'dropoutPlace', 'noise'] as const satisfies readonly ChoiceName[];

export type HiddenOptions = Pick<ModelChoices, (typeof hiddenChoices)[number]>;

/**
 * `each`: behind a hidden layer of so many features: dropout - norm - noise - activation - dropout, as far as they are there. `last`:
 * in front of the last layer.
 *   dropout        its rate; default: none
 *   dropoutPlace   'before' each norm, 'after' each activation (default), or in front of the 'last' layer only, behind all norms
 *   noise          behind each norm, while training (activationNoise.ts); default: none
 * Each draws from a generator of its own, so the first weights are the same with them and without.
 */
export function hiddenLayers(options: ModelOptions & HiddenOptions) {
  const { random, dropout = 0, dropoutPlace = 'after', noise = false } = options;
  let count = 0;
  const drop = (place: typeof dropoutPlace): Module[] =>
    dropout > 0 && place === dropoutPlace ? [new Dropout(dropout, random.fork(`dropout ${count}`))] : [];
  return {
    each(features: number, name: ActivationName = 'relu'): Module[] {
      count++;
      return [
        ...drop('before'),
        ...normLayer(features, options),
        ...(noise ? [new ActivationNoise(random.fork(`noise ${count}`))] : []),
        activation(name),
        ...drop('after'),
      ];
    },
    last: drop('last'),
  };
}
