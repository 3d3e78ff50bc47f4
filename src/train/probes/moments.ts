import type { Tensor } from '../../autograd/index.ts';

/** Mean and variance (divided by the number of values) of every channel of x [N, ..., C], in two passes. */
export function channelMoments({ data, size, shape }: Tensor): {
  mean: Float64Array;
  variance: Float64Array;
} {
  const channels = shape[shape.length - 1];
  const count = size / channels;
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  for (let i = 0; i < size; i++) mean[i % channels] += data[i] / count;
  for (let i = 0; i < size; i++) variance[i % channels] += (data[i] - mean[i % channels]) ** 2 / count;
  return { mean, variance };
}
