import type { Numbers, SetStatistics } from '../../../kernels/contract.ts';

/**
 * The small arithmetic of switchable norm: mean and variance of every sample and channel (I), of every sample (L) and of every
 * channel over the batch (B), as they follow from one another, forward and backward. All in double, over N C numbers.
 */
export interface ThreeMoments {
  samples: number;
  channels: number;
  /** True where B are running statistics: constants. */
  batchIsGiven: boolean;
  instance: Moments;
  layer: Moments;
  batch: Moments;
}

/** [N C] for I, [N] for L, [C] for B. */
export interface Moments {
  mean: Numbers;
  variance: Numbers;
}

/** Weights of I, L and B. */
export type Weights = readonly [number, number, number];

/** mu_L = mean_c mu_I, v_L = mean_c (v_I + (mu_I - mu_L)^2), and the same over the samples for B unless it is given. */
export function threeMoments(
  instance: Moments,
  samples: number,
  running: SetStatistics | null,
): ThreeMoments {
  const channels = instance.mean.length / samples;
  const pooled = (sets: number, setOf: (i: number) => number): Moments => {
    const share = sets / instance.mean.length;
    // The means are taken of the differences from the first, so that equal ones stay exact
    const first = new Map<number, number>();
    const mean = new Float64Array(sets);
    const variance = new Float64Array(sets);
    for (let i = 0; i < instance.mean.length; i++) {
      const set = setOf(i);
      const base = first.get(set);
      if (base === undefined) first.set(set, instance.mean[i]);
      mean[set] += base === undefined ? instance.mean[i] : share * (instance.mean[i] - base);
    }
    for (let i = 0; i < instance.variance.length; i++) {
      const set = setOf(i);
      variance[set] += share * (instance.variance[i] + (instance.mean[i] - mean[set]) ** 2);
    }
    return { mean, variance };
  };
  return {
    samples,
    channels,
    batchIsGiven: running !== null,
    instance,
    layer: pooled(samples, (i) => Math.floor(i / channels)),
    batch: running
      ? { mean: running.mean.data, variance: running.variance.data }
      : pooled(channels, (i) => i % channels),
  };
}

/**
 * sum_k w_k mu_k or sum_k w_k v_k for every sample and channel, as mu_I + w_L (mu_L - mu_I) + w_B (mu_B - mu_I): equal values
 * stay what they are, so that a constant input gives xHat = 0 exactly.
 */
export function mixed(of: keyof Moments, parts: ThreeMoments, weights: Weights): Float64Array {
  return Float64Array.from(parts.instance[of], (value, i) => {
    const [, layer, batch] = differencesAt(of, parts, i);
    return value + weights[1] * layer + weights[2] * batch;
  });
}

/**
 * From dL/dmu and dL/dv of the mixtures to dL/dmu_I and dL/dv_I: directly, and through L and B, each of which is a mean over
 * the C or N instances that it pools. d(v_L)/d(mu_I) = (2/C) (mu_I - mu_L): the path through mu_L sums to 0.
 */
export function toInstances(dmu: Numbers, dv: Numbers, parts: ThreeMoments, w: Weights, u: Weights): Moments {
  const { samples, channels, instance, layer, batch, batchIsGiven } = parts;
  const ofLayer = { mean: new Float64Array(samples), variance: new Float64Array(samples) };
  const ofBatch = { mean: new Float64Array(channels), variance: new Float64Array(channels) };
  for (let i = 0; i < dmu.length; i++) {
    const [n, c] = [Math.floor(i / channels), i % channels];
    ofLayer.mean[n] += (w[1] * dmu[i]) / channels;
    ofLayer.variance[n] += (u[1] * dv[i]) / channels;
    if (batchIsGiven) continue;
    ofBatch.mean[c] += (w[2] * dmu[i]) / samples;
    ofBatch.variance[c] += (u[2] * dv[i]) / samples;
  }
  const result = { mean: new Float64Array(dmu.length), variance: new Float64Array(dmu.length) };
  for (let i = 0; i < dmu.length; i++) {
    const [n, c] = [Math.floor(i / channels), i % channels];
    const spread =
      2 * (instance.mean[i] - layer.mean[n]) * ofLayer.variance[n] +
      2 * (instance.mean[i] - batch.mean[c]) * ofBatch.variance[c];
    result.mean[i] = w[0] * dmu[i] + ofLayer.mean[n] + ofBatch.mean[c] + spread;
    result.variance[i] = u[0] * dv[i] + ofLayer.variance[n] + ofBatch.variance[c];
  }
  return result;
}

/**
 * dlogit_k = w_k ( dw_k - sum_j w_j dw_j ) with dw_k = sum over samples and channels of d times the k-th statistic. What all
 * three have in common cancels, so only their differences from the first are summed.
 */
export function logitGradient(
  of: keyof Moments,
  d: Numbers,
  parts: ThreeMoments,
  weights: Weights,
): number[] {
  const dw = [0, 0, 0];
  for (let i = 0; i < d.length; i++) {
    differencesAt(of, parts, i).forEach((difference, k) => {
      dw[k] += d[i] * difference;
    });
  }
  const average = dw.reduce((sum, each, k) => sum + weights[k] * each, 0);
  return dw.map((each, k) => weights[k] * (each - average));
}

/** Largest logit first, so that infinite logits choose alone instead of giving NaN. */
export function softmax(logits: Numbers): Weights {
  const top = Math.max(...logits);
  const [a, b, c] = Array.from(logits, (logit) => (logit === top ? 1 : Math.exp(logit - top)));
  const sum = a + b + c;
  return [a / sum, b / sum, c / sum];
}

/** The statistics of I, L and B at sample and channel i, minus that of I. */
function differencesAt(of: keyof Moments, parts: ThreeMoments, i: number): Weights {
  const { channels, instance, layer, batch } = parts;
  const own = instance[of][i];
  return [0, layer[of][Math.floor(i / channels)] - own, batch[of][i % channels] - own];
}
