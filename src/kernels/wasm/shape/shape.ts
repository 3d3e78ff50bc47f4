import type { NDArray, Shape } from '../../contract.ts';
import { broadcastStrides, contiguousStrides } from '../../strides.ts';
import { input, kernelCall, result } from '../runtime/operands.ts';
import { copyStrided } from './copy.ts';

/** Every kernel here is the same strided copy; what differs is where the values are read and where they are written. */

export function broadcastTo(x: NDArray, shape: Shape): NDArray {
  const strides = broadcastStrides(x.shape, shape);
  return kernelCall(() => {
    const y = result(shape);
    copyStrided(shape, y.data.byteOffset, contiguousStrides(shape), input(x.data), strides);
    return y;
  });
}

export function permute(x: NDArray, axes: readonly number[]): NDArray {
  return kernelCall(() => {
    const strides = contiguousStrides(x.shape);
    const shape = axes.map((axis) => x.shape[axis]);
    const y = result(shape);
    const source = axes.map((axis) => strides[axis]);
    copyStrided(shape, y.data.byteOffset, contiguousStrides(shape), input(x.data), source);
    return y;
  });
}

export function concat(xs: readonly NDArray[], axis: number): NDArray {
  return kernelCall(() => {
    const shape = [...xs[0].shape];
    shape[axis] = xs.reduce((total, x) => total + x.shape[axis], 0);
    const y = result(shape);
    const strides = contiguousStrides(shape);
    let at = y.data.byteOffset;
    for (const x of xs) {
      copyStrided(x.shape, at, strides, input(x.data), contiguousStrides(x.shape));
      at += x.shape[axis] * strides[axis] * 4;
    }
    return y;
  });
}

export function slice(x: NDArray, begin: readonly number[], size: Shape): NDArray {
  return kernelCall(() => {
    const y = result(size);
    const strides = contiguousStrides(x.shape);
    const from = input(x.data) + offsetOf(begin, strides);
    copyStrided(size, y.data.byteOffset, contiguousStrides(size), from, strides);
    return y;
  });
}

export function pad(x: NDArray, before: readonly number[], after: readonly number[], value: number): NDArray {
  return kernelCall(() => {
    const shape = x.shape.map((length, axis) => before[axis] + length + after[axis]);
    const y = result(shape);
    y.data.fill(value);
    const strides = contiguousStrides(shape);
    const to = y.data.byteOffset + offsetOf(before, strides);
    copyStrided(x.shape, to, strides, input(x.data), contiguousStrides(x.shape));
    return y;
  });
}

/** Where the cell `index` lies, in bytes from the first. */
function offsetOf(index: readonly number[], strides: readonly number[]): number {
  return index.reduce((sum, i, axis) => sum + i * strides[axis], 0) * 4;
}
