import { affine, mul, parameter, standardize, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { affineParameters, type ParameterRule, type Then } from '../core/norm.ts';
import { buffer, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets, groupSets } from '../core/sets.ts';

/**
 * Batch-instance normalization (Nam and Kim 2018, arXiv:1805.07925): each channel learns how much of its instances' style to
 * keep.
 *
 * Index sets  of B the channel over the batch, as in BatchNorm; of I the channel of the sample, as in InstanceNorm.
 * Forward     xB = (x - mu_B) / sigma_B,  xI = (x - mu_I) / sigma_I,  y = gamma (rho xB + (1 - rho) xI) + beta,
 *             rho in [0, 1] per channel
 * Backward    each half is a standardization of its own, with gB = gamma rho dy and gI = gamma (1 - rho) dy:
 *               dx = (1/sigma_B) ( gB - mean_B(gB) - xB mean_B(gB xB) ) + (1/sigma_I) ( gI - mean_I(gI) - xI mean_I(gI xI) )
 *               drho = sum gamma dy (xB - xI),  dgamma = sum dy (rho xB + (1 - rho) xI),  dbeta = sum dy
 *             Below, the core gives gradients of the products gamma rho and gamma (1 - rho), which mul() takes apart.
 * Evaluation  mu_B and sigma_B are the running ones; the instance half is as in training.
 *
 * Depends on the batch while training. Traps: rho is put back into [0, 1] after every optimizer step, not in the forward pass
 * (where its gradient would be lost beyond the border); it learns ten times as fast as gamma, without weight decay; on one
 * position the instance half is 0.
 */
export function batchInstanceNorm(x: Tensor, set: BatchInstanceCall): Tensor {
  const { gamma, beta, rho, eps, given, observe, ...then } = set;
  const ofBatch = gamma ? mul(gamma, rho) : rho;
  const rest = affine(rho, -1, 1);
  const ofInstance = gamma ? mul(gamma, rest) : rest;
  const instance = groupSets(x.shape, x.shape[x.rank - 1]);
  const half = standardize(x, instance, { ...then, gamma: ofInstance, relu: false, eps });
  const batch = channelSets(x.shape);
  return standardize(x, batch, { ...then, gamma: ofBatch, beta, residual: half, eps, given, observe });
}

export interface BatchInstanceCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** [C], 1: BatchNorm, 0: InstanceNorm. */
  rho: Tensor;
  eps: number;
  /** Running statistics [C], for evaluation; null: those of the batch. */
  given?: SetStatistics | null;
  observe?: (batch: SetStatistics) => void;
}

export interface BatchInstanceOptions extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** Batch-instance normalization of [N, C] or [N, H, W, C], C = features. rho starts at 1: BatchNorm. */
export class BatchInstanceNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly rho: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: BatchInstanceOptions = {},
  ) {
    super(`BatchInstanceNorm(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.rho = parameter(new Float32Array(features).fill(1), [features]);
    this.rho.constraint = { low: 0, high: 1 };
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(features, 1);
  }

  override parameterRules(): ReadonlyMap<Tensor, ParameterRule> {
    return new Map([[this.rho, { lrScale: 10 }]]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, rho, options, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const moments = this.momentsFor({ mean, variance }, { m: x.size / features, unbiased: true });
    return batchInstanceNorm(x, { ...then, ...moments, gamma, beta, rho, eps: options.eps ?? 1e-5 });
  }
}
