import { affine, mean, sqrt, type Tensor, variance } from '../../../autograd/index.ts';

/**
 * Mean and standard deviation over some axes, as results on the graph, [.., 1, ..]: features that a norm takes out of x and
 * that something else uses. s = sqrt(v + eps).
 *   dx = dmean / m + ds (x - mean) / ((m - ddof) s)
 */
export function moments(x: Tensor, axes: readonly number[], options: { eps: number; ddof: 0 | 1 }): Moments {
  const { eps, ddof } = options;
  const v = variance(x, axes, { keepDims: true, ddof });
  return { mean: mean(x, axes, { keepDims: true }), deviation: sqrt(affine(v, 1, eps)) };
}

export interface Moments {
  mean: Tensor;
  deviation: Tensor;
}
