import type { Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { add, deviation, div, mean, mul, neg, sizeOver, square, sub, sum } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize, type StandardizeResult } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import type { Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, moveMoments, type TrackingOptions } from '../core/running.ts';
import { channelSets, checkCall, checkSetSize } from '../core/sets.ts';

/**
 * Batch normalization (Ioffe and Szegedy 2015, arXiv:1502.03167).
 *
 * S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions, m = N H W. In evaluation mu and v are the
 * running ones, `given`: constants, so that the direct path alone is left and nothing is projected out.
 *
 * Returns y and the statistics of the batch, [1, C]: to move the running ones (running.ts).
 */
export function batchNorm(x: Tensor, set: Standardize): StandardizeResult {
  checkCall('batchNorm', x, set);
  const view = channelSets(x.shape);
  return fusedOr(x, view, set, () => written(x, view, set));
}

/** x reaches y along three paths: directly, through mu, and through v. The backward goes back along each, step by step. */
function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof = 0 } = set;
  return rule('batchNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const m = sizeOver(x);
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const dmu = neg(sum(div(g, sigma))); // and through v: dv/dmu = -2/m sum(x - mu) = 0
        const dsigma = neg(div(sum(mul(g, xHat)), sigma));
        const dv = div(dsigma, mul(2, s));
        norm.steps({ g, dmu, dsigma, dv });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: div(dmu, m), // dmu/dx = 1/m
              v: div(mul(mul(2, dv), sub(x, mu)), m - ddof), // dv/dx = 2 (x - mu) / m
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

export interface BatchNormOptions extends Conventions, TrackingOptions {}

/** Batch normalization of [N, ..., C], C = features: PyTorch's BatchNorm1d, 2d and 3d in one, with its defaults. */
export class BatchNorm extends AffineRunningNorm<BatchNormOptions> {
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;

  constructor(features: number, options: BatchNormOptions = {}) {
    super(`BatchNorm(features=${features})`, features, options, undefined, options?.trackRunningStats);
    this.runningMean = this.tracks ? buffer(features, 0) : null;
    this.runningVar = this.tracks ? buffer(features, 1) : null;
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const running = mean && variance && { mean, variance };
    if (!running) {
      const remedy = 'Evaluate more rows at once, or keep running statistics (trackRunningStats: true).';
      checkSetSize(this.layer, x.shape, 'evaluation without running statistics', remedy);
    }
    const given = this.givenFrom(running);
    const { y, statistics } = batchNorm(x, { gamma, beta, given, ...standard(options), ...then });
    const set = { m: x.size / features, unbiased: options.runningVar !== 'biased', ddof: options.ddof };
    if (running && !given) this.follow(running, statistics, set);
    return y;
  }
}

export const batch = defineNorm<BatchNormOptions>({
  name: 'batch',
  aliases: ['bn'],
  title: 'BatchNorm',
  paper: 'Ioffe and Szegedy 2015, arXiv:1502.03167',
  sets: 'the channel, over the batch and all positions',
  view: channelSets,
  centred: true,
  dependsOnBatch: 'training',
  detaches: true,
  fused: true,
  defaults: [
    {
      where: 'normgrad, PyTorch',
      says: 'eps 1e-5; momentum 0.1 = weight of the new batch; normalizes with the biased variance, keeps the unbiased one',
    },
    {
      where: 'Keras 3',
      says: 'eps 1e-3; momentum 0.99 = weight of the old value; keeps the biased variance',
    },
    { where: 'Flax', says: 'eps 1e-5; momentum 0.99 = weight of the old value; keeps the biased variance' },
    { where: 'paper', says: 'averages the unbiased variance over many batches after training' },
    {
      where: 'one batch 1, 2, 4, 7, from mean 0 and variance 1',
      says: 'PyTorch: running_mean 0.35, running_var 1.6; Keras: moving_mean 0.035, moving_variance 1.0425',
    },
  ],
  traps: [
    'With m = 2, xHat = ±1 whatever x is, and dx is O(eps).',
    'With m = 1 there is no variance at all, so it throws.',
    'The running variance is unbiased (m / (m - 1)) while the batch is normalized with the biased one.',
    'A bias in front of it gets gradient 0.',
    'In evaluation the statistics are constants: a backward that projects the batch out is wrong there.',
  ],
  golden: {
    batchNorm: {
      run(inputs, a) {
        const { x, gamma, beta, runningMean, runningVar } = inputs;
        const training = a.flag('training', true);
        // Without running statistics, PyTorch takes the batch's in evaluation too
        const running = runningMean && runningVar ? { mean: runningMean, variance: runningVar } : null;
        const given = training ? null : running;
        const { y, statistics } = batchNorm(x, { gamma, beta, eps: epsOf(a), given });
        if (!running) return y;
        const m = x.size / x.shape[x.rank - 1];
        const weight = a.number('momentum', 0.1);
        if (training) moveMoments(running, statistics, { m, weight, unbiased: true });
        return { y, runningMean, runningVar };
      },
    },
  },
  source: 'batch/batchNorm.ts',
  build: (features, options) => new BatchNorm(features, options),
});
