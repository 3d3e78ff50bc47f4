import type { Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';

/** Mean and scale of each channel, [C]. */
export interface AbsoluteStatistics {
  mean: NDArray;
  scale: NDArray;
}

export interface AbsoluteCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** Added to the scale. */
  eps: number;
  /** Running mean and scale [C], for evaluation; absent: those of the batch. */
  given?: AbsoluteStatistics | null;
}

export interface AbsoluteOptions extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** The layer that L1 and top-k batch norm share: both divide by a scale of absolute deviations. The running scale is its average. */
export abstract class AbsoluteBatchNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningScale: Tensor;

  constructor(
    name: string,
    readonly features: number,
    readonly options: AbsoluteOptions,
  ) {
    super(`${name}(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningScale = buffer(features, 1);
  }

  protected abstract normalize(x: Tensor, set: AbsoluteCall): { y: Tensor; statistics: AbsoluteStatistics };

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean, runningScale } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean: runningMean, scale: runningScale });
    const { y, statistics } = this.normalize(x, { gamma, beta, given, eps: options.eps ?? 1e-5, ...then });
    if (!given) {
      const weight = this.nextWeight(x.size / features);
      moveTowards(runningMean, statistics.mean.data, weight);
      moveTowards(runningScale, statistics.scale.data, weight);
    }
    return y;
  }
}
