import { Linear } from '../layers/linear.ts';
import { NormalizedGru } from '../layers/normalizedGru.ts';
import { SequenceNorm } from '../layers/sequenceNorm.ts';
import { Sequential } from '../layers/sequential.ts';
import type { Norm } from '../norm/core/norm.ts';
import { createNorm } from '../norm/createNorm.ts';
import { defineModel, needsBias } from './options.ts';

/**
 * A gated recurrent unit reads the image row by row, from above; a dense layer judges its last state.
 *   hidden              one number, the size of the state; default: 64
 *   statisticsPerStep   under 'batch': running statistics for each row instead of one for all (sequenceNorm.ts)
 */
export const gru = defineModel({
  name: 'gru',
  description: 'recurrent: a gated unit with a state of 64 reads the image row by row, dense',
  takes: ['hidden', 'statisticsPerStep'],
  build(options) {
    const { input, classes, norm, normOptions, random, hidden = [64], statisticsPerStep } = options;
    if (hidden.length !== 1) {
      throw new Error(`gru: hidden must be one number, the size of the state; got [${hidden.join(', ')}].`);
    }
    if (statisticsPerStep && norm !== 'batch') {
      throw new Error(
        `gru: statisticsPerStep is for norm "batch", which has running statistics; the norm is "${norm}".`,
      );
    }
    const [height, width, channels] = input;
    const perStep = statisticsPerStep ? height : null;
    const create = (features: number, affine: boolean) =>
      createNorm(norm, features, affine ? normOptions : { ...normOptions, affine }) as Norm;
    const reader = new NormalizedGru(width * channels, hidden[0], {
      norm: (features) =>
        norm === 'none' ? null : new SequenceNorm(features, (affine) => create(features, affine), perStep),
      bias: needsBias(hidden[0], options),
      random,
    });
    return new Sequential([reader, new Linear(hidden[0], classes, { random })]);
  },
});
