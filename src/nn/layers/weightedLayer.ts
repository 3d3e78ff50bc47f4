import type { Tensor } from '../../autograd/index.ts';
import { Module } from '../module.ts';
import type { WeightNorm } from '../norm/weights/normOfWeights.ts';

/**
 * What dense layers and convolutions are to the modules around them, which so need not import each of them: a page with an mlp
 * carries no kernel of a convolution.
 */
export abstract class WeightedLayer extends Module {
  abstract readonly weight: Tensor;
  abstract readonly bias: Tensor | null;
  /** Between the trained weight and the one that the layer computes with (normalizeWeights.ts); null: they are the same. */
  abstract weightNorm: WeightNorm | null;

  /** `relu`: y = max(y, 0) in the same pass. */
  abstract override forward(x: Tensor, then?: { relu?: boolean }): Tensor;
}
