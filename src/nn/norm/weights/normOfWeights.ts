import type { Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import { Norm } from '../core/norm.ts';
import { channelSets } from '../core/sets.ts';

/**
 * A norm of a layer's weight instead of its activations: from the weight that is trained to the one that the layer uses.
 * weight [kh, kw, in, out], [k, in, out] or [in, out]; the features, last, are the filters. It is a child of its layer (src/nn/layers/weights.ts),
 * computed anew in every forward pass, and the gradient goes through it to the trained weight, which is never overwritten.
 */
export abstract class WeightNorm extends Norm {
  abstract override forward(weight: Tensor): Tensor;

  /** Called once, when the layer's weight has its first values. */
  initialize(_weight: Tensor): void {}
}

/** S_i = { j : same filter }: one set per output; m = kh kw in, the fan-in. */
export const filterSets = channelSets;

/** Throws unless the weight has as many filters as the norm was built for. */
export function checkFilters(layer: string, weight: Tensor, features: number): void {
  requireTensor(layer, weight);
  const { shape } = weight;
  if (shape.length >= 2 && shape[shape.length - 1] === features) return;
  throw new Error(
    `${layer}(features=${features}): expected a weight [..., ${features}], filters last, got [${shape.join(', ')}].`,
  );
}
