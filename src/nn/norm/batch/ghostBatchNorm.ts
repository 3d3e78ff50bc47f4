import { concat, slice, standardize, type Tensor } from '../../../autograd/index.ts';
import type { NDArray, SetStatistics } from '../../../kernels/contract.ts';
import { type Conventions, type CoreOptions, coreOptions } from '../core/conventions.ts';
import { affineParameters, followedBy, type Then } from '../core/norm.ts';
import { buffer, RunningNorm, type RunningOptions } from '../core/running.ts';
import { channelSets, checkFeatures, checkSetSize } from '../core/sets.ts';

/**
 * Ghost batch normalization (Hoffer, Hubara, Soudry 2017, arXiv:1705.08741): a large batch is normalized as if it were many
 * small ones, whose noise helps to generalize.
 *
 * Index set   S_i = { j : j_C = i_C, ghost(j_N) = ghost(i_N) }, ghost(n) = floor(n / B) for ghost batches of B consecutive
 *             samples; m = B H W. What is left beyond the last full ghost batch joins it.
 * Forward     mu = (1/m) sum x,  v = (1/m) sum (x - mu)^2,  sigma = sqrt(v + eps),
 *             xHat = (x - mu) / sigma,  y = gamma xHat + beta, gamma and beta shared by all ghost batches
 * Backward    g = gamma dy; as in BatchNorm, within each ghost batch:
 *               dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) )
 *             gamma and beta are shared: dgamma = sum dy xHat, dbeta = sum dy, over the whole batch
 * Evaluation  running statistics, which every ghost batch has moved in its turn:
 *             mu_r <- (1 - a)^G mu_r + sum_i (1 - a)^(G-1-i) a mu_i.
 *
 * Depends on the batch while training. Traps: with N mod B != 0 a last ghost batch of one would have no variance; a reshape to
 * [N / B, B C] puts other samples together.
 */
export function ghostBatchNorm(x: Tensor, set: GhostBatchNormCall): Tensor {
  const { virtualBatch, observe, residual, relu, ...core } = set;
  const samples = x.shape[0];
  const ghosts = Math.max(1, Math.floor(samples / virtualBatch));
  const normalize = (part: Tensor, n: number, then: Then) => {
    const { p, ...channels } = channelSets(part.shape);
    return standardize(part, { ...channels, n, p: p / n }, { ...core, ...then, observe });
  };
  const even = samples === ghosts * virtualBatch || ghosts === 1;
  if (even) return normalize(x, ghosts, { residual, relu });
  const first = (ghosts - 1) * virtualBatch;
  const all = x.shape.slice(1);
  const start = all.map(() => 0);
  const full = slice(x, [0, ...start], [first, ...all]);
  const last = slice(x, [first, ...start], [samples - first, ...all]);
  return followedBy(concat([normalize(full, ghosts - 1, {}), normalize(last, 1, {})], 0), { residual, relu });
}

export interface GhostBatchNormCall extends CoreOptions, Then {
  /** B: the samples of a ghost batch. */
  virtualBatch: number;
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** Sees the statistics [ghosts, C] of ghost batches with m values per channel. */
  observe?: (ghosts: SetStatistics, m: number) => void;
}

export interface GhostBatchNormOptions extends Conventions, RunningOptions {
  /** B; 16 unless told otherwise. */
  virtualBatch?: number;
}

/** Ghost batch normalization of [N, C] or [N, H, W, C], C = features. */
export class GhostBatchNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: GhostBatchNormOptions = {},
  ) {
    const { virtualBatch = 16 } = options;
    super(`GhostBatchNorm(features=${features}, virtualBatch=${virtualBatch})`, options);
    if (!Number.isInteger(virtualBatch) || virtualBatch < 1) {
      throw new Error(`${this.layer}: virtualBatch counts samples, at least 1.`);
    }
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(features, 1);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean: mean, runningVar: variance } = this;
    const { virtualBatch = 16, ddof } = options;
    checkFeatures(this.layer, x.shape, features);
    const core = { ...then, ...coreOptions(options), gamma, beta };
    if (!this.learning) return standardize(x, channelSets(x.shape), { ...core, given: { mean, variance } });
    checkSetSize(this.layer, [Math.min(virtualBatch, x.shape[0]), ...x.shape.slice(1)]);
    const observe = (ghosts: SetStatistics, m: number) => {
      for (const ghost of each(ghosts)) this.follow({ mean, variance }, ghost, { m, ddof, unbiased: true });
    };
    return ghostBatchNorm(x, { ...core, virtualBatch, observe });
  }
}

/** The statistics [ghosts, C] one ghost batch after the other. */
function each({ mean, variance }: SetStatistics): SetStatistics[] {
  const [ghosts, channels] = mean.shape;
  const row = ({ data }: NDArray, i: number) => ({
    shape: [channels],
    data: data.subarray(i * channels, (i + 1) * channels),
  });
  return Array.from({ length: ghosts }, (_, i) => ({ mean: row(mean, i), variance: row(variance, i) }));
}
