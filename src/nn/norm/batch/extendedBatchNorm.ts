import { Tensor } from '../../../autograd/index.ts';
import type { NDArray, Numbers, SetStatistics } from '../../../kernels/contract.ts';
import { add, div, mean, mul, neg, over, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import type { StandardizeResult } from '../core/fused.ts';
import { type AffineCall, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, moveMoments, moveTowards, type RunningOptions } from '../core/running.ts';
import { channelSets, checkCall } from '../core/sets.ts';

/**
 * Extended batch normalization (Luo, Zhan, Wang, Yang 2020, arXiv:2003.05569): the mean of each channel, the variance of
 * everything, so that small batches still have a large set for the variance.
 *
 * Of the mean S_i = { j : j_C = i_C }, m = N H W; of the variance all elements, M = N H W C. In evaluation mu and v are the
 * running ones, constants. Returns y, the means [C] and the one variance [1].
 */
export function extendedBatchNorm(x: Tensor, set: ExtendedCall): StandardizeResult {
  checkCall('extendedBatchNorm', x, set);
  const { gamma, beta, eps, given } = set;
  const setting = { given: { mu: given?.mean, v: given?.variance }, numbers: { eps, M: x.size } };
  const view = channelSets(x.shape);
  const everything = over('pg');
  const tensors = { x, gamma, beta };
  const { y, statistics } = rule('extendedBatchNorm', view, tensors, setting, ({ x, gamma, beta }, norm) => {
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
  });
  return { y: followedBy(y, set), statistics: { mean: statistics.mu, variance: statistics.v } };
}

export interface ExtendedCall extends AffineCall, Then {
  /** For evaluation, mean [C] and variance [1]; absent: those of the batch. */
  given?: SetStatistics | null;
}

export type ExtendedOptions = AffineOptions & RunningOptions;

/** Extended batch normalization of [N, ..., C], C = features. The running variance, [1], is biased. */
export class ExtendedBatchNorm extends AffineRunningNorm<ExtendedOptions> {
  readonly runningMean = buffer(this.features, 0);
  readonly runningVar = buffer(1, 1);

  constructor(features: number, options: ExtendedOptions = {}) {
    super(`ExtendedBatchNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean, variance });
    const { y, statistics } = extendedBatchNorm(x, { gamma, beta, given, eps: options.eps ?? 1e-5, ...then });
    if (!given) this.#follow(statistics, x.size / features);
    return y;
  }

  #follow(batch: SetStatistics, m: number): void {
    const { runningMean, runningVar } = this;
    const move = this.nextMove(m);
    if (move.seen === undefined) moveTowards(runningVar, batch.variance.data, move.weight);
    else {
      // The variance is around the mean of everything, and so are the batches' means put together
      const ofAll = ({ data }: NDArray) => new Tensor(Float64Array.of(averageOf(data)), [1]);
      const running = { mean: ofAll(runningMean), variance: runningVar };
      moveMoments(
        running,
        { mean: ofAll(batch.mean), variance: batch.variance },
        { m, unbiased: false, ...move },
      );
    }
    moveTowards(runningMean, batch.mean.data, move.weight);
  }
}

function averageOf(numbers: Numbers): number {
  let sum = 0;
  for (const value of numbers) sum += value;
  return sum / numbers.length;
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
  source: 'batch/extendedBatchNorm.ts',
  build: (features, options) => new ExtendedBatchNorm(features, options),
});
