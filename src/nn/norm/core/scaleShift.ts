import { standardize, type Tensor } from '../../../autograd/index.ts';
import type { Then } from './norm.ts';
import { channelSets } from './sets.ts';

/**
 * y = scale x + shift per channel, in one pass over memory: the core with mean 0 and variance 1 given.
 *   dx = scale dy,  dscale = sum dy x,  dshift = sum dy
 * scale, shift [C]; null: 1 and 0.
 */
export function scaleShift(x: Tensor, scale: Tensor | null, shift: Tensor | null, then: Then = {}): Tensor {
  const channels = x.shape[x.rank - 1];
  const shape = [channels];
  const mean = { shape, data: new Float64Array(channels) };
  const variance = { shape, data: new Float64Array(channels).fill(1) };
  return standardize(x, channelSets(x.shape), {
    ...then,
    gamma: scale,
    beta: shift,
    given: { mean, variance },
    eps: 0,
  });
}
