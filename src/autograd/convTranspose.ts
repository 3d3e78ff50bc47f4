import { kernels } from '../kernels/active.ts';
import { checkBias } from '../kernels/checks.ts';
import type { ConvGeometry, NDArray } from '../kernels/contract.ts';
import { imageKernels } from '../kernels/images.ts';
import { checkCount, checkOptions, checkShape } from '../options.ts';
import { record, sameDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';
import { cellsAround, checkPadding, checkPair, type Padding, type Pair, pair } from './window.ts';

export interface ConvTranspose2dOptions {
  stride?: Pair;
  /** Cells that the result loses at its edges: what conv2d would be given to undo it. No 'same' here. */
  padding?: Exclude<Padding, 'same' | 'valid'>;
  /** Cells that it gains at the bottom and right, less than the stride or the dilation: conv2d rounds these away; default: 0. */
  outputPadding?: Pair;
  dilation?: Pair;
  /** Channels are cut into this many groups that do not see each other; default: 1. */
  groups?: number;
}

/** The names of ConvTranspose2dOptions. */
export const convTranspose2dOptions = ['stride', 'padding', 'outputPadding', 'dilation', 'groups'];

/**
 * The transpose of conv2d, which spreads each pixel over a window (Zeiler et al. 2010; "deconvolution"):
 * y[n, i s + a d - p, j s + b d - p, o] += x[n, i, j, c] w[a, b, o, c], then + bias[o].
 * x [N, H, W, in], w [kh, kw, out / groups, in] (the weight of a conv2d from out to in channels, as in Keras), bias [out] or
 * null -> [N, H', W', out] with H' = (H - 1) s - 2 p + d (kh - 1) + 1 + outputPadding.
 * dx = conv2d(dy, w), dw = the weight gradient of that conv2d with x in the place of its dy, dbias = sum of dy over n, i, j.
 */
export function convTranspose2d(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  const name = 'convTranspose2d';
  requireTensor(name, w);
  sameDType(name, x, w, bias);
  checkTransposed(name, options);
  const { groups = 1 } = options;
  const [kh, kw, outPerGroup, inChannels] = w.shape;
  if (w.rank !== 4 || x.rank !== 4 || x.shape[3] !== inChannels || inChannels % groups !== 0) {
    throw new Error(
      `${name}: expected images [N, H, W, in] and a weight [kh, kw, out / groups, in], in divisible by the ${groups} ` +
        `groups; got [${x.shape.join(', ')}] and [${w.shape.join(', ')}].`,
    );
  }
  const out = outPerGroup * groups;
  checkBias(name, bias, out);
  const { geometry, shape, more } = layOut(name, x, [kh, kw], out, options);
  const k = kernels(x);
  const input = k.resident(x); // dw reads it again
  const grows = more[0] + more[1] > 0;
  const spread = imageKernels(x).conv2dTranspose(input, w, shape, geometry);
  const placed = grows ? k.pad(spread, [0, 0, 0, 0], [0, ...more, 0], 0) : spread;
  const y = bias ? k.binary('add', placed, bias) : placed;
  return record(name, y, [x, w, bias], [[w], [input], []], (dy) => {
    const g = grows ? k.slice(dy, [0, 0, 0, 0], shape) : dy;
    return [
      () => imageKernels(x).conv2d(g, w, null, geometry),
      () => imageKernels(x).conv2dBackward(input, g, w, geometry, { x: false, w: true }).dw as NDArray,
      () => ({ shape: [out], data: k.reduce('sum', dy, [0, 1, 2]).data }),
    ];
  });
}

/** Throws for options that it does not take. */
export function checkTransposed(name: string, options: ConvTranspose2dOptions): void {
  checkOptions(name, options, convTranspose2dOptions);
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  checkPair(name, 'stride', stride, 1);
  checkPair(name, 'dilation', dilation, 1);
  checkPadding(name, padding);
  checkPair(name, 'outputPadding', outputPadding, 0);
  checkCount(name, 'groups', groups);
  for (const axis of [0, 1] as const) {
    const limit = Math.max(pair(stride)[axis], pair(dilation)[axis]);
    if (pair(outputPadding)[axis] < limit) continue;
    throw new Error(
      `${name}: outputPadding must be smaller than the stride or the dilation, got ${pair(outputPadding)[axis]} with at most ` +
        `${limit}: what conv2d rounds away is less than that.`,
    );
  }
}

/** The convolution whose transpose this is, the shape of its images, and the rows and columns that follow behind those. */
function layOut(
  name: string,
  x: Tensor,
  kernel: readonly [number, number],
  out: number,
  { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 }: ConvTranspose2dOptions,
) {
  const [top, height, bottom, below] = along(0);
  const [left, width, right, beside] = along(1);
  if (height < 1 || width < 1) {
    throw new Error(
      `${name}: nothing is left of images [${x.shape.join(', ')}] with a window ${kernel.join('x')} and that padding. Use less.`,
    );
  }
  const shape = [x.shape[0], height, width, out];
  checkShape(name, [x.shape[0], height + below, width + beside, out]);
  const geometry: ConvGeometry = {
    ...{ kernel, stride: pair(stride), padding: [top, bottom, left, right] },
    ...{ dilation: pair(dilation), groups },
  };
  return { geometry, shape, more: [below, beside] as const };

  /**
   * outputPadding takes back padding behind the axis. What is left of it are cells that no pixel reaches: less than a stride of them
   * that convolution rounds away, so they may be its image's; more (the dilation allows it) follow behind.
   */
  function along(axis: 0 | 1) {
    const [before, behind] = cellsAround(padding, axis);
    const more = pair(outputPadding)[axis];
    const cut = Math.max(0, behind - more);
    const extent = (kernel[axis] - 1) * pair(dilation)[axis] + 1;
    const unreached = more - behind + cut;
    const rounded = Math.min(unreached, pair(stride)[axis] - 1);
    const length = (x.shape[1 + axis] - 1) * pair(stride)[axis] + extent - before - cut + rounded;
    return [before, length, cut, unreached - rounded] as const;
  }
}
