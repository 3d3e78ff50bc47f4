import { permute, reshape, type Tensor, transpose } from '../autograd/index.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';

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

/**
 * How a tensor of ours lies in PyTorch: read as [split], its axes in the order `order`, then as [shape]. The same in words for all
 * kinds of weights, so that a state_dict can be written and read.
 */
export interface Layout {
  split: Shape;
  order: readonly number[];
  shape: Shape;
}

/** The same on both sides. */
export function sameLayout(shape: Shape): Layout {
  return { split: shape, order: range(0, shape.length), shape };
}

/** [..., in / groups, out] -> [out, in / groups, ...]: a convolution of any rank. */
export function kernelLayout(shape: Shape): Layout {
  const last = shape.length - 1;
  const order = [last, last - 1, ...range(0, last - 1)];
  return { split: shape, order, shape: order.map((axis) => shape[axis]) };
}

/**
 * [in, out] -> [out, in]. `image` [H, W, C]: the inputs are flattened images, in PyTorch those of [C, H, W]. Of a convolution's
 * result that is not flattened, or was averaged over its positions, the inputs are the same on both sides.
 */
export function denseLayout([features, out]: Shape, image: Shape = [features]): Layout {
  const rank = image.length;
  const order = [rank, rank - 1, ...range(0, rank - 1)];
  return { split: [...image, out], order, shape: [out, features] };
}

/** [H, W, C] -> [C, H, W]: what one sample has; a list of one number for each element of a flattened image stays a list. */
export function sampleLayout(image: Shape, isFlat = false): Layout {
  const last = image.length - 1;
  const order = [last, ...range(0, last)];
  return { split: image, order, shape: isFlat ? [sizeOf(image)] : order.map((axis) => image[axis]) };
}

/** A tensor of ours as PyTorch has it. */
export function toTorch(own: Tensor, { split, order, shape }: Layout): Tensor {
  return reshape(permute(reshape(own, split), order), shape);
}

/** A tensor of PyTorch, of the same size as `shape`, as we have it. */
export function fromTorch(theirs: Tensor, { split, order }: Layout, shape: Shape): Tensor {
  const turned = reshape(
    theirs,
    order.map((axis) => split[axis]),
  );
  return reshape(
    permute(
      turned,
      order.map((_, axis) => order.indexOf(axis)),
    ),
    shape,
  );
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
