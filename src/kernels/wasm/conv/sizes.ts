import { checkChannels, windowPositions } from '../../checks.ts';
import type { ConvGeometry, NDArray, Shape } from '../../contract.ts';
import { remember } from '../runtime/remember.ts';

/** The lengths of a convolution, named. */
export interface ConvSizes {
  batch: number;
  height: number;
  width: number;
  /** Channels of the image, of the result, and of one group of each. */
  inChannels: number;
  outChannels: number;
  groups: number;
  groupIn: number;
  groupOut: number;
  outHeight: number;
  outWidth: number;
  geometry: ConvGeometry;
}

/** The same object for the same lengths: plans hang on it (rememberFor). */
export function convSizes(x: NDArray, w: NDArray, geometry: ConvGeometry): ConvSizes {
  const [batch, height, width, inChannels] = x.shape;
  const outChannels = w.shape[3];
  const { kernel, stride, padding, dilation, groups } = geometry;
  checkChannels(x, w, geometry);
  return known(
    ...([batch, height, width, inChannels, outChannels, groups] as const),
    ...([kernel[0], kernel[1], stride[0], stride[1], dilation[0], dilation[1]] as const),
    ...padding,
  );
}

const known = remember(
  (
    batch,
    height,
    width,
    inChannels,
    outChannels,
    groups,
    ...[kh, kw, sy, sx, dy, dx, ...padding]
  ): ConvSizes => {
    const [top, bottom, left, right] = padding;
    const geometry: ConvGeometry = {
      ...{
        kernel: [kh, kw],
        stride: [sy, sx],
        dilation: [dy, dx],
        padding: [top, bottom, left, right],
        groups,
      },
    };
    const [outHeight, outWidth] = windowPositions(height, width, geometry);
    const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
    return {
      ...{ batch, height, width, inChannels, outChannels, groups, groupIn, groupOut, outHeight, outWidth },
      geometry,
    };
  },
);

export function outputShape({ batch, outHeight, outWidth, outChannels }: ConvSizes): Shape {
  return [batch, outHeight, outWidth, outChannels];
}

/** A text that is the same for convolutions that differ in the batch alone: the key of what is specialised to the rest. */
export function sizesKey({ height, width, inChannels, outChannels, geometry }: ConvSizes): string {
  const { kernel, stride, padding, dilation, groups } = geometry;
  return `${height},${width},${inChannels},${outChannels},${kernel},${stride},${padding},${dilation},${groups}`;
}
