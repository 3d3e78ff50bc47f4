import { concat, slice, type Tensor } from '../../../autograd/index.ts';
import type { NDArray, SetStatistics, SetView } from '../../../kernels/contract.ts';
import { add, deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize } from '../core/fused.ts';
import { epsOf, givenStatistics } from '../core/golden.ts';
import { followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, type RunningOptions } from '../core/running.ts';
import { channelSets, checkCall, checkFeatures, checkSetSize } from '../core/sets.ts';
import { batchNorm } from './batchNorm.ts';

/**
 * Ghost batch normalization (Hoffer, Hubara, Soudry 2017, arXiv:1705.08741): a large batch is normalized as if it were many
 * small ones, whose noise helps to generalize.
 *
 * S_i = { j : j_C = i_C, ghost(j_N) = ghost(i_N) }, ghost(n) = floor(n / B) for ghost batches of B consecutive samples,
 * m = B H W. The samples beyond the last full ghost batch join it. gamma and beta are shared by all ghost batches. In
 * evaluation it is BatchNorm with running statistics, which every ghost batch has moved in its turn:
 * mu_r <- (1 - a)^G mu_r + sum_i (1 - a)^(G-1-i) a mu_i.
 *
 * Returns y and the statistics of all ghost batches, [ghosts, C], with m values per channel.
 */
export function ghostBatchNorm(x: Tensor, set: GhostBatchNormCall) {
  checkCall('ghostBatchNorm', x, set);
  const { virtualBatch, residual, relu, ...core } = set;
  const samples = x.shape[0];
  const count = Math.max(1, Math.floor(samples / virtualBatch));
  const normalize = (part: Tensor, n: number, then: Then) => {
    const { p, ...channels } = channelSets(part.shape);
    const view = { ...channels, n, p: p / n };
    const { y, statistics } = fusedOr(part, view, { ...core, ...then }, () => written(part, view, core));
    return { y, ghosts: { statistics, m: view.p } };
  };
  if (samples === count * virtualBatch || count === 1) {
    const { y, ghosts } = normalize(x, count, { residual, relu });
    return { y, ghosts: [ghosts] };
  }
  const first = (count - 1) * virtualBatch;
  const all = x.shape.slice(1);
  const start = all.map(() => 0);
  const full = normalize(slice(x, [0, ...start], [first, ...all]), count - 1, {});
  const last = normalize(slice(x, [first, ...start], [samples - first, ...all]), 1, {});
  const y = followedBy(concat([full.y, last.y], 0), { residual, relu });
  return { y, ghosts: [full.ghosts, last.ghosts] };
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof } = set;
  return rule('ghostBatchNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy); // the means are those of the ghost batch, the sums of dgamma and dbeta of the whole one
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), s)),
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

export interface GhostBatchNormCall extends Omit<Standardize, 'given'> {
  /** B: the samples of a ghost batch. */
  virtualBatch: number;
}

export interface GhostBatchNormOptions extends Conventions, RunningOptions {
  /** B; default: 16. */
  virtualBatch?: number;
}

/** Ghost batch normalization of [N, ..., C], C = features. */
export class GhostBatchNorm extends AffineRunningNorm<GhostBatchNormOptions> {
  readonly runningMean = buffer(this.features, 0);
  readonly runningVar = buffer(this.features, 1);

  constructor(features: number, options: GhostBatchNormOptions = {}) {
    const virtualBatch = options?.virtualBatch ?? 16;
    super(`GhostBatchNorm(features=${features}, virtualBatch=${virtualBatch})`, features, options);
    if (!Number.isInteger(virtualBatch) || virtualBatch < 1) {
      throw new Error(`${this.layer}: virtualBatch counts samples, at least 1.`);
    }
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean: mean, runningVar: variance } = this;
    const { virtualBatch = 16, ddof } = options;
    checkFeatures(this.layer, x, features);
    const core = { gamma, beta, ...standard(options), ...then };
    if (!this.learning) return batchNorm(x, { ...core, given: { mean, variance } }).y;
    checkSetSize(this.layer, [Math.min(virtualBatch, x.shape[0]), ...x.shape.slice(1)]);
    const { y, ghosts } = ghostBatchNorm(x, { ...core, virtualBatch });
    for (const { statistics, m } of ghosts) {
      const set = { m, ddof, unbiased: true };
      for (const ghost of each(statistics)) this.follow({ mean, variance }, ghost, set);
    }
    return y;
  }
}

/** The statistics [ghosts, C] one ghost batch after the other. */
function each({ mean, variance }: SetStatistics): SetStatistics[] {
  const [ghosts, channels] = mean.shape;
  const cut = ({ data }: NDArray, from: number) => data.subarray(from, from + channels);
  const row = (all: NDArray, i: number) => ({ shape: [channels], data: cut(all, i * channels) });
  return Array.from({ length: ghosts }, (_, i) => ({ mean: row(mean, i), variance: row(variance, i) }));
}

export const ghost = defineNorm<GhostBatchNormOptions>({
  name: 'ghost',
  title: 'Ghost BatchNorm',
  paper: 'Hoffer, Hubara, Soudry 2017, arXiv:1705.08741',
  sets: 'the channel, over some samples of the batch and all positions',
  centred: true,
  dependsOnBatch: 'training',
  detaches: true,
  fused: true,
  traps: [
    'With N mod B != 0 a last ghost batch of one would have no variance.',
    'A reshape to [N / B, B C] puts other samples together.',
  ],
  golden: {
    ghostBatchNorm: {
      run(inputs, a) {
        const { x, gamma, beta } = inputs;
        const given = givenStatistics(inputs, a);
        if (given) return batchNorm(x, { gamma, beta, given, eps: epsOf(a) }).y;
        return ghostBatchNorm(x, { gamma, beta, virtualBatch: a.number('virtualBatch'), eps: epsOf(a) }).y;
      },
    },
  },
  source: 'batch/ghostBatchNorm.ts',
  build: (features, options) => new GhostBatchNorm(features, options),
});
