import { shown } from '../errors.ts';
import type { Shape, Window } from '../kernels/contract.ts';

/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

/** Cells around the image; 'same': output = ceil(input / stride), the odd cell at the bottom right; 'valid': none. */
export type Padding = Pair | 'same' | 'valid';

export interface WindowOptions {
  stride?: Pair;
  padding?: Padding;
  dilation?: Pair;
}

/** The names of WindowOptions. */
export const windowOptions = ['stride', 'padding', 'dilation'] as const;

/** A window's geometry over images [N, H, W, C]; throws where it does not fit. */
export function windowOver(name: string, shape: Shape, kernel: Pair, options: WindowOptions): Window {
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
  if (shape[1] + top + bottom < extent[0] || shape[2] + left + right < extent[1]) {
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
  if (padding !== 'same' && padding !== 'valid') {
    checkPair(name, 'padding', padding, 0, "'same', 'valid' or ");
  }
}

function checkPair(name: string, option: string, value: unknown, least: number, or = ''): void {
  const list = Array.isArray(value) ? value : [value, value];
  if (
    list.length === 2 &&
    list.every((each) => Number.isSafeInteger(each) && each >= least && each <= LARGEST)
  )
    return;
  throw new Error(
    `${name}: ${option} must be ${or}a whole number of at least ${least}, or [height, width], got ${shown(value)}.`,
  );
}

/** No image has so many rows; beyond, addresses in the kernels would overflow. */
const LARGEST = 2 ** 20;

function pair(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

function paddingOf(
  padding: Padding,
  axis: 0 | 1,
  input: number,
  extent: number,
  stride: number,
): [number, number] {
  if (padding === 'valid') return [0, 0];
  if (padding !== 'same') return [pair(padding)[axis], pair(padding)[axis]];
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
