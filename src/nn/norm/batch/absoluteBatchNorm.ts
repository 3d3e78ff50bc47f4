import type { Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import type { AffineCall, AffineOptions, Then } from '../core/norm.ts';
import { AffineRunningNorm, buffer, type RunningOptions } from '../core/running.ts';

/** Mean and scale of each channel, [C]. */
export interface AbsoluteStatistics {
  mean: NDArray;
  scale: NDArray;
}

/** eps is added to the scale. */
export interface AbsoluteCall extends AffineCall, Then {
  /** Running mean and scale [C], for evaluation; absent: those of the batch. */
  given?: AbsoluteStatistics | null;
}

export type AbsoluteOptions = AffineOptions & RunningOptions;

/** The layer that L1 and top-k batch norm share: both divide by a scale of absolute deviations. The running scale is its average. */
export abstract class AbsoluteBatchNorm extends AffineRunningNorm<AbsoluteOptions> {
  readonly runningMean = buffer(this.features, 0);
  readonly runningScale = buffer(this.features, 1);

  protected abstract normalize(x: Tensor, set: AbsoluteCall): { y: Tensor; statistics: AbsoluteStatistics };

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean: mean, runningScale: scale } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean, scale });
    const { y, statistics } = this.normalize(x, { gamma, beta, given, eps: options.eps ?? 1e-5, ...then });
    if (!given) this.average({ mean, scale }, statistics, x.size / features);
    return y;
  }
}
