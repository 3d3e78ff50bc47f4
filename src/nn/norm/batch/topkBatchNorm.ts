import type { Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import {
  AbsoluteBatchNorm,
  type AbsoluteCall,
  type AbsoluteOptions,
  type AbsoluteScale,
  absoluteBatchNorm,
} from './absoluteBatchNorm.ts';

/**
 * Top-k batch normalization (Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814, section 3.3); k = 1 is L-infinity.
 *
 * Index set   S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions; m = N H W.
 * Forward     mu = (1/m) sum x,  s = (c_m / k) sum of the k largest |x - mu|,
 *             c_m = (1 + sqrt(pi ln 4)) / (2 sqrt(2 ln m)), which turns the largest of m normal numbers into their deviation,
 *             xHat = (x - mu) / (s + eps),  y = gamma xHat + beta
 * Backward    as in L1 batch norm, with h = sign(x - mu) for the k values that count and 0 for the others, t = s + eps:
 *               ds = -(1/t) sum(g xHat),  ds/dx = (c_m/k) (h - mean(h)), the mean over all m
 *               dx = (1/t) ( g - mean(g) ) + ds (c_m/k) (h - mean(h)),  dgamma = sum dy xHat,  dbeta = sum dy
 * Evaluation  mu and s are the running ones, constants.
 *
 * Depends on the batch while training. Traps: c_m depends on the batch size, and is not defined for m = 1; of equally large
 * deviations the first ones count.
 */
export function topkBatchNorm(x: Tensor, { topK, ...set }: AbsoluteCall & { topK: number }): Tensor {
  return absoluteBatchNorm(x, topkScale(topK), set);
}

function topkScale(topK: number): AbsoluteScale {
  const normal = (m: number) => (1 + Math.sqrt(Math.PI * Math.log(4))) / (2 * Math.sqrt(2 * Math.log(m)));
  return {
    name: 'TopkBatchNorm',
    factor: (m) => normal(m) / Math.min(topK, m),
    counts: (distances) => largest(distances, topK),
  };
}

/** 1 for the k largest values of each channel, 0 for the others; distances [1, m, C, 1]. */
function largest(distances: NDArray, k: number): NDArray {
  const [, m, channels] = distances.shape;
  const chosen = distances.data.map(() => 0);
  const order = new Uint32Array(m);
  for (let c = 0; c < channels; c++) {
    const at = (i: number) => distances.data[i * channels + c];
    for (let i = 0; i < m; i++) order[i] = i;
    order.sort((i, j) => at(j) - at(i) || i - j);
    for (const i of order.subarray(0, k)) chosen[i * channels + c] = 1;
  }
  return { shape: distances.shape, data: chosen };
}

export interface TopkBatchNormOptions extends AbsoluteOptions {
  /** How many deviations count; 10 unless told otherwise, as in the paper, or all of fewer. */
  topK?: number;
}

/** Top-k batch normalization of [N, C] or [N, H, W, C], C = features. */
export class TopkBatchNorm extends AbsoluteBatchNorm {
  constructor(features: number, options: TopkBatchNormOptions = {}) {
    const { topK = 10 } = options;
    if (!Number.isInteger(topK) || topK < 1) {
      throw new Error(`TopkBatchNorm(features=${features}): topK counts values, at least 1; got ${topK}.`);
    }
    super(features, options, topkScale(topK));
  }
}
