import { shown } from '../errors.ts';
import type { Shape, Window } from '../kernels/contract.ts';

/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

/**
 * Cells around the image: one number, [above and below, left and right] or [top, bottom, left, right]. 'same': output =
 * ceil(input / stride), the odd cell at the bottom right; 'valid': none.
 */
export type Padding = Pair | readonly [number, number, number, number] | 'same' | 'valid';

export interface WindowOptions {
  stride?: Pair;
  padding?: Padding;
  dilation?: Pair;
}

/** The names of WindowOptions. */
export const windowOptions = ['stride', 'padding', 'dilation'] as const;

/** A window's geometry over images [N, H, W, C]; throws where it does not fit. `roundsUp`: it may reach over the edge. */
export function windowOver(
  name: string,
  shape: Shape,
  kernel: Pair,
  options: WindowOptions,
  roundsUp = false,
): Window {
  if (shape.length !== 4) {
    throw new Error(`${name}: expected images [N, H, W, C], got [${shape.join(', ')}].`);
  }
  checkWindow(name, kernel, options);
  const [kh, kw] = pair(kernel);
  const stride = pair(options.stride ?? 1);
  const dilation = pair(options.dilation ?? 1);
  const extent = [(kh - 1) * dilation[0] + 1, (kw - 1) * dilation[1] + 1];
  const [top, bottom] = paddingOf(options.padding ?? 0, 0, shape[1], extent[0], stride[0]);
  const [left, right] = paddingOf(options.padding ?? 0, 1, shape[2], extent[1], stride[1]);
  const [below, beside] = roundsUp ? [stride[0] - 1, stride[1] - 1] : [0, 0];
  if (shape[1] + top + bottom + below < extent[0] || shape[2] + left + right + beside < extent[1]) {
    throw new Error(
      `${name}: a window of ${extent.join('x')} cells does not fit into images [${shape.join(', ')}] with padding ` +
        `[${[top, bottom, left, right].join(', ')}]. Use padding 'same', or larger images.`,
    );
  }
  return { kernel: [kh, kw], stride, dilation, padding: [top, bottom, left, right] };
}

/** Throws for a window that is none: cells, steps and distances are whole numbers of at least 1, padding of at least 0. */
export function checkWindow(name: string, kernel: Pair, options: WindowOptions): void {
  checkPair(name, 'the window', kernel, 1);
  checkPair(name, 'stride', options.stride ?? 1, 1);
  checkPair(name, 'dilation', options.dilation ?? 1, 1);
  const { padding = 0 } = options;
  if (padding !== 'same' && padding !== 'valid') checkPadding(name, padding, "'same', 'valid', ");
}

/** Throws for padding that is not in numbers; `or` says what else it may be. */
export function checkPadding(name: string, padding: unknown, or = ''): void {
  if (isCells(padding, 0, [2, 4])) return;
  throw new Error(
    `${name}: padding must be ${or}a whole number of at least 0, [height, width] or [top, bottom, left, right], got ` +
      `${shown(padding)}.`,
  );
}

export function checkPair(name: string, option: string, value: unknown, least: number): void {
  if (isCells(value, least, [2])) return;
  throw new Error(
    `${name}: ${option} must be a whole number of at least ${least}, or [height, width], got ${shown(value)}.`,
  );
}

/** One number of cells, or a list of as many. */
function isCells(value: unknown, least: number, lengths: readonly number[]): boolean {
  const list = Array.isArray(value) ? value : [value, value];
  return (
    lengths.includes(list.length) &&
    list.every((each) => Number.isSafeInteger(each) && each >= least && each <= LARGEST)
  );
}

/** No image has so many rows; beyond, addresses in the kernels would overflow. */
const LARGEST = 2 ** 20;

/** [height, width] */
export function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/** The cells before and behind an axis, of padding in numbers. */
export function cellsAround(
  padding: Exclude<Padding, 'same' | 'valid'>,
  axis: 0 | 1,
): readonly [number, number] {
  if (typeof padding === 'number') return [padding, padding];
  const [before, behind] = padding.length === 4 ? padding.slice(2 * axis) : [padding[axis], padding[axis]];
  return [before, behind];
}

/**
 * How many rows and columns more the last windows reach over where the number of positions is rounded up, as with PyTorch's
 * ceil_mode: a window that begins on the image or in the padding before it counts, one that begins behind does not.
 */
export function overhangOf(shape: Shape, window: Window): [number, number] {
  const along = (axis: 0 | 1) => {
    const [before, behind] = window.padding.slice(2 * axis);
    const step = window.stride[axis];
    const padded = shape[1 + axis] + before + behind;
    const extent = (window.kernel[axis] - 1) * window.dilation[axis] + 1;
    const last = Math.ceil((padded - extent) / step) * step;
    return last < shape[1 + axis] + before ? Math.max(0, last + extent - padded) : 0;
  };
  return [along(0), along(1)];
}

function paddingOf(
  padding: Padding,
  axis: 0 | 1,
  input: number,
  extent: number,
  stride: number,
): readonly [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return cellsAround(padding, axis);
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
