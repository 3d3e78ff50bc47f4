import { windowPositions } from '../kernels/checks.ts';
import type { Shape, Window } from '../kernels/contract.ts';
import { imageKernels } from '../kernels/images.ts';
import { checkFlag, checkNumber, checkOptions } from '../options.ts';
import { affine } from './elementwise.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { max, mean } from './reduce.ts';
import { pad } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { overhangOf, type Pair, type WindowOptions, windowOptions, windowOver } from './window.ts';

export interface PoolOptions extends WindowOptions {
  /** Rounds the number of windows up: the last ones may reach over the edge; default: false. */
  ceilMode?: boolean;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Does padding count as zeros in the mean? Default: true. What ceilMode adds never counts (as in PyTorch). */
  countPadding?: boolean;
  /** The sum of each window is divided by this instead of the number of its cells; default: null. */
  divisor?: number | null;
}

/** The names that the pools take. */
export const maxPoolOptions = [...windowOptions, 'ceilMode'];
export const avgPoolOptions = [...maxPoolOptions, 'countPadding', 'divisor'];

/** The largest value of each window; x [N, H, W, C]. Default stride: size.   dy goes to the first maximum. */
export const maxPool2d = (x: Tensor, size: Pair, options: PoolOptions = {}) =>
  poolMaxima('maxPool2d', x, size, options);

/** The mean of each window; padding counts as zeros unless countPadding is false.   dy / cells goes to every cell. */
export const avgPool2d = (x: Tensor, size: Pair, options: AvgPoolOptions = {}) =>
  poolMeans('avgPool2d', x, size, options);

/** maxPool2d under the name of who calls it. */
export function poolMaxima(name: string, x: Tensor, size: Pair, options: PoolOptions): Tensor {
  const { fitting, more } = windowOf(name, x, size, options, maxPoolOptions);
  const window = grown(fitting, more);
  checkWindowsHaveValues(name, x.shape, window);
  const y = imageKernels(x).maxPool2d(x, window);
  return record(name, y, [x], (dy) => [imageKernels(x).maxPool2dBackward(dy, x, y, window)]);
}

/** avgPool2d under the name of who calls it. */
export function poolMeans(name: string, x: Tensor, size: Pair, options: AvgPoolOptions): Tensor {
  const { fitting, more } = windowOf(name, x, size, options, avgPoolOptions);
  checkMean(name, options);
  const { countPadding = true, divisor = null } = options;
  if (divisor === null && countPadding && more[0] + more[1] > 0) {
    // The padding counts and what lies beyond does not: as cells of the image the padding does
    const [top, bottom, left, right] = fitting.padding;
    const padded = pad(x, [0, top, left, 0], [0, bottom, right, 0]);
    return means(name, padded, grown({ ...fitting, padding: [0, 0, 0, 0] }, more), false);
  }
  const window = grown(fitting, more);
  if (divisor === null) return means(name, x, window, countPadding);
  return affine(means(name, x, window, true), (window.kernel[0] * window.kernel[1]) / divisor, 0);
}

/** Throws for options of an average that are none; of the window they are windowOver's. */
export function checkMean(name: string, options: AvgPoolOptions): void {
  checkFlag(name, 'ceilMode', options.ceilMode);
  checkFlag(name, 'countPadding', options.countPadding);
  const { divisor = null } = options;
  if (divisor !== null) checkNumber(name, 'divisor', divisor);
  if (divisor === 0) throw new Error(`${name}: divisor must not be 0.`);
}

function means(name: string, x: Tensor, window: Window, countPadding: boolean): Tensor {
  const y = imageKernels(x).avgPool2d(x, window, countPadding);
  return record(name, y, [x], [], (dy) => [
    imageKernels(x).avgPool2dBackward(dy, x.shape, window, countPadding),
  ]);
}

/** The windows that fit, and how many rows and columns more the last ones reach over (ceilMode). */
function windowOf(name: string, x: Tensor, size: Pair, options: PoolOptions, names: readonly string[]) {
  requireTensor(name, x);
  checkOptions(name, options, names);
  const { stride = size, padding, dilation, ceilMode = false } = options;
  checkFlag(name, 'ceilMode', ceilMode);
  const fitting = windowOver(name, x.shape, size, { stride, padding, dilation }, ceilMode);
  return { fitting, more: ceilMode ? overhangOf(x.shape, fitting) : ([0, 0] as const) };
}

/** More padding below and to the right. */
function grown(window: Window, [rows, columns]: readonly [number, number]): Window {
  const [top, bottom, left, right] = window.padding;
  return { ...window, padding: [top, bottom + rows, left, right + columns] };
}

/** The mean of each channel over the image: [N, H, W, C] -> [N, C]. */
export const globalAvgPool2d = (x: Tensor) => mean(images('globalAvgPool2d', x), [1, 2]);

/** The largest value of each channel over the image: [N, H, W, C] -> [N, C]. */
export const globalMaxPool2d = (x: Tensor) => max(images('globalMaxPool2d', x), [1, 2]);

/** Throws where a window lies in the padding alone: there is no largest of no values. */
function checkWindowsHaveValues(name: string, [, height, width]: Shape, window: Window): void {
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
        `${name}: a window ${kernel.join('x')} with padding [${padding.join(', ')}] lies in the padding alone, where there ` +
          `is no value to take, in images of ${height}x${width}. Use less padding.`,
      );
    }
  }
}

/** Throws unless x is images. */
export function images(name: string, x: Tensor): Tensor {
  requireTensor(name, x);
  if (x.rank === 4) return x;
  throw new Error(`${name}: expected images [N, H, W, C], got [${x.shape.join(', ')}].`);
}
