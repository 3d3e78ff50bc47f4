import { add, mul, standardize, type Tensor } from '../../../autograd/index.ts';
import { type Moments, moments } from '../core/moments.ts';
import { affineParameters, followedBy, Norm, type Then } from '../core/norm.ts';
import { checkLastAxes, lastAxesSets } from '../core/sets.ts';

/**
 * Positional normalization with moment shortcut (Li, Wu, Weinberger, Belongie 2019, arXiv:1907.04312).
 *
 * Index set   S_i = { j : j_N = i_N, j_H = i_H, j_W = i_W }: one set per position, over its C channels.
 * Forward     mu = (1/C) sum x,  v = (1/(C - 1)) sum (x - mu)^2,  sigma = sqrt(v + eps),  xHat = (x - mu) / sigma.
 *             mu and sigma [N, H, W, 1] are results too: they hold the structure of the image. Later in the network the
 *             moment shortcut gives them back: y = x sigma + mu.
 * Backward    with g = dL/dxHat, as in LayerNorm but for the divisor of the unbiased variance:
 *               dx = (1/sigma) ( g - mean(g) - xHat sum(g xHat) / (C - 1) )
 *             and from mu and sigma, where they are used:  + dmu / C + dsigma xHat / (C - 1)   (moments.ts)
 *
 * Depends on no other sample; training and evaluation are the same. Traps: needs at least two channels; without the shortcut
 * the structure is lost; sigma as a feature includes eps.
 */
export function positionalNorm(x: Tensor, set: PositionalCall): Tensor {
  return standardize(x, lastAxesSets(x.shape, 1), set);
}

/** The same with the moments that were taken out. */
export function positionalNormWithMoments(x: Tensor, set: PositionalCall): Moments & { y: Tensor } {
  const { eps, ddof = 1 } = set;
  return { y: positionalNorm(x, set), ...moments(x, [x.rank - 1], { eps, ddof }) };
}

/** y = x deviation + mean: puts the moments of an earlier layer, at the same positions, back in. */
export function momentShortcut(x: Tensor, { mean, deviation }: Moments, then: Then = {}): Tensor {
  return followedBy(add(mul(x, deviation), mean), then);
}

export interface PositionalCall extends Then {
  eps: number;
  ddof?: 0 | 1;
  gamma?: Tensor | null;
  beta?: Tensor | null;
}

export interface PositionalOptions {
  eps?: number;
  /** 1 unless told otherwise: the authors' code takes the unbiased variance. */
  ddof?: 0 | 1;
  /** true unless told otherwise: without the shortcut there is nothing else to set the scale. The paper has none. */
  affine?: boolean;
}

/** Positional normalization of [N, ..., C], C = features. */
export class PositionalNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: PositionalOptions = {},
  ) {
    super();
    if (features === 1 && this.#call().ddof === 1) {
      throw new Error(
        'PositionalNorm(features=1): one channel has no variance. Use at least two channels, or a norm over positions ' +
          '(instance, layer).',
      );
    }
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    return positionalNorm(x, { ...then, ...this.#call(x) });
  }

  /** y and the moments [N, ..., 1], for a momentShortcut further on. */
  forwardWithMoments(x: Tensor): Moments & { y: Tensor } {
    return positionalNormWithMoments(x, this.#call(x));
  }

  #call(x?: Tensor) {
    if (x) checkLastAxes('PositionalNorm', x.shape, [this.features]);
    const { eps = 1e-5, ddof = 1 } = this.options;
    return { eps, ddof, gamma: this.gamma, beta: this.beta };
  }
}
