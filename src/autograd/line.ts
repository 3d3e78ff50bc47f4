import { shown } from '../errors.ts';
import { checkBias } from '../kernels/checks.ts';
import { checkCount, checkOptions } from '../options.ts';
import { adaptiveAvgPool2d, adaptiveMaxPool2d, MOST_POSITIONS } from './adaptivePool.ts';
import { conv2d } from './conv.ts';
import { checkTransposed, convTranspose2d } from './convTranspose.ts';
import { sameDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { type AvgPoolOptions, avgPoolOptions, maxPoolOptions, poolMaxima, poolMeans } from './pool.ts';
import { reshape } from './shape.ts';
import type { Tensor } from './tensor.ts';
import { windowOptions, windowOver } from './window.ts';

/** Convolution and pooling of sequences [N, L, C]: each is an image of one row, [N, 1, L, C], under a window of one row. */
export interface LineOptions {
  stride?: number;
  /** Cells at both ends, or [before, after]; 'same': output = ceil(input / stride); 'valid': none. */
  padding?: number | readonly [number, number] | 'same' | 'valid';
  dilation?: number;
}

export interface Conv1dOptions extends LineOptions {
  /** Channels are cut into this many groups that do not see each other; default: 1. */
  groups?: number;
  /** y = max(y, 0), in the same pass. */
  relu?: boolean;
}

export interface Pool1dOptions extends LineOptions {
  /** Rounds the number of windows up: the last one may reach over the end; default: false. */
  ceilMode?: boolean;
}

export interface AvgPool1dOptions extends Pool1dOptions {
  /** Does padding count as zeros in the mean? Default: true. */
  countPadding?: boolean;
}

export interface ConvTranspose1dOptions {
  stride?: number;
  /** Cells that the result loses at both ends, or [before, after]. */
  padding?: number | readonly [number, number];
  /** Cells that it gains at its end, less than the stride or the dilation; default: 0. */
  outputPadding?: number;
  dilation?: number;
  groups?: number;
}

/** The names of Conv1dOptions. */
const conv1dOptions = [...windowOptions, 'groups', 'relu'];
/** The names of AvgPool1dOptions. */
export const averages1dOptions = avgPoolOptions.filter((name) => name !== 'divisor');

/**
 * y[n, i, o] = bias[o] + sum over (a, c) of x[n, i s + a d - p, c] w[a, c, o]   (correlation), as conv2d and with its gradients.
 * x [N, L, in], w [k, in / groups, out], bias [out] or null -> [N, L', out].
 */
export function conv1d(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null = null,
  options: Conv1dOptions = {},
): Tensor {
  const name = 'conv1d';
  requireTensor(name, w);
  sameDType(name, x, w, bias);
  checkOptions(name, options, conv1dOptions);
  const { groups = 1, relu } = options;
  checkCount(name, 'groups', groups);
  const [k, inPerGroup, out] = w.shape;
  if (w.rank !== 3 || x.rank !== 3 || inPerGroup * groups !== x.shape[2] || out % groups !== 0) {
    throw new Error(
      `${name}: expected [N, L, in] and a weight [k, in / groups, out] with both channel counts divisible by the ${groups} ` +
        `groups; got [${x.shape.join(', ')}] and [${w.shape.join(', ')}].`,
    );
  }
  checkBias(name, bias, out);
  const row = asRow(name, x);
  const window = rowOptions(name, options);
  windowOver(name, row.shape, [1, k], window);
  return asLine(conv2d(row, reshape(w, [1, ...w.shape]), bias, { ...window, groups, relu }));
}

/**
 * The transpose of conv1d, as convTranspose2d and with its gradients: x [N, L, in], w [k, out / groups, in], bias [out] or null ->
 * [N, L', out] with L' = (L - 1) stride - 2 padding + dilation (k - 1) + 1 + outputPadding.
 */
export function convTranspose1d(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose1dOptions = {},
): Tensor {
  const name = 'convTranspose1d';
  requireTensor(name, w);
  sameDType(name, x, w, bias);
  checkTransposed(name, options as object);
  const { groups = 1, outputPadding = 0 } = options;
  checkCount(name, 'outputPadding', outputPadding, 0);
  const [, outPerGroup, inChannels] = w.shape;
  if (w.rank !== 3 || x.rank !== 3 || x.shape[2] !== inChannels || inChannels % groups !== 0) {
    throw new Error(
      `${name}: expected [N, L, in] and a weight [k, out / groups, in], in divisible by the ${groups} groups; got ` +
        `[${x.shape.join(', ')}] and [${w.shape.join(', ')}].`,
    );
  }
  checkBias(name, bias, outPerGroup * groups);
  const { stride, padding, dilation } = rowOptions(name, options);
  return asLine(
    convTranspose2d(asRow(name, x), reshape(w, [1, ...w.shape]), bias, {
      ...{ stride, padding: padding as readonly [number, number, number, number], dilation },
      ...{ outputPadding: [0, outputPadding], groups },
    }),
  );
}

/** The largest value of each window; x [N, L, C] -> [N, L', C]. Default stride: size.   dy goes to the first maximum. */
export function maxPool1d(x: Tensor, size: number, options: Pool1dOptions = {}): Tensor {
  return asLine(poolMaxima('maxPool1d', ...pooling('maxPool1d', x, size, options, maxPoolOptions)));
}

/** The mean of each window, [N, L, C] -> [N, L', C]; padding counts as zeros unless countPadding is false.   dy / cells to each cell. */
export function avgPool1d(x: Tensor, size: number, options: AvgPool1dOptions = {}): Tensor {
  return asLine(poolMeans('avgPool1d', ...pooling('avgPool1d', x, size, options, averages1dOptions)));
}

/** The means of L' windows that cover the sequence: [N, L, C] -> [N, L', C]. */
export function adaptiveAvgPool1d(x: Tensor, size: number): Tensor {
  checkPositions('adaptiveAvgPool1d', size);
  return asLine(adaptiveAvgPool2d(asRow('adaptiveAvgPool1d', x), [null, size]));
}

/** The largest values of L' windows that cover the sequence: [N, L, C] -> [N, L', C]. */
export function adaptiveMaxPool1d(x: Tensor, size: number): Tensor {
  checkPositions('adaptiveMaxPool1d', size);
  return asLine(adaptiveMaxPool2d(asRow('adaptiveMaxPool1d', x), [null, size]));
}

/** Throws for a length that no result of an adaptive pool has. */
export function checkPositions(name: string, size: number): void {
  checkCount(name, 'the size of the result', size, 1, MOST_POSITIONS);
}

function pooling(
  name: string,
  x: Tensor,
  size: number,
  options: AvgPool1dOptions,
  names: readonly string[],
): [Tensor, readonly [number, number], AvgPoolOptions] {
  checkOptions(name, options, names);
  checkCount(name, 'the window', size);
  const { stride = size } = options;
  return [asRow(name, x), [1, size], { ...options, ...rowOptions(name, { ...options, stride }) }];
}

/** The options of the same window over an image of one row. */
export function rowOptions(name: string, { stride = 1, padding = 0, dilation = 1 }: LineOptions) {
  checkCount(name, 'stride', stride);
  checkCount(name, 'dilation', dilation);
  const ends = typeof padding === 'number' ? [padding, padding] : padding;
  const isCells =
    Array.isArray(ends) && ends.length === 2 && ends.every((each) => Number.isSafeInteger(each) && each >= 0);
  if (!isCells && padding !== 'same' && padding !== 'valid') {
    throw new Error(
      `${name}: padding must be 'same', 'valid', a whole number of at least 0 or [before, after], got ${shown(padding)}.`,
    );
  }
  return {
    stride: [1, stride] as const,
    padding: isCells ? ([0, 0, ends[0], ends[1]] as const) : (padding as 'same' | 'valid'),
    dilation: [1, dilation] as const,
  };
}

/** [N, L, C] -> [N, 1, L, C] */
function asRow(name: string, x: Tensor): Tensor {
  requireTensor(name, x);
  if (x.rank !== 3) throw new Error(`${name}: expected sequences [N, L, C], got [${x.shape.join(', ')}].`);
  const [samples, length, channels] = x.shape;
  return reshape(x, [samples, 1, length, channels]);
}

/** [N, 1, L, C] -> [N, L, C] */
function asLine(x: Tensor): Tensor {
  const [samples, , length, channels] = x.shape;
  return reshape(x, [samples, length, channels]);
}
