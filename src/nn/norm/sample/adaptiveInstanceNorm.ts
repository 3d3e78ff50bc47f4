import { add, mul, standardize, type Tensor } from '../../../autograd/index.ts';
import { moments } from '../core/moments.ts';
import { affineParameters, followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures, groupSets } from '../core/sets.ts';

/**
 * Adaptive instance normalization (Huang and Belongie 2017, arXiv:1703.06868): the content with the style's statistics.
 *
 * Index set   S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, of the content x and of the style s.
 * Forward     mu_x, sigma_x and mu_s, sigma_s over the positions, sigma = sqrt(v + eps);
 *             xHat = (x - mu_x) / sigma_x,  y = sigma_s xHat + mu_s
 * Backward    to the content, as in InstanceNorm with g = sigma_s dy:
 *               dx = (1/sigma_x) ( g - mean(g) - xHat mean(g xHat) )
 *             to the style, whose M positions reach y through its two moments:
 *               dmu_s = sum dy,  dsigma_s = sum dy xHat,  ds = dmu_s / M + dsigma_s (s - mu_s) / (M sigma_s)
 *
 * Depends on no other sample. Traps: the style may have another size than the content, but needs as many samples and channels;
 * networks that are trained with it usually need no gradient for the style (detach it).
 */
export function adaptiveInstanceNorm(x: Tensor, style: Tensor, set: Then & { eps: number }): Tensor {
  const { eps, ...then } = set;
  const channels = x.shape[x.rank - 1];
  if (x.rank !== 4 || style.rank !== 4 || style.shape[0] !== x.shape[0] || style.shape[3] !== channels) {
    throw new Error(
      `adaptiveInstanceNorm: content [N, H, W, C] and style [N, H', W', C] need the same N and C, got [${x.shape.join(', ')}] ` +
        `and [${style.shape.join(', ')}].`,
    );
  }
  const xHat = standardize(x, groupSets(x.shape, channels), { eps });
  const { mean, deviation } = moments(style, [1, 2], { eps, ddof: 0 });
  return followedBy(add(mul(xHat, deviation), mean), then);
}

export interface StyleThen extends Then {
  /** [N, H', W', C]: where mean and deviation come from; absent: the learned ones. */
  style?: Tensor;
}

export interface AdaptiveInstanceOptions {
  eps?: number;
  affine?: boolean;
}

/**
 * Adaptive instance normalization of [N, H, W, C], C = features. Without a style it has one of its own, learned: gamma and beta
 * are the deviation and the mean, and the layer is InstanceNorm.
 */
export class AdaptiveInstanceNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: AdaptiveInstanceOptions = {},
  ) {
    super();
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, { style, ...then }: StyleThen = {}): Tensor {
    const { gamma, beta, features } = this;
    const eps = this.options.eps ?? 1e-5;
    checkFeatures(`AdaptiveInstanceNorm(features=${features})`, x.shape, features);
    if (style) return adaptiveInstanceNorm(x, style, { ...then, eps });
    return standardize(x, groupSets(x.shape, features), { ...then, gamma, beta, eps });
  }
}
