import type { Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray, Numbers } from '../../../kernels/contract.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets } from '../core/sets.ts';
import { centred, perSet, setMoments, standardizeBy } from '../core/standardizeBy.ts';

/** The scale of a norm over absolute deviations: s = factor times the sum of those |x - mu| that count. */
export interface AbsoluteScale {
  name: string;
  /** For m values per channel. */
  factor: (m: number) => number;
  /** Which of the |x - mu| [1, m, C, 1] count: 1 or 0 for each; null: all. */
  counts: ((distances: NDArray) => NDArray) | null;
}

/**
 * What L1 and top-k batch norm share. With h = sign(x - mu) where |x - mu| counts, else 0:
 *   xHat = (x - mu) / (s + eps),  y = gamma xHat + beta
 *   ds/dx_i = factor ( h_i - (1/m) sum h ): from |x_i - mu| itself, and from mu, which all of them share
 */
export function absoluteBatchNorm(
  x: Tensor,
  { name, factor, counts }: AbsoluteScale,
  set: AbsoluteCall,
): Tensor {
  const { eps, running, observe, ...rest } = set;
  const view = channelSets(x.shape);
  if (running) {
    const deviation = Float64Array.from(running.scale, (s) => s + eps);
    return standardizeBy(name, x, { ...rest, view, mean: running.mean, deviation, paths: null });
  }
  const k = kernels(x);
  const { mean } = setMoments(x, view);
  const difference = centred(x, view, mean);
  const zero = perSet(x, { ...view, g: 1 }, () => 0);
  const signs = k.binary('sub', k.binary('greater', difference, zero), k.binary('greater', zero, difference));
  const distances = k.unary('abs', difference);
  const counting = counts?.(distances);
  const counted = counting ? k.binary('mul', distances, counting) : distances;
  const h = counting ? k.binary('mul', signs, counting) : signs;
  const m = view.p;
  const scale = Float64Array.from(k.reduce('sum', counted, [1]).data, (sum) => factor(m) * sum);
  observe?.({ mean, scale });
  return standardizeBy(name, x, {
    ...rest,
    view,
    mean,
    deviation: scale.map((s) => s + eps),
    paths: (d) => {
      const throughScale = k.binary(
        'mul',
        h,
        perSet(x, view, (c) => factor(m) * d.deviation.data[c]),
      );
      const shared = k.reduce('mean', throughScale, [1]);
      return k.binary(
        'add',
        throughScale,
        perSet(x, view, (c) => d.mean.data[c] / m - shared.data[c]),
      );
    },
  });
}

export interface AbsoluteStatistics {
  mean: Numbers;
  scale: Numbers;
}

export interface AbsoluteCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** Added to the scale. */
  eps: number;
  /** Running mean and scale [C], for evaluation; absent: those of the batch. */
  running?: AbsoluteStatistics;
  observe?: (batch: AbsoluteStatistics) => void;
}

export interface AbsoluteOptions extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** The layer that L1 and top-k batch norm share. The running scale is s itself, averaged. */
export abstract class AbsoluteBatchNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningScale: Tensor;

  constructor(
    readonly features: number,
    readonly options: AbsoluteOptions,
    readonly scale: AbsoluteScale,
  ) {
    super(`${scale.name}(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningScale = buffer(features, 1);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean, runningScale } = this;
    this.check(x, features);
    const follow = (batch: AbsoluteStatistics) => {
      const weight = this.nextWeight(x.size / features);
      moveTowards(runningMean, batch.mean, weight);
      moveTowards(runningScale, batch.scale, weight);
    };
    const statistics = this.learning
      ? { observe: follow }
      : { running: { mean: runningMean.data, scale: runningScale.data } };
    const eps = options.eps ?? 1e-5;
    return absoluteBatchNorm(x, this.scale, { ...then, ...statistics, gamma, beta, eps });
  }
}
