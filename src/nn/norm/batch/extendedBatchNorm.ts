import type { Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { add, div, mean, mul, neg, over, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { affineParameters, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets } from '../core/sets.ts';

/**
 * Extended batch normalization (Luo, Zhan, Wang, Yang 2020, arXiv:2003.05569): the mean of each channel, the variance of
 * everything, so that small batches still have a large set for the variance.
 *
 * Of the mean S_i = { j : j_C = i_C }, m = N H W; of the variance all elements, M = N H W C. In evaluation mu and v are the
 * running ones, constants.
 */
export function extendedBatchNorm(
  x: Tensor,
  set: ExtendedCall,
): { y: Tensor; statistics: ExtendedStatistics } {
  const { gamma, beta, eps, given } = set;
  const setting = { given: { mu: given?.mean, v: given?.variance }, numbers: { eps, M: x.size } };
  const view = channelSets(x.shape);
  const everything = over('pg');
  const { y, statistics } = rule(
    'extendedBatchNorm',
    view,
    { x, gamma, beta },
    setting,
    ({ x, gamma, beta }, norm) => {
      const fromAll = sub(x, everything.mean(x)); // v is taken around the mean of everything, but x is centred per channel
      const mu = norm.statistic('mu', () => mean(x));
      const v = norm.statistic('v', () => everything.mean(square(fromAll)));
      const s = sqrt(add(v, eps));
      const xHat = div(sub(x, mu), s);
      norm.steps({ s, xHat });

      return [
        add(mul(gamma, xHat), beta),
        (dy) => {
          const g = mul(gamma, dy);
          const ds = neg(div(everything.sum(mul(g, xHat)), s)); // every channel divides by s
          const slope = div(fromAll, mul(everything.m(x), s)); // ds/dx, which is not along xHat
          norm.steps({ g, ds, slope });
          return {
            x: () => norm.paths({ direct: div(g, s), mu: neg(div(mean(g), s)), v: mul(ds, slope) }),
            gamma: () => mul(dy, xHat),
            beta: () => dy,
          };
        },
      ];
    },
  );
  return { y: followedBy(y, set), statistics: { mean: statistics.mu, variance: statistics.v } };
}

/** mean [C], and one variance [1]. */
export interface ExtendedStatistics {
  mean: NDArray;
  variance: NDArray;
}

export interface ExtendedCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  eps: number;
  /** For evaluation; absent: those of the batch. */
  given?: ExtendedStatistics | null;
}

export interface ExtendedOptions extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** Extended batch normalization of [N, C] or [N, H, W, C], C = features. The running variance, [1], is biased. */
export class ExtendedBatchNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: ExtendedOptions = {},
  ) {
    super(`ExtendedBatchNorm(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(1, 1);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean, runningVar } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean: runningMean, variance: runningVar });
    const { y, statistics } = extendedBatchNorm(x, { gamma, beta, given, eps: options.eps ?? 1e-5, ...then });
    if (!given) {
      const weight = this.nextWeight(x.size / features);
      moveTowards(runningMean, statistics.mean.data, weight);
      moveTowards(runningVar, statistics.variance.data, weight);
    }
    return y;
  }
}

export const extendedBatch = defineNorm<ExtendedOptions>({
  name: 'extended-batch',
  aliases: ['ebn'],
  title: 'Extended BatchNorm',
  paper: 'Luo, Zhan, Wang, Yang 2020, arXiv:2003.05569',
  sets: 'the mean of the channel over the batch, the variance of everything',
  centred: true,
  dependsOnBatch: 'training',
  traps: [
    "v is taken around the mean of everything, but x is centred per channel, so a channel's own variance is not 1 and the last " +
      'term is not along xHat.',
  ],
  source: import.meta.url,
  build: (features, options) => new ExtendedBatchNorm(features, options),
});
