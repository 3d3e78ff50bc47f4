import { kernels } from '../kernels/active.ts';
import { windowPositions } from '../kernels/checks.ts';
import type { Shape, Window } from '../kernels/contract.ts';
import { checkFlag, checkOptions } from '../options.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { max, mean } from './reduce.ts';
import type { Tensor } from './tensor.ts';
import { type Pair, type WindowOptions, windowOptions, windowOver } from './window.ts';

export interface PoolOptions extends WindowOptions {}

/** The names that avgPool2d takes. */
export const avgPool2dOptions = [...windowOptions, 'countPadding'];

/** The largest value of each window; x [N, H, W, C]. Default stride: size.   dy goes to the first maximum. */
export function maxPool2d(x: Tensor, size: Pair, options: PoolOptions = {}): Tensor {
  requireTensor('maxPool2d', x);
  checkOptions('maxPool2d', options, windowOptions);
  const window = windowOver('maxPool2d', x.shape, size, { stride: size, ...options });
  checkWindowsHaveValues(x.shape, window);
  const y = kernels(x).maxPool2d(x, window);
  return record('maxPool2d', y, [x], (dy) => [kernels(x).maxPool2dBackward(dy, x, y, window)]);
}

/** The mean of each window; padding counts as zeros unless countPadding is false.   dy / cells goes to every cell. */
export function avgPool2d(
  x: Tensor,
  size: Pair,
  options: PoolOptions & { countPadding?: boolean } = {},
): Tensor {
  requireTensor('avgPool2d', x);
  checkOptions('avgPool2d', options, avgPool2dOptions);
  const { countPadding = true, ...geometry } = options;
  checkFlag('avgPool2d', 'countPadding', countPadding);
  const window = windowOver('avgPool2d', x.shape, size, { stride: size, ...geometry });
  const y = kernels(x).avgPool2d(x, window, countPadding);
  return record('avgPool2d', y, [x], [], (dy) => [
    kernels(x).avgPool2dBackward(dy, x.shape, window, countPadding),
  ]);
}

/** The mean of each channel over the image: [N, H, W, C] -> [N, C]. */
export const globalAvgPool2d = (x: Tensor) => mean(images('globalAvgPool2d', x), [1, 2]);

/** The largest value of each channel over the image: [N, H, W, C] -> [N, C]. */
export const globalMaxPool2d = (x: Tensor) => max(images('globalMaxPool2d', x), [1, 2]);

/** Throws where a window lies in the padding alone: there is no largest of no values. */
function checkWindowsHaveValues([, height, width]: Shape, window: Window): void {
  const { kernel, stride, padding, dilation } = window;
  if (padding.every((cells) => cells === 0)) return;
  const positions = windowPositions(height, width, window);
  for (const [axis, length, before] of [
    [0, height, padding[0]],
    [1, width, padding[2]],
  ] as const) {
    for (let position = 0; position < positions[axis]; position++) {
      // The first tap at or behind the image's first row, if the window has one there
      const start = position * stride[axis] - before;
      const tap = start < 0 ? Math.ceil(-start / dilation[axis]) : 0;
      if (tap < kernel[axis] && start + tap * dilation[axis] < length) continue;
      throw new Error(
        `maxPool2d: a window ${kernel.join('x')} with padding [${padding.join(', ')}] lies in the padding alone, where there ` +
          `is no value to take, in images of ${height}x${width}. Use less padding.`,
      );
    }
  }
}

function images(name: string, x: Tensor): Tensor {
  requireTensor(name, x);
  if (x.rank === 4) return x;
  throw new Error(`${name}: expected images [N, H, W, C], got [${x.shape.join(', ')}].`);
}
