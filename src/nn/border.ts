import { permute, type Tensor, transpose } from '../autograd/index.ts';

/**
 * The border to PyTorch's layouts; nothing else in the project knows them. Channels come second there and last here, weights
 * have their outputs first there and last here. Each function is an ordinary operation, so gradients cross the border too.
 */

/** [N, C, ...] -> [N, ..., C]. Vectors [N, C] are the same on both sides. */
export function channelsLast(x: Tensor): Tensor {
  return x.rank < 3 ? x : permute(x, [0, ...range(2, x.rank), 1]);
}

/** [N, ..., C] -> [N, C, ...]. */
export function channelsFirst(x: Tensor): Tensor {
  return x.rank < 3 ? x : permute(x, [0, x.rank - 1, ...range(1, x.rank - 1)]);
}

/** What one sample has, [C, ...] -> [..., C]: gamma and beta of a LayerNorm over whole images. */
export function sampleChannelsLast(gamma: Tensor): Tensor {
  return permute(gamma, [...range(1, gamma.rank), 0]);
}

/** [..., C] -> [C, ...]. */
export function sampleChannelsFirst(gamma: Tensor): Tensor {
  return permute(gamma, [gamma.rank - 1, ...range(0, gamma.rank - 1)]);
}

/**
 * Convolution weights [out, in / groups, kh, kw] -> [kh, kw, in / groups, out], of sequences without kh; those of transposed
 * convolutions [in, out / groups, kh, kw] -> [kh, kw, out / groups, in].
 */
export function kernelLast(weight: Tensor): Tensor {
  return permute(weight, [...range(2, weight.rank), 1, 0]);
}

/** [kh, kw, in / groups, out] -> [out, in / groups, kh, kw]. */
export function kernelFirst(weight: Tensor): Tensor {
  return permute(weight, [weight.rank - 1, weight.rank - 2, ...range(0, weight.rank - 2)]);
}

/** Dense weights [out, in] -> [in, out]. */
export function denseLast(weight: Tensor): Tensor {
  return transpose(weight);
}

/** [in, out] -> [out, in]. */
export function denseFirst(weight: Tensor): Tensor {
  return transpose(weight);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
