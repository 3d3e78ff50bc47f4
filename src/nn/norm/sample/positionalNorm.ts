import type { Tensor } from '../../../autograd/index.ts';
import * as graph from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import { add, deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { constantsOf } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import { AffineNorm, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkLastAxes, lastAxesSets } from '../core/sets.ts';

/**
 * Positional normalization with moment shortcut (Li, Wu, Weinberger, Belongie 2019, arXiv:1907.04312).
 *
 * S_i = { j : j_N = i_N, j_H = i_H, j_W = i_W }: one set per position, over its C channels; the variance is the unbiased one.
 * mu and sigma [N, ..., 1] are results too: they hold the structure of the image. Later in the network the moment shortcut
 * gives them back: y = x sigma + mu.
 */
export function positionalNorm(x: Tensor, set: PositionalCall): Tensor {
  checkCall('positionalNorm', x, set);
  const view = lastAxesSets(x.shape, 1);
  const core = { ddof: 1, ...set } as const;
  return fusedOr(x, view, core, () => written(x, view, core)).y;
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof } = set;
  return rule('positionalNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof)); // sum / (C - 1)
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), s)), // the divisor of the variance here, too
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

/** The same with the moments that were taken out, [N, ..., 1], as features on the graph: dx gets dmu / C + dsigma xHat / (C - 1). */
export function positionalNormWithMoments(x: Tensor, set: PositionalCall): Moments & { y: Tensor } {
  checkCall('positionalNormWithMoments', x, set);
  const { eps, ddof = 1 } = set;
  const v = graph.variance(x, [x.rank - 1], { keepDims: true, ddof });
  const mean = graph.mean(x, [x.rank - 1], { keepDims: true });
  return { y: positionalNorm(x, set), mean, deviation: graph.sqrt(graph.affine(v, 1, eps)) };
}

/** y = x deviation + mean: puts the moments of an earlier layer, at the same positions, back in. */
export function momentShortcut(x: Tensor, moments: Moments, then: Then = {}): Tensor {
  requireFields('momentShortcut', moments, 'the moments of a PositionalNorm', ['mean', 'deviation']);
  const { mean, deviation } = moments;
  requireTensor('momentShortcut', x);
  return followedBy(graph.add(graph.mul(x, deviation), mean), then);
}

/** deviation = sqrt(v + eps). */
export interface Moments {
  mean: Tensor;
  deviation: Tensor;
}

export type PositionalCall = Pick<Standardize, 'gamma' | 'beta' | 'eps' | 'ddof' | 'residual' | 'relu'>;

export interface PositionalOptions extends AffineOptions {
  /** Default: 1, since the authors' code takes the unbiased variance. */
  ddof?: 0 | 1;
  /** Default: true, since without the shortcut there is nothing else to set the scale. The paper has none. */
  affine?: boolean;
}

/** Positional normalization of [N, ..., C], C = features. */
export class PositionalNorm extends AffineNorm<PositionalOptions> {
  constructor(features: number, options: PositionalOptions = {}) {
    super('PositionalNorm', features, options);
    if (features === 1 && this.#call().ddof === 1) {
      throw new Error(
        'PositionalNorm(features=1): one channel has no variance. Use at least two channels, or a norm over positions ' +
          '(instance, layer).',
      );
    }
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    return positionalNorm(x, { ...then, ...this.#call(x) });
  }

  /** y and the moments [N, ..., 1], for a momentShortcut further on. */
  forwardWithMoments(x: Tensor): Moments & { y: Tensor } {
    return positionalNormWithMoments(x, this.#call(x));
  }

  #call(x?: Tensor) {
    if (x) checkLastAxes(this.layer, x, [this.features]);
    const { eps = 1e-5, ddof = 1 } = this.options;
    return { eps, ddof, gamma: this.gamma, beta: this.beta };
  }
}

export const positional = defineNorm<PositionalOptions>({
  name: 'positional',
  aliases: ['pono'],
  title: 'Positional Norm',
  paper: 'Li, Wu, Weinberger, Belongie 2019, arXiv:1907.04312',
  sets: 'the position, over its channels (unbiased variance)',
  centred: true,
  leastFeatures: 2,
  fused: true,
  defaults: [{ where: 'paper', says: 'the unbiased variance, over C − 1; eps 1e-5' }],
  traps: [
    'Needs at least two channels.',
    'Without the shortcut the structure of the image is lost.',
    'sigma as a feature includes eps.',
  ],
  golden: {
    positionalNorm: {
      run: ({ x, gamma, beta }, a) =>
        positionalNorm(x, { gamma, beta, eps: epsOf(a), ddof: a.flag('unbiased', true) ? 1 : 0 }),
    },
  },
  source: 'sample/positionalNorm.ts',
  build: (features, options) => new PositionalNorm(features, options),
});
