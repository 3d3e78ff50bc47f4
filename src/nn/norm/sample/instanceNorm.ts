import { standardize, type Tensor } from '../../../autograd/index.ts';
import { type Conventions, type CoreOptions, coreOptions } from '../core/conventions.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { checkFeatures, groupSets } from '../core/sets.ts';

/**
 * Instance normalization (Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022).
 *
 * Index set   S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions; m = H W.
 * Forward     mu = (1/m) sum x,  v = (1/m) sum (x - mu)^2,  sigma = sqrt(v + eps),
 *             xHat = (x - mu) / sigma,  y = gamma xHat + beta, gamma and beta per channel
 * Backward    gamma is one number inside a set, yet g = gamma dy as everywhere:
 *               dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) )
 *               dgamma = sum over N, H, W of dy xHat,  dbeta = sum over N, H, W of dy
 *
 * Depends on no other sample. Traps: on one position (vectors [N, C], 1x1 images) there is nothing to normalize: y = beta
 * and dx = 0. It removes the mean and the contrast of every channel of every image, which classifiers may need.
 */
export function instanceNorm(x: Tensor, set: InstanceNormCall): Tensor {
  return standardize(x, groupSets(x.shape, x.shape[x.rank - 1]), set);
}

export interface InstanceNormCall extends CoreOptions, Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
}

export type InstanceNormOptions = Conventions;

/** Instance normalization of [N, H, W, C], C = features. gamma and beta are learned, as in other norms; in PyTorch they are not. */
export class InstanceNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: InstanceNormOptions = {},
  ) {
    super();
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gamma, beta } = this;
    checkFeatures(`InstanceNorm(features=${this.features})`, x.shape, this.features);
    return instanceNorm(x, { ...then, gamma, beta, ...coreOptions(this.options) });
  }
}
