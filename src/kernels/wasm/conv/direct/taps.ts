import type { ConvLayer } from '../sizes.ts';

/**
 * What all direct convolutions are made of. A **tap convolution** computes
 *
 *   out[n, q sy + oy, r sx + ox, :] = sum over taps t:  frame[n, q iy + t.y, r ix + t.x, :] weights[t.weight]
 *
 * for q < rows, r < columns. The frame is the source image with zeros around it. The forward convolution is one such
 * pass. The gradient of the image is one pass for each residue of the stride: the pixels with y = a (mod stride) are
 * touched by the taps with ky dilation = a + top (mod stride) only, and read dy without gaps, so no zeros are inserted.
 */
export interface TapConv {
  source: { height: number; width: number; channels: number };
  /** The frame's cell [0, 0] is the source's pixel [-top, -left]. Negative: the frame starts inside the source. */
  top: number;
  left: number;
  out: { height: number; width: number; channels: number };
  /** Pixels of the frame, and of the result, from one position to the next. */
  inStep: readonly [number, number];
  outStep: readonly [number, number];
  groups: number;
  /** Channels of one group in the source and in the result. */
  groupIn: number;
  groupOut: number;
  passes: readonly Pass[];
}

export interface Pass {
  rows: number;
  columns: number;
  /** The result's first row and column. */
  y: number;
  x: number;
  taps: readonly Tap[];
}

interface Tap {
  y: number;
  x: number;
  /** Index into the kh * kw weights. */
  weight: number;
}

export function forwardTaps(sizes: ConvLayer): TapConv {
  const { height, width, outHeight, outWidth, geometry } = sizes;
  const [kernelHeight, kernelWidth] = geometry.kernel;
  const taps: Tap[] = [];
  for (let ky = 0; ky < kernelHeight; ky++) {
    for (let kx = 0; kx < kernelWidth; kx++) {
      taps.push({
        y: ky * geometry.dilation[0],
        x: kx * geometry.dilation[1],
        weight: ky * kernelWidth + kx,
      });
    }
  }
  return {
    source: { height, width, channels: sizes.inChannels },
    top: geometry.padding[0],
    left: geometry.padding[2],
    out: { height: outHeight, width: outWidth, channels: sizes.outChannels },
    inStep: geometry.stride,
    outStep: [1, 1],
    groups: sizes.groups,
    groupIn: sizes.groupIn,
    groupOut: sizes.groupOut,
    passes: [{ rows: outHeight, columns: outWidth, y: 0, x: 0, taps }],
  };
}

/** The gradient of the image: source dy, result dx, weights with in and out swapped (swap.ts). */
export function backwardTaps(sizes: ConvLayer): TapConv {
  const { height, width, outHeight, outWidth, geometry } = sizes;
  const [strideY, strideX] = geometry.stride;
  const kernelWidth = geometry.kernel[1];
  const rows = residues(height, strideY, geometry.padding[0], geometry.dilation[0], geometry.kernel[0]);
  const columns = residues(width, strideX, geometry.padding[2], geometry.dilation[1], kernelWidth);
  const first = (lines: Residue[]) => Math.min(...lines.flatMap(({ taps }) => taps.map(({ at }) => at)));
  const [top, left] = [first(rows), first(columns)].map((at) => (Number.isFinite(at) ? -at : 0));
  return {
    source: { height: outHeight, width: outWidth, channels: sizes.outChannels },
    top,
    left,
    out: { height, width, channels: sizes.inChannels },
    inStep: [1, 1],
    outStep: geometry.stride,
    groups: sizes.groups,
    groupIn: sizes.groupOut,
    groupOut: sizes.groupIn,
    passes: rows.flatMap((row) =>
      columns.map((column) => ({
        rows: row.count,
        columns: column.count,
        y: row.start,
        x: column.start,
        taps: row.taps.flatMap((ty) =>
          column.taps.map((tx) => ({
            y: ty.at + top,
            x: tx.at + left,
            weight: ty.k * kernelWidth + tx.k,
          })),
        ),
      })),
    ),
  };
}

interface Residue {
  /** Pixels start, start + stride, ...: `count` of them. */
  start: number;
  count: number;
  /** Tap k of the kernel meets pixel start + q stride at position q + at of dy. */
  taps: { k: number; at: number }[];
}

/** Along one axis: pixel i = o stride - padding + k dilation, solved for o. */
function residues(
  length: number,
  stride: number,
  padding: number,
  dilation: number,
  kernel: number,
): Residue[] {
  const all: Residue[] = [];
  for (let start = 0; start < Math.min(stride, length); start++) {
    const taps: { k: number; at: number }[] = [];
    for (let k = 0; k < kernel; k++) {
      const o = start + padding - k * dilation;
      if (o % stride === 0) taps.push({ k, at: o / stride });
    }
    all.push({ start, count: Math.ceil((length - start) / stride), taps });
  }
  return all;
}
