import type { Tensor } from '../../../autograd/index.ts';
import { add, mul } from '../core/calculus.ts';
import { followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { channelSets } from '../core/sets.ts';

/** y = scale x + shift per channel. scale, shift [C]; null: 1 and 0, and without both y is x itself. */
export function scaleShift(x: Tensor, scale: Tensor | null, shift: Tensor | null, then: Then = {}): Tensor {
  if (scale === null && shift === null) return followedBy(x, then);
  const tensors = { x, scale, shift };
  const { y } = rule('scaleShift', channelSets(x.shape), tensors, {}, ({ x, scale, shift }, norm) => [
    add(mul(scale, x), shift),
    (dy) => ({
      x: () => norm.paths({ direct: mul(scale, dy) }),
      scale: () => mul(dy, x),
      shift: () => dy,
    }),
  ]);
  return followedBy(y, then);
}
