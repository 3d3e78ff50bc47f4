import type { Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { Numbers } from '../../../kernels/contract.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets } from '../core/sets.ts';
import { setMoments, standardizeBy } from '../core/standardizeBy.ts';

/**
 * Mean-only batch normalization (Salimans and Kingma 2016, arXiv:1602.07868, section 3): the mean goes, the scale stays. Made
 * for layers with weight normalization, which takes care of the scale.
 *
 * Index set   S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions; m = N H W.
 * Forward     mu = (1/m) sum x,  y = x - mu + beta
 * Backward    directly dy; through mu, dmu = -sum(dy) and dmu/dx = 1/m:
 *               dx = dy - mean(dy),  dbeta = sum dy
 * Evaluation  mu is the running one, a constant: dx = dy.
 *
 * Depends on the batch while training. Trap: with m = 1, y = beta and dx = 0.
 */
export function meanOnlyBatchNorm(x: Tensor, set: MeanOnlyCall): Tensor {
  const { running, observe, ...rest } = set;
  const view = channelSets(x.shape);
  const mean = running ?? setMoments(x, view).mean;
  observe?.(mean);
  return standardizeBy('meanOnlyBatchNorm', x, {
    ...rest,
    view,
    gamma: null,
    mean,
    deviation: mean.map(() => 1),
    paths: running ? null : ({ mean: dmu }) => kernels(x).unary('affine', dmu, 1 / view.p, 0),
  });
}

export interface MeanOnlyCall extends Then {
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** The running mean [C], for evaluation; absent: that of the batch. */
  running?: Numbers;
  observe?: (mean: Numbers) => void;
}

export interface MeanOnlyOptions extends RunningOptions {
  affine?: boolean;
}

/** Mean-only batch normalization of [N, C] or [N, H, W, C], C = features. */
export class MeanOnlyBatchNorm extends RunningNorm {
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;

  constructor(
    readonly features: number,
    readonly options: MeanOnlyOptions = {},
  ) {
    super(`MeanOnlyBatchNorm(features=${features})`, options);
    this.beta = affineParameters([features], options.affine).beta;
    this.runningMean = buffer(features, 0);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    this.check(x, this.features);
    const statistics = this.learning
      ? {
          observe: (mean: Numbers) =>
            moveTowards(this.runningMean, mean, this.nextWeight(x.size / this.features)),
        }
      : { running: this.runningMean.data };
    return meanOnlyBatchNorm(x, { ...then, ...statistics, beta: this.beta });
  }
}
