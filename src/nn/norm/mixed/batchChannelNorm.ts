import { broadcastTo, reshape, standardize, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { checkGroups, type GroupOptions, groupsFor } from '../core/groups.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets, checkFeatures, groupSets } from '../core/sets.ts';
import { setStatistics } from '../core/standardizeBy.ts';

/**
 * Batch-channel normalization (Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520, section 4): BatchNorm, then a GroupNorm
 * whose gamma and beta belong to the groups.
 *
 * Index sets  first the channel over the batch, then the group of channels of the sample.
 * Forward     z = gammaBatch_c (x - mu_c) / sigma_c + betaBatch_c,
 *             y = gammaChannel_G (z - mu_nG) / sigma_nG + betaChannel_G
 * Backward    the two one after the other, each its own dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) ):
 *               groups    g = gammaChannel dy;  dgammaChannel_G = sum over the whole group of dy zHat, dbetaChannel_G of dy
 *               channels  g = gammaBatch dz;  dgammaBatch_c = sum dz xHat, dbetaBatch_c = sum dz
 *             `estimated` (micro-batches): mu_c and sigma_c are the running ones, moved by this batch first and constants to
 *             the gradient, so the second step is dx = gammaBatch dz / sigma_c.
 * Evaluation  mu_c and sigma_c are the running ones.
 *
 * Depends on the batch while training. Traps: gamma and beta of the second norm have the shape of the groups, not the channels;
 * with one channel per group on one position there is nothing left to normalize.
 */
export function batchChannelNorm(x: Tensor, set: BatchChannelCall): Tensor {
  const { gammaBatch, betaBatch, gammaChannel, betaChannel, groups, eps, given, observe, ...then } = set;
  const z = standardize(x, channelSets(x.shape), {
    gamma: gammaBatch,
    beta: betaBatch,
    eps,
    given,
    observe,
  });
  const view = groupSets(x.shape, groups);
  const perChannel = (ofGroup: Tensor | null) =>
    ofGroup && reshape(broadcastTo(reshape(ofGroup, [groups, 1]), [groups, view.k]), [groups * view.k]);
  const [gamma, beta] = [perChannel(gammaChannel), perChannel(betaChannel)];
  return standardize(z, view, { ...then, gamma, beta, eps });
}

export interface BatchChannelCall extends Then {
  /** [C] each; null: 1 and 0. */
  gammaBatch: Tensor | null;
  betaBatch: Tensor | null;
  /** [groups] each; null: 1 and 0. */
  gammaChannel: Tensor | null;
  betaChannel: Tensor | null;
  groups: number;
  eps: number;
  /** Statistics [C] of the first norm that are constants; null: those of the batch. */
  given?: SetStatistics | null;
  observe?: (batch: SetStatistics) => void;
}

/** The groups are the second norm's. */
export interface BatchChannelOptions extends RunningOptions, GroupOptions {
  eps?: number;
  affine?: boolean;
  /** true: training too normalizes with running statistics, for batches that are too small for their own. */
  estimated?: boolean;
}

/** Batch-channel normalization of [N, C] or [N, H, W, C], C = features. */
export class BatchChannelNorm extends RunningNorm {
  readonly groups: number;
  readonly gammaBatch: Tensor | null;
  readonly betaBatch: Tensor | null;
  readonly gammaChannel: Tensor | null;
  readonly betaChannel: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: BatchChannelOptions = {},
  ) {
    super(`BatchChannelNorm(features=${features})`, options);
    this.groups = groupsFor(features, options);
    checkGroups('BatchChannelNorm', this.groups, features);
    ({ gamma: this.gammaBatch, beta: this.betaBatch } = affineParameters([features], options.affine));
    ({ gamma: this.gammaChannel, beta: this.betaChannel } = affineParameters([this.groups], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(features, 1);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gammaBatch, betaBatch, gammaChannel, betaChannel, groups, features, options } = this;
    if (options.estimated) checkFeatures(this.layer, x.shape, features);
    else this.check(x, features);
    const set = { gammaBatch, betaBatch, gammaChannel, betaChannel, groups, eps: options.eps ?? 1e-5 };
    return batchChannelNorm(x, { ...then, ...set, ...this.#moments(x) });
  }

  #moments(x: Tensor) {
    const running = { mean: this.runningMean, variance: this.runningVar };
    const set = { m: x.size / this.features, unbiased: true };
    if (!this.options.estimated || !this.learning) return this.momentsFor(running, set);
    this.follow(running, setStatistics(x, channelSets(x.shape)), set);
    return { given: { mean: this.runningMean.clone(), variance: this.runningVar.clone() } };
  }
}
