import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { type NDArray, type Shape, sizeOf } from '../kernels/contract.ts';
import { defaultRandom, type Random, requireRandom } from '../random.ts';
import { array } from './create.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { DType, Tensor } from './tensor.ts';

/**
 * Inverted dropout (Srivastava et al. 2014): y = x mask / (1 - rate), with mask = 1 at random with probability 1 - rate.
 * dx = dy mask / (1 - rate). The expectation of y is x, so evaluation needs no change.
 */
export function dropout(x: Tensor, rate = 0.5, random: Random = defaultRandom()): Tensor {
  requireTensor('dropout', x);
  requireRandom('dropout', random);
  checkRate('dropout', rate);
  if (rate === 0) return x;
  const mask = dropoutMask(x.shape, rate, random, x.dtype);
  return record('dropout', kernels(x).binary('mul', x, mask), [x], [], (dy) => [
    kernels(dy).binary('mul', dy, mask),
  ]);
}

/** mask / (1 - rate), which x is multiplied by. */
export function dropoutMask(shape: Shape, rate: number, random: Random, dtype: DType): NDArray {
  const scale = 1 / (1 - rate);
  const data = new (array(dtype))(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = rate > 0 && random.uniform() < rate ? 0 : scale;
  return { shape, data };
}

/** Throws unless the rate is in [0, 1): at 1 nothing would be left to scale up. */
export function checkRate(where: string, rate: number): void {
  if (typeof rate === 'number' && rate >= 0 && rate < 1) return;
  throw new Error(`${where}: the rate must be in [0, 1), got ${shown(rate)}.`);
}
