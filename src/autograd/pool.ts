import { kernels } from '../kernels/active.ts';
import { record } from './graph.ts';
import { max, mean } from './reduce.ts';
import type { Tensor } from './tensor.ts';
import { type Pair, type WindowOptions, windowOver } from './window.ts';

export interface PoolOptions extends WindowOptions {}

/** The largest value of each window; x [N, H, W, C]. Default stride: size.   dy goes to the first maximum. */
export function maxPool2d(x: Tensor, size: Pair, options: PoolOptions = {}): Tensor {
  const window = windowOver('maxPool2d', x.shape, size, { stride: size, ...options });
  const y = kernels(x).maxPool2d(x, window);
  return record('maxPool2d', y, [x], (dy) => [kernels(x).maxPool2dBackward(dy, x, y, window)]);
}

/** The mean of each window; padding counts as zeros unless countPadding is false.   dy / cells goes to every cell. */
export function avgPool2d(
  x: Tensor,
  size: Pair,
  options: PoolOptions & { countPadding?: boolean } = {},
): Tensor {
  const { countPadding = true, ...geometry } = options;
  const window = windowOver('avgPool2d', x.shape, size, { stride: size, ...geometry });
  const y = kernels(x).avgPool2d(x, window, countPadding);
  return record('avgPool2d', y, [x], [], (dy) => [
    kernels(x).avgPool2dBackward(dy, x.shape, window, countPadding),
  ]);
}

/** The mean of each channel over the image: [N, H, W, C] -> [N, C]. */
export const globalAvgPool2d = (x: Tensor) => mean(x, [1, 2]);

/** The largest value of each channel over the image: [N, H, W, C] -> [N, C]. */
export const globalMaxPool2d = (x: Tensor) => max(x, [1, 2]);
