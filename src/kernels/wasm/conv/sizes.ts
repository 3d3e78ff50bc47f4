import { checkChannels, windowPositions } from '../../checks.ts';
import type { ConvGeometry, NDArray, Shape } from '../../contract.ts';
import { remember } from '../runtime/remember.ts';

/** The lengths of a convolution but for the batch, named. */
export interface ConvLayer {
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

export interface ConvSizes extends ConvLayer {
  batch: number;
  /** What kernels are specialised to: the same object for every batch. */
  layer: ConvLayer;
}

/** The same objects for the same lengths: plans hang on them (rememberFor). */
export function convSizes(images: Shape, w: NDArray, geometry: ConvGeometry): ConvSizes {
  const [batch, height, width, inChannels] = images;
  const { kernel, stride, padding, dilation, groups } = geometry;
  checkChannels(images, w, geometry);
  return sizesOf(
    ...([batch, height, width, inChannels, w.shape[3], groups] as const),
    ...([kernel[0], kernel[1], stride[0], stride[1], dilation[0], dilation[1]] as const),
    ...padding,
  );
}

const sizesOf = remember((batch, ...lengths): ConvSizes => {
  const layer = layerOf(...lengths);
  return { ...layer, batch, layer };
});

const layerOf = remember((height, width, inChannels, outChannels, groups, ...window): ConvLayer => {
  const [kh, kw, sy, sx, dy, dx, top, bottom, left, right] = window;
  const geometry: ConvGeometry = {
    ...{ kernel: [kh, kw], stride: [sy, sx], dilation: [dy, dx] },
    ...{ padding: [top, bottom, left, right], groups },
  };
  const [outHeight, outWidth] = windowPositions(height, width, geometry);
  const [groupIn, groupOut] = [inChannels / groups, outChannels / groups];
  return {
    ...{ height, width, inChannels, outChannels, groups, groupIn, groupOut, outHeight, outWidth },
    geometry,
  };
});

export function outputShape({ batch, outHeight, outWidth, outChannels }: ConvSizes): Shape {
  return [batch, outHeight, outWidth, outChannels];
}
