import { standardize, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { type Conventions, type CoreOptions, coreOptions } from '../core/conventions.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, type RunningMoments, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets, checkSetSize } from '../core/sets.ts';

/**
 * Batch normalization (Ioffe and Szegedy 2015, arXiv:1502.03167).
 *
 * Index set   S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions; m = N H W.
 * Forward     mu = (1/m) sum x,  v = (1/m) sum (x - mu)^2,  sigma = sqrt(v + eps),
 *             xHat = (x - mu) / sigma,  y = gamma xHat + beta
 * Backward    g = gamma dy. x reaches L along three paths: directly, through mu and through v.
 *               direct        g / sigma
 *               through v     dv = -sum g (x - mu) / (2 sigma^3), and dv/dx = 2 (x - mu) / m
 *                             together  -xHat (1/m) sum(g xHat) / sigma
 *               through mu    dmu = -sum g / sigma (dv/dmu = -2/m sum (x - mu) = 0), and dmu/dx = 1/m
 *                             together  -(1/m) sum(g) / sigma
 *             dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) ),  dgamma = sum dy xHat,  dbeta = sum dy
 * Evaluation  mu and v are the running ones, constants: dx = gamma dy / sqrt(runningVar + eps), nothing is projected out.
 *
 * Depends on the batch while training. Traps: with m = 2, xHat = +-1 whatever x is, and dx is O(eps); with m = 1 there is
 * no variance at all, so it throws. The running variance is unbiased (m / (m - 1)) while the batch is normalized with the
 * biased one. A bias in front of it gets gradient 0.
 */
export function batchNorm(x: Tensor, set: BatchNormCall): Tensor {
  return standardize(x, channelSets(x.shape), set);
}

export interface BatchNormCall extends CoreOptions, Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** Running statistics [C], for evaluation; null: those of the batch. */
  given?: SetStatistics | null;
  /** Sees the statistics of the batch: to move the running ones (running.ts). */
  observe?: (batch: SetStatistics, m: number) => void;
}

export interface BatchNormOptions extends Conventions, RunningOptions {
  /** The batch's variance on its way into the running one: sum / (m - 1), as PyTorch has it, or sum / m, as Keras. */
  runningVar?: 'unbiased' | 'biased';
  /** false: no running statistics; evaluation too takes the batch's. */
  trackRunningStats?: boolean;
}

/** Batch normalization of [N, C] or [N, H, W, C], C = features. Defaults are PyTorch's. */
export class BatchNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: BatchNormOptions = {},
  ) {
    super(`BatchNorm(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    const tracks = options.trackRunningStats ?? true;
    this.runningMean = tracks ? buffer(features, 0) : null;
    this.runningVar = tracks ? buffer(features, 1) : null;
  }

  forward(x: Tensor, { residual, relu }: Then = {}): Tensor {
    const { features, gamma, beta, options } = this;
    this.check(x, features);
    const running = this.#running();
    if (!running) checkSetSize(this.layer, x.shape);
    const learns = this.learning && running !== null;
    const [given, observe] = learns ? [null, this.#follow] : [running, undefined];
    const { eps, epsInside, ddof, detach } = coreOptions(options);
    return batchNorm(x, { gamma, beta, eps, epsInside, ddof, detach, given, observe, residual, relu });
  }

  #running(): RunningMoments | null {
    const { runningMean: mean, runningVar: variance } = this;
    return mean && variance ? { mean, variance } : null;
  }

  /** Moves the running statistics towards a batch's. Made once, not in every pass. */
  readonly #follow = (batch: SetStatistics, m: number): void => {
    const running = this.#running();
    const { ddof, runningVar } = this.options;
    if (running) this.follow(running, batch, { m, ddof, unbiased: runningVar !== 'biased' });
  };
}
