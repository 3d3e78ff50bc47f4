import { Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import { add, div, mean, mul, neg, read, special, sqrt, square, sub, type Values } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { constantList } from '../core/golden.ts';
import { type AffineCall, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, type RunningOptions } from '../core/running.ts';
import { channelSets, checkCall } from '../core/sets.ts';

/**
 * Batch renormalization (Ioffe 2017, arXiv:1702.03275): in training, too, every channel is brought (nearly) to where the
 * running statistics say, so that training and evaluation compute the same function.
 *
 * S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions, m = N H W. mu_r and sigma_r are the running
 * statistics from before this batch. In evaluation y = gamma (x - mu_r) / sigma_r + beta, which training is equal to while
 * nothing is clipped. Returns y, and mu and sigma of the batch.
 */
export function batchRenorm(x: Tensor, set: BatchRenormCall): { y: Tensor; statistics: RenormStatistics } {
  checkCall('batchRenorm', x, set);
  requireFields('batchRenorm', set.running, 'running statistics', ['mean', 'deviation']);
  const { gamma, beta, running, eps, limits } = set;
  const view = channelSets(x.shape);
  // Evaluation: mu and sigma are the running ones, so that r = 1 and d = 0
  const given = limits ? {} : { mu: running.mean, sigma: running.deviation };
  const setting = { given, numbers: { eps, ...limits } };
  const tensors = { x, gamma, beta };
  const { y, statistics } = rule('batchRenorm', view, tensors, setting, ({ x, gamma, beta }, norm) => {
    const centre = mean(x);
    const mu = norm.statistic('mu', () => centre);
    const sigma = norm.statistic('sigma', () => sqrt(add(mean(square(sub(x, centre))), eps)));
    const xHat = div(sub(x, mu), sigma);
    const { rMax, dMax } = limits ?? { rMax: 1, dMax: 0 };
    const muR = read(running.mean, x, view);
    const sigmaR = read(running.deviation, x, view);
    norm.inputs({ muR, sigmaR });
    const rFree = norm.constant('r', () => div(sigma, sigmaR));
    const dFree = norm.constant('d', () => div(sub(mu, muR), sigmaR));
    const [r, d] = [clip(1 / rMax, rMax, rFree), clip(-dMax, dMax, dFree)];
    const corrected = add(mul(xHat, r), d);
    norm.steps({ xHat, r, d });

    return [
      add(mul(gamma, corrected), beta), // gamma and beta come after r and d
      (dy) => {
        // r and d are constants by definition: to differentiate them gives the gradient of evaluation, which diverges
        const g = mul(mul(gamma, r), dy);
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              sigma: neg(div(mul(xHat, mean(mul(g, xHat))), sigma)), // xHat is the one before r and d
            }),
          gamma: () => mul(dy, corrected),
          beta: () => dy,
        };
      },
    ];
  });
  return { y: followedBy(y, set), statistics: { mean: statistics.mu, deviation: statistics.sigma } };
}

function clip(low: number, high: number, a: Values): Values {
  const data = a.data.map((value) => Math.min(Math.max(value, low), high));
  return special('clip', [a], { shape: a.shape, data });
}

export interface BatchRenormCall extends AffineCall, Then {
  /** mu_r and sigma_r (a deviation, eps included), [C]. */
  running: RenormStatistics;
  /** How far r and d may go in this step; null: evaluation. */
  limits: RenormLimits | null;
}

/** mu and sigma of each channel (a deviation, eps included), [C]. */
export interface RenormStatistics {
  mean: NDArray;
  deviation: NDArray;
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
export function renormLimits(step: number, final: RenormLimits, schedule: RenormSchedule): RenormLimits {
  requireFields('renormLimits', final, 'the final limits', ['rMax', 'dMax']);
  requireFields('renormLimits', schedule, 'a schedule', ['start', 'rEnd', 'dEnd']);
  const { start, rEnd, dEnd } = schedule;
  const part = (end: number) => Math.min(Math.max((step - start) / Math.max(end - start, 1), 0), 1);
  const grown = (from: number, to: number, by: number) => (by === 1 ? to : from + (to - from) * by);
  return { rMax: grown(1, final.rMax, part(rEnd)), dMax: grown(0, final.dMax, part(dEnd)) };
}

export interface BatchRenormOptions extends AffineOptions, RunningOptions, Partial<RenormLimits> {
  /** null: the final limits from the first step on. Default: the paper's. */
  schedule?: RenormSchedule | null;
}

/** Batch renormalization of [N, ..., C], C = features. Default momentum: 0.01, as in the paper. */
export class BatchRenorm extends AffineRunningNorm<BatchRenormOptions> {
  readonly runningMean = buffer(this.features, 0);
  readonly runningStd = buffer(this.features, 1);
  /** Training steps so far, [1]. */
  readonly steps = buffer(1, 0);

  constructor(features: number, options: BatchRenormOptions = {}) {
    super(`BatchRenorm(features=${features})`, features, options, 0.01);
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
    const set = { gamma, beta, running, limits, eps: this.options.eps ?? 1e-5 };
    const { y, statistics } = batchRenorm(x, { ...then, ...set });
    if (!limits) return y;
    const m = x.size / features;
    if (this.isRecalibrating) {
      this.#pool(statistics, m);
      return y;
    }
    this.average(running, statistics, m);
    this.steps.data[0]++;
    return y;
  }

  /** Deviations cannot be put together, their squares can. */
  #pool({ mean, deviation }: RenormStatistics, m: number): void {
    const { runningMean, runningStd } = this;
    const variance = new Tensor(
      runningStd.data.map((value) => value ** 2),
      runningStd.shape,
    );
    const batch = {
      mean,
      variance: { shape: deviation.shape, data: deviation.data.map((value) => value ** 2) },
    };
    this.follow({ mean: runningMean, variance }, batch, { m, unbiased: false });
    runningStd.set(variance.data.map(Math.sqrt));
  }
}

export const batchRenormalization = defineNorm<BatchRenormOptions>({
  name: 'batch-renorm',
  aliases: ['brn', 'renorm'],
  title: 'Batch Renormalization',
  paper: 'Ioffe 2017, arXiv:1702.03275',
  sets: 'the channel, over the batch and all positions, corrected towards the running statistics',
  centred: true,
  dependsOnBatch: 'training',
  defaults: [
    {
      where: 'paper',
      says: 'weight of the new batch 0.01; rMax 1 → 3 and dMax 0 → 5 after 5,000 steps of plain BatchNorm',
    },
    { where: 'Keras 2, TF 1', says: 'a limit that is not given does not clip at all' },
    { where: 'GroupNorm paper, batch of 4', says: 'rMax 1.5, dMax 0.5' },
  ],
  traps: [
    'r and d get no gradient: to differentiate them gives that of evaluation, which diverges.',
    'xHat in dx is the one before r and d.',
    'gamma and beta come after r and d.',
    'The running scale is a deviation, not a variance, and starts at 1.',
    'rMax and dMax must move with training: a build-time constant of 1 and 0 is BatchNorm for ever.',
  ],
  golden: {
    batchRenorm: {
      run({ x, gamma, beta }, a) {
        const [mean, deviation] = [constantList(x, a, 'runningMean'), constantList(x, a, 'runningStd')];
        const limits = a.flag('training', true) ? { rMax: a.number('rMax'), dMax: a.number('dMax') } : null;
        const set = { gamma, beta, running: { mean, deviation }, limits, eps: a.number('eps', 1e-3) };
        return batchRenorm(x, set).y;
      },
    },
  },
  source: 'batch/batchRenorm.ts',
  build: (features, options) => new BatchRenorm(features, options),
});
