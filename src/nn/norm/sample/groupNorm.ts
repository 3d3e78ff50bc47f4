import { standardize, type Tensor } from '../../../autograd/index.ts';
import { type Conventions, type CoreOptions, coreOptions } from '../core/conventions.ts';
import { checkGroups } from '../core/groups.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { checkFeatures, groupSets } from '../core/sets.ts';

/**
 * Group normalization (Wu and He 2018, arXiv:1803.08494).
 *
 * Index set   S_i = { j : j_N = i_N, floor(j_C / (C/G)) = floor(i_C / (C/G)) }: one set per sample and group of channels;
 *             m = H W C / G.
 * Forward     mu = (1/m) sum x,  v = (1/m) sum (x - mu)^2,  sigma = sqrt(v + eps),
 *             xHat = (x - mu) / sigma,  y = gamma xHat + beta, gamma and beta per channel
 * Backward    inside one group gamma differs from channel to channel, so it goes into g before the means:
 *               g = gamma dy,  dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) )
 *               dgamma = sum over N, H, W of dy xHat,  dbeta = sum over N, H, W of dy
 *
 * G = C is InstanceNorm; G = 1 has LayerNorm's statistics, with gamma and beta per channel. Depends on no other sample.
 * Traps: G must divide C; G is a hyperparameter, and the paper's 32 is too much for narrow layers.
 */
export function groupNorm(x: Tensor, set: GroupNormCall): Tensor {
  return standardize(x, groupSets(x.shape, set.groups), set);
}

export interface GroupNormCall extends CoreOptions, Then {
  groups: number;
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
}

export type GroupNormOptions = Conventions;

/** Group normalization of [N, C] or [N, H, W, C], C = features, in `groups` groups. Defaults are PyTorch's. */
export class GroupNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  /** For messages. */
  readonly #layer: string;

  constructor(
    readonly groups: number,
    readonly features: number,
    readonly options: GroupNormOptions = {},
  ) {
    super();
    checkGroups('GroupNorm', groups, features);
    this.#layer = `GroupNorm(groups=${groups}, features=${features})`;
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { groups, gamma, beta } = this;
    checkFeatures(this.#layer, x.shape, this.features);
    const { eps, epsInside, ddof, detach } = coreOptions(this.options);
    const { residual, relu } = then;
    return groupNorm(x, { groups, gamma, beta, eps, epsInside, ddof, detach, residual, relu });
  }
}
