import type { NDArray, Shape } from '../contract.ts';
import { zerosLike } from './results.ts';
import { broadcasting, contiguous, copyStrided } from './strided.ts';

/** Every kernel here is the same strided copy; what differs is where the values are read and where they are written. */

export function broadcastTo(x: NDArray, shape: Shape): NDArray {
  const y = zerosLike(x, shape);
  copyStrided(shape, y.data, contiguous(shape), x.data, broadcasting(x.shape, shape));
  return y;
}

export function permute(x: NDArray, axes: readonly number[]): NDArray {
  const { strides } = contiguous(x.shape);
  const shape = axes.map((axis) => x.shape[axis]);
  const y = zerosLike(x, shape);
  const source = { offset: 0, strides: axes.map((axis) => strides[axis]) };
  copyStrided(shape, y.data, contiguous(shape), x.data, source);
  return y;
}

export function concat(xs: readonly NDArray[], axis: number): NDArray {
  const shape = [...xs[0].shape];
  shape[axis] = xs.reduce((total, x) => total + x.shape[axis], 0);
  const y = zerosLike(xs[0], shape);
  const { strides } = contiguous(shape);
  let offset = 0;
  for (const x of xs) {
    copyStrided(x.shape, y.data, { offset, strides }, x.data, contiguous(x.shape));
    offset += x.shape[axis] * strides[axis];
  }
  return y;
}

export function slice(x: NDArray, begin: readonly number[], size: Shape): NDArray {
  const y = zerosLike(x, size);
  copyStrided(size, y.data, contiguous(size), x.data, startingAt(begin, x.shape));
  return y;
}

export function pad(x: NDArray, before: readonly number[], after: readonly number[], value: number): NDArray {
  const shape = x.shape.map((length, axis) => before[axis] + length + after[axis]);
  const y = zerosLike(x, shape);
  y.data.fill(value);
  copyStrided(x.shape, y.data, startingAt(before, shape), x.data, contiguous(x.shape));
  return y;
}

/** The box within an array of `shape` whose first cell is `begin`. */
function startingAt(begin: readonly number[], shape: Shape) {
  const { strides } = contiguous(shape);
  const offset = begin.reduce((sum, index, axis) => sum + index * strides[axis], 0);
  return { offset, strides };
}
