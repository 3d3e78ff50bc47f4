import { add, mul, standardize, Tensor } from '../../../autograd/index.ts';
import type { NDArray, Numbers, SetStatistics } from '../../../kernels/contract.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { scaleShift } from '../core/scaleShift.ts';
import { channelSets } from '../core/sets.ts';

/**
 * Batch renormalization (Ioffe 2017, arXiv:1702.03275): in training, too, every channel is brought (nearly) to where the
 * running statistics say, so that training and evaluation compute the same function.
 *
 * Index set   S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions; m = N H W.
 * Forward     mu, sigma = sqrt(v + eps) of the batch; mu_r, sigma_r the running ones, from before this batch;
 *             r = clip(sigma / sigma_r, 1 / rMax, rMax),  d = clip((mu - mu_r) / sigma_r, -dMax, dMax)
 *             xHat = (x - mu) / sigma,  y = gamma (xHat r + d) + beta
 * Backward    r and d are constants by definition, so this is BatchNorm with gamma r for gamma and gamma d + beta for beta:
 *               g = gamma r dy,  dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) )
 *               dgamma = r sum(dy xHat) + d sum(dy),  dbeta = sum dy
 * Evaluation  y = gamma (x - mu_r) / sigma_r + beta, which training is equal to while nothing is clipped.
 *
 * Depends on the batch while training. Traps: r and d get no gradient (differentiating them gives that of evaluation, which
 * diverges); xHat in dx is the one before r and d; gamma and beta come after r and d; the running scale is a deviation, not a
 * variance, and starts at 1; rMax and dMax must move with training (a build-time constant of 1 and 0 is BatchNorm for ever).
 */
export function batchRenorm(x: Tensor, set: BatchRenormCall): Tensor {
  const { gamma, beta, running, eps, limits, observe, ...then } = set;
  const view = channelSets(x.shape);
  if (!limits) {
    const given = { mean: running.mean, variance: like(running.deviation, (c, s) => s[c] ** 2) };
    return standardize(x, view, { ...then, gamma, beta, given, eps: 0 });
  }
  let batch: SetStatistics | undefined;
  const xHat = standardize(x, view, { eps, observe: (statistics) => (batch = statistics) });
  const { mean, variance } = batch as SetStatistics;
  const sigma = variance.data.map((v) => Math.sqrt(v + eps));
  const { mean: runningMean, deviation } = running;
  const { rMax, dMax } = limits;
  const r = like(deviation, (c, s) => clip(sigma[c] / s[c], 1 / rMax, rMax));
  const d = like(deviation, (c, s) => clip((mean.data[c] - runningMean.data[c]) / s[c], -dMax, dMax));
  observe?.({ mean: mean.data, deviation: sigma });
  const shift = gamma ? mul(gamma, d) : d;
  return scaleShift(xHat, gamma ? mul(gamma, r) : r, beta ? add(shift, beta) : shift, then);
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** A constant of the shape and precision of a running statistic. */
function like(running: NDArray, of: (channel: number, values: Numbers) => number): Tensor {
  return new Tensor(
    running.data.map((_, c) => of(c, running.data)),
    running.shape,
  );
}

export interface BatchRenormCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** mu_r and sigma_r (a deviation, eps included), [C]. */
  running: { mean: NDArray; deviation: NDArray };
  eps: number;
  /** How far r and d may go in this step; null: evaluation. */
  limits: RenormLimits | null;
  /** Sees mu and sigma of the batch, after r and d have been made of the old running statistics. */
  observe?: (batch: { mean: Numbers; deviation: Numbers }) => void;
}

export interface RenormLimits {
  /** 1 / rMax <= r <= rMax; 1: r is always 1. */
  rMax: number;
  /** |d| <= dMax; 0: d is always 0. */
  dMax: number;
}

/** When the limits grow, in training steps. The paper's: BatchNorm for 5,000 steps, rMax = 3 by 40,000, dMax = 5 by 25,000. */
export interface RenormSchedule {
  start: number;
  rEnd: number;
  dEnd: number;
}

/** The limits in a step: linear from 1 and 0 to their final values. */
export function renormLimits(
  step: number,
  final: RenormLimits,
  { start, rEnd, dEnd }: RenormSchedule,
): RenormLimits {
  const part = (end: number) => clip((step - start) / Math.max(end - start, 1), 0, 1);
  const grown = (from: number, to: number, by: number) => (by === 1 ? to : from + (to - from) * by);
  return { rMax: grown(1, final.rMax, part(rEnd)), dMax: grown(0, final.dMax, part(dEnd)) };
}

export interface BatchRenormOptions extends RunningOptions, Partial<RenormLimits> {
  eps?: number;
  affine?: boolean;
  /** null: the final limits from the first step on. The paper's unless told otherwise. */
  schedule?: RenormSchedule | null;
}

/** Batch renormalization of [N, C] or [N, H, W, C], C = features. momentum is 0.01 unless told otherwise, as in the paper. */
export class BatchRenorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningStd: Tensor;
  /** Training steps so far, [1]. */
  readonly steps: Tensor;

  constructor(
    readonly features: number,
    readonly options: BatchRenormOptions = {},
  ) {
    super(`BatchRenorm(features=${features})`, options, 0.01);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningStd = buffer(features, 1);
    this.steps = buffer(1, 0);
  }

  /** The limits of the next training step. */
  limits(): RenormLimits {
    const { rMax = 3, dMax = 5, schedule = { start: 5000, rEnd: 40_000, dEnd: 25_000 } } = this.options;
    return schedule ? renormLimits(this.steps.data[0], { rMax, dMax }, schedule) : { rMax, dMax };
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, runningMean, runningStd } = this;
    this.check(x, features);
    const limits = this.learning ? this.limits() : null;
    const running = { mean: runningMean, deviation: runningStd };
    const observe = (batch: { mean: Numbers; deviation: Numbers }) => {
      const weight = this.nextWeight(x.size / features);
      moveTowards(runningMean, batch.mean, weight);
      moveTowards(runningStd, batch.deviation, weight);
      if (!this.isRecalibrating) this.steps.data[0]++;
    };
    return batchRenorm(x, { ...then, gamma, beta, running, limits, observe, eps: this.options.eps ?? 1e-5 });
  }
}
