import type { Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { add, mean, neg, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { type AffineOptions, affineParameters, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets, checkCall } from '../core/sets.ts';

/**
 * Mean-only batch normalization (Salimans and Kingma 2016, arXiv:1602.07868, section 3): the mean goes, the scale stays. Made
 * for layers with weight normalization, which takes care of the scale.
 *
 * S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions, m = N H W. In evaluation mu is the running
 * one, a constant. Returns y and mu of each channel.
 */
export function meanOnlyBatchNorm(x: Tensor, set: MeanOnlyCall): { y: Tensor; mean: NDArray } {
  checkCall('meanOnlyBatchNorm', x, set, ['shape', 'data']);
  const { beta, given } = set;
  const [view, setting] = [channelSets(x.shape), { given: { mu: given } }];
  const { y, statistics } = rule('meanOnlyBatchNorm', view, { x, beta }, setting, ({ x, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));

    return [
      add(sub(x, mu), beta),
      (dy) => ({
        x: () => norm.paths({ direct: dy, mu: neg(mean(dy)) }), // dmu = -sum(dy), dmu/dx = 1/m
        beta: () => dy,
      }),
    ];
  });
  return { y: followedBy(y, set), mean: statistics.mu };
}

export interface MeanOnlyCall extends Then {
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** The running mean [C], for evaluation; absent: that of the batch. */
  given?: NDArray | null;
}

export type MeanOnlyOptions = RunningOptions & Pick<AffineOptions, 'affine'>;

/** Mean-only batch normalization of [N, ..., C], C = features. */
export class MeanOnlyBatchNorm extends RunningNorm {
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;

  constructor(
    features: number,
    readonly options: MeanOnlyOptions = {},
  ) {
    super(`MeanOnlyBatchNorm(features=${features})`, features, options);
    this.beta = affineParameters([features], options.affine).beta;
    this.runningMean = buffer(features, 0);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    this.check(x, this.features);
    const { beta, runningMean } = this;
    const given = this.givenFrom(runningMean);
    const { y, mean } = meanOnlyBatchNorm(x, { ...then, beta, given });
    if (!given) moveTowards(runningMean, mean.data, this.nextWeight(x.size / this.features));
    return y;
  }
}

export const meanOnly = defineNorm<MeanOnlyOptions>({
  name: 'mean-only',
  title: 'Mean-only BatchNorm',
  paper: 'Salimans and Kingma 2016, arXiv:1602.07868, section 3',
  sets: 'the channel, over the batch and all positions; the mean only',
  parameters: 'beta [C]',
  centred: true,
  dependsOnBatch: 'training',
  traps: ['With m = 1, y = beta and dx = 0.'],
  golden: {
    meanOnlyBatchNorm: {
      run: ({ x, beta, runningMean }, a) =>
        meanOnlyBatchNorm(x, { beta, given: a.flag('training', true) ? null : runningMean }).y,
    },
  },
  source: 'batch/meanOnlyBatchNorm.ts',
  build: (features, options) => new MeanOnlyBatchNorm(features, options),
});
