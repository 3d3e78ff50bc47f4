import { kernels } from '../../../kernels/active.ts';
import type { NDArray, Numbers } from '../../../kernels/contract.ts';
import { channelSets } from '../core/sets.ts';
import { centred, numbersLike, perSet, setMoments } from '../core/standardizeBy.ts';

/**
 * Synchronized batch normalization (Peng et al. 2018, MegDet, arXiv:1711.07240): a batch that is split over several workers is
 * normalized as one. Each function below is what one worker computes, or what all of them exchange: no memory is shared, so
 * workers of any kind can run them.
 *
 * Index set   S_i = { j : j_C = i_C } over all shards; worker r has n_r of the N values of each channel.
 * Forward     each worker takes mu_r and v_r of its shard; all exchange (n_r, mu_r, v_r) and merge (Chan et al. 1979):
 *             N = sum n_r,  mu = (1/N) sum n_r mu_r,  v = (1/N) sum n_r ( v_r + (mu_r - mu)^2 )
 * Backward    as BatchNorm's dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) ), but the means are over all shards: each
 *             worker has S1_r = sum g and S2_r = sum g xHat of its shard; all exchange these sums, and divide by N:
 *               dx = (1/sigma) ( g - (1/N) sum_r S1_r - xHat (1/N) sum_r S2_r )
 *               dgamma_r = sum dy xHat and dbeta_r = sum dy stay local: the sum over the workers is the gradient
 *
 * Traps: averaging the workers' means or gradients is right for equal shards only (3 and 7 samples: 19 % off); a worker may have
 * one value, or none, while all together have enough.
 */
export interface ShardMoments {
  /** n_r: values per channel; 0 for an empty shard. */
  count: number;
  /** [C] */
  mean: Numbers;
  /** [C], biased. */
  variance: Numbers;
}

/** What a worker sends in the forward pass, of its shard [n, C] or [n, H, W, C]. */
export function shardMoments(x: NDArray): ShardMoments {
  const view = channelSets(x.shape);
  if (x.data.length === 0) {
    const channels = x.shape[x.shape.length - 1];
    return { count: 0, mean: new Float64Array(channels), variance: new Float64Array(channels) };
  }
  return { count: view.p, ...setMoments(x, view) };
}

/** Mean and variance of all values together. The shards may be batches, too (recalibrate.ts has the same formula, stepwise). */
export function mergeMoments(shards: readonly ShardMoments[]): ShardMoments {
  const count = shards.reduce((sum, shard) => sum + shard.count, 0);
  if (count === 0)
    throw new Error('mergeMoments: all shards are empty; there is nothing to take statistics of.');
  const merged = (of: (shard: ShardMoments, c: number) => number) =>
    Float64Array.from(shards[0].mean, (_, c) => {
      let sum = 0;
      for (const shard of shards) sum += (shard.count / count) * of(shard, c);
      return sum;
    });
  const mean = merged((shard, c) => shard.mean[c]);
  return { count, mean, variance: merged((shard, c) => shard.variance[c] + (shard.mean[c] - mean[c]) ** 2) };
}

export interface SyncCall {
  /** [C] each. */
  gamma: NDArray;
  beta: NDArray;
  /** The moments of all shards together. */
  all: ShardMoments;
  eps: number;
}

/** y of one shard. */
export function syncForward(x: NDArray, call: SyncCall): NDArray {
  if (x.data.length === 0) return x;
  return kernels(x).standardize({
    x,
    gamma: call.gamma,
    beta: call.beta,
    ...core(x, call),
    given: given(call),
  }).y;
}

/** What a worker sends in the backward pass: its own dbeta and dgamma, [C] each. */
export interface ShardSums {
  dbeta: Numbers;
  dgamma: Numbers;
}

export function shardSums(dy: NDArray, x: NDArray, call: SyncCall): ShardSums {
  const nothing = numbersLike(x, new Float64Array(call.all.mean.length));
  if (x.data.length === 0) return { dbeta: nothing, dgamma: nothing };
  const { dgamma, dbeta } = direct(dy, x, call);
  return { dbeta: dbeta?.data ?? nothing, dgamma: dgamma?.data ?? nothing };
}

/** dx of one shard, from the sums of all: S1 = gamma sum dbeta_r and S2 = gamma sum dgamma_r, divided by the total N. */
export function syncBackward(dy: NDArray, x: NDArray, sums: readonly ShardSums[], call: SyncCall): NDArray {
  if (x.data.length === 0) return x;
  const { gamma, all, eps } = call;
  const k = kernels(x);
  const view = channelSets(x.shape);
  const perValue = (c: number) => gamma.data[c] / Math.sqrt(all.variance[c] + eps) / all.count;
  const total = (of: keyof ShardSums, c: number) => sums.reduce((sum, shard) => sum + shard[of][c], 0);
  const meanPath = perSet(x, view, (c) => perValue(c) * total('dbeta', c));
  const slope = perSet(x, view, (c) => (perValue(c) * total('dgamma', c)) / Math.sqrt(all.variance[c] + eps));
  const variancePath = k.binary('mul', centred(x, view, all.mean), slope);
  const both = k.binary('add', variancePath, meanPath);
  const { dx } = direct(dy, x, call);
  return k.binary('sub', dx as NDArray, { shape: x.shape, data: both.data });
}

/** The backward pass with the statistics as constants. */
function direct(dy: NDArray, x: NDArray, call: SyncCall) {
  return kernels(x).standardizeBackward({
    ...core(x, call),
    dy,
    x,
    y: x, // only a ReLU would look at y
    gamma: call.gamma,
    statistics: given(call),
    through: { mean: false, variance: false },
    needs: { x: true, gamma: true, beta: true, residual: false },
  });
}

function core(x: NDArray, { eps }: SyncCall) {
  return { view: channelSets(x.shape), options: { eps, epsInside: true, ddof: 0, center: true } as const };
}

function given({ all: { mean, variance } }: SyncCall) {
  const shape = [mean.length];
  return { mean: { shape, data: mean }, variance: { shape, data: variance } };
}
