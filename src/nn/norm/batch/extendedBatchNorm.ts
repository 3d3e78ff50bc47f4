import type { Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { Numbers } from '../../../kernels/contract.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets } from '../core/sets.ts';
import { centred, perSet, setMoments, standardizeBy } from '../core/standardizeBy.ts';

/**
 * Extended batch normalization (Luo, Zhan, Wang, Yang 2020, arXiv:2003.05569): the mean of each channel, the variance of
 * everything, so that small batches still have a large set for the variance.
 *
 * Index set   of the mean S_i = { j : j_C = i_C }, m = N H W; of the variance all elements, M = N H W C.
 * Forward     mu_c = (1/m) sum over the channel of x,  mu = (1/M) sum over all of x,  v = (1/M) sum over all of (x - mu)^2,
 *             s = sqrt(v + eps),  xHat = (x - mu_c) / s,  y = gamma xHat + beta
 * Backward    g = gamma dy. Directly g / s; through mu_c and through s, which every channel divides by:
 *               dmu_c = -(1/s) sum over the channel of g,  ds = -(1/s) sum over all of g xHat,  ds/dx = (x - mu) / (M s)
 *               dx = (1/s) ( g - mean_c(g) ) + ds (x - mu) / (M s),  dgamma = sum dy xHat,  dbeta = sum dy
 * Evaluation  mu_c and v are the running ones, constants: dx = gamma dy / s.
 *
 * Depends on the batch while training. Trap: v is taken around the mean of everything, but x is centred per channel, so a
 * channel's own variance is not 1 and the last term is not along xHat.
 */
export function extendedBatchNorm(x: Tensor, set: ExtendedCall): Tensor {
  const { eps, running, observe, ...rest } = set;
  const view = channelSets(x.shape);
  const { mean, variance } = running ?? extendedMoments(x);
  observe?.({ mean, variance });
  const s = Math.sqrt(variance + eps);
  const k = kernels(x);
  return standardizeBy('extendedBatchNorm', x, {
    ...rest,
    view,
    mean,
    deviation: Float64Array.from(mean, () => s),
    paths: running
      ? null
      : ({ mean: dmu, deviation }) => {
          const ds = average(deviation.data) * mean.length;
          const all = average(mean);
          const fromAll = centred(
            x,
            view,
            Float64Array.from(mean, () => all),
          );
          const slope = k.unary('affine', fromAll, ds / (x.size * s), 0);
          return k.binary(
            'add',
            slope,
            perSet(x, view, (c) => dmu.data[c] / view.p),
          );
        },
  });
}

/** The mean of each channel, and the variance of all: that within the channels and that between their means. */
function extendedMoments(x: Tensor): ExtendedStatistics {
  const { mean, variance } = setMoments(x, channelSets(x.shape));
  const all = average(mean);
  return { mean, variance: average(variance.map((v, c) => v + (mean[c] - all) ** 2)) };
}

function average(values: Numbers): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

export interface ExtendedStatistics {
  /** [C] */
  mean: Numbers;
  variance: number;
}

export interface ExtendedCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  eps: number;
  /** For evaluation; absent: those of the batch. */
  running?: ExtendedStatistics;
  observe?: (batch: ExtendedStatistics) => void;
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
    const follow = (batch: ExtendedStatistics) => {
      const weight = this.nextWeight(x.size / features);
      moveTowards(runningMean, batch.mean, weight);
      moveTowards(runningVar, Float64Array.of(batch.variance), weight);
    };
    const statistics = this.learning
      ? { observe: follow }
      : { running: { mean: runningMean.data, variance: runningVar.data[0] } };
    return extendedBatchNorm(x, { ...then, ...statistics, gamma, beta, eps: options.eps ?? 1e-5 });
  }
}
