import { broadcastTo, noGrad, reshape, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { batchNorm } from '../batch/batchNorm.ts';
import { defineNorm } from '../core/define.ts';
import type { StandardizeResult } from '../core/fused.ts';
import { epsOf, givenStatistics } from '../core/golden.ts';
import { checkGroups, type GroupOptions, groupsFor } from '../core/groups.ts';
import { type AffineOptions, affineParameters, type Then } from '../core/norm.ts';
import { buffer, RunningNorm, type RunningOptions } from '../core/running.ts';
import { checkCall, checkFeatures } from '../core/sets.ts';
import { groupNorm } from '../sample/groupNorm.ts';

/**
 * Batch-channel normalization (Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520, section 4): BatchNorm, then a GroupNorm
 * whose gamma and beta belong to the groups.
 *
 * First the channel over the batch, then the group of channels of the sample: two norms one after the other, so that each
 * goes back as it is written in its own file, groupNorm.ts first, then batchNorm.ts. `estimated` (micro-batches): the first
 * norm's statistics are the running ones, moved by this batch first and constants to the gradient, so that its second step is
 * dx = gammaBatch dz / sigma_c. Returns y, and the statistics of the first norm.
 */
export function batchChannelNorm(x: Tensor, set: BatchChannelCall): StandardizeResult {
  checkCall('batchChannelNorm', x, set);
  const { gammaBatch, betaBatch, gammaChannel, betaChannel, groups, eps, given, ...then } = set;
  const { y: z, statistics } = batchNorm(x, { gamma: gammaBatch, beta: betaBatch, eps, given });
  const size = x.shape[x.rank - 1] / groups;
  const perChannel = (ofGroup: Tensor | null) =>
    ofGroup && reshape(broadcastTo(reshape(ofGroup, [groups, 1]), [groups, size]), [groups * size]);
  const [gamma, beta] = [perChannel(gammaChannel), perChannel(betaChannel)];
  return { y: groupNorm(z, { groups, gamma, beta, eps, ...then }), statistics };
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
}

/** The groups are the second norm's. */
export interface BatchChannelOptions extends AffineOptions, RunningOptions, GroupOptions {
  /** true: training too normalizes with running statistics, for batches that are too small for their own. */
  estimated?: boolean;
}

/** Batch-channel normalization of [N, ..., C], C = features. */
export class BatchChannelNorm extends RunningNorm {
  readonly groups: number;
  readonly gammaBatch: Tensor | null;
  readonly betaBatch: Tensor | null;
  readonly gammaChannel: Tensor | null;
  readonly betaChannel: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    features: number,
    readonly options: BatchChannelOptions = {},
  ) {
    super(`BatchChannelNorm(features=${features})`, features, options);
    this.groups = groupsFor(features, options);
    checkGroups('BatchChannelNorm', this.groups, features);
    ({ gamma: this.gammaBatch, beta: this.betaBatch } = affineParameters([features], options.affine));
    ({ gamma: this.gammaChannel, beta: this.betaChannel } = affineParameters([this.groups], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(features, 1);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gammaBatch, betaBatch, gammaChannel, betaChannel, groups, features, options } = this;
    const running = { mean: this.runningMean, variance: this.runningVar };
    const followed = { m: x.size / features, unbiased: true };
    const affine = { gammaBatch, betaBatch, gammaChannel, betaChannel };
    const set = { ...affine, groups, eps: options.eps ?? 1e-5, ...then };
    if (!options.estimated || !this.learning) {
      this.check(x, features);
      const given = this.givenFrom(running);
      const { y, statistics } = batchChannelNorm(x, { ...set, given });
      if (!given) this.follow(running, statistics, followed);
      return y;
    }
    checkFeatures(this.layer, x, features);
    const { statistics } = noGrad(() => batchNorm(x.detach(), { eps: 1 }));
    this.follow(running, statistics, followed); // moved by this batch first
    const given = { mean: running.mean.clone(), variance: running.variance.clone() };
    return batchChannelNorm(x, { ...set, given }).y;
  }
}

export const batchChannel = defineNorm<BatchChannelOptions>({
  name: 'batch-channel',
  aliases: ['bcn'],
  title: 'Batch-Channel Norm',
  paper: 'Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520',
  sets: 'the channel over the batch, then the group of channels of the sample',
  parameters: 'gammaBatch [C], betaBatch [C], gammaChannel [G], betaChannel [G]',
  centred: true,
  dependsOnBatch: 'training',
  fused: true,
  traps: [
    'gamma and beta of the second norm have the shape of the groups, not the channels.',
    'With one channel per group on one position there is nothing left to normalize.',
  ],
  golden: {
    batchChannelNorm: {
      run(inputs, a) {
        const { x, gammaBatch = null, betaBatch = null, gammaChannel = null, betaChannel = null } = inputs;
        const affine = { gammaBatch, betaBatch, gammaChannel, betaChannel };
        const given = givenStatistics(inputs, a);
        return batchChannelNorm(x, { ...affine, groups: a.number('groups'), given, eps: epsOf(a) }).y;
      },
    },
  },
  source: 'mixed/batchChannelNorm.ts',
  build: (features, options) => new BatchChannelNorm(features, options),
});
