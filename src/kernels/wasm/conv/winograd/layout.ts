import { mostVectors, padded4 } from '../blocks.ts';
import type { ConvSizes } from '../sizes.ts';
import { type Filter, filterOf } from './filter.ts';

/** A convolution with stride 1: top and left are its padding, negative where it begins inside the source. */
export interface WinogradSizes {
  filter: Filter;
  batch: number;
  /** Of the source. */
  height: number;
  width: number;
  top: number;
  left: number;
  outHeight: number;
  outWidth: number;
  inChannels: number;
  outChannels: number;
}

export function forwardSizes(sizes: ConvSizes): WinogradSizes {
  const { batch, height, width, outHeight, outWidth, inChannels, outChannels } = sizes;
  const [top, , left] = sizes.geometry.padding;
  return {
    filter: filterOf(sizes),
    batch,
    height,
    width,
    top,
    left,
    outHeight,
    outWidth,
    inChannels,
    outChannels,
  };
}

/** The convolution that gives the gradient of the image: of dy, with the window turned around. */
export function backwardSizes(sizes: ConvSizes): WinogradSizes {
  const { filter, batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels } =
    forwardSizes(sizes);
  const last = filter.taps - 1;
  return {
    ...{ filter, batch, height: outHeight, width: outWidth, top: last - top, left: last - left },
    ...{ outHeight: height, outWidth: width, inChannels: outChannels, outChannels: inChannels },
  };
}

export const tileCount = ({ filter, batch, outHeight, outWidth }: WinogradSizes): number =>
  batch * Math.ceil(outHeight / filter.outputs) * Math.ceil(outWidth / filter.outputs);

/** A cache line: planes a power of two apart would fall into the same cache sets. */
const PLANE_PADDING = 16;

/**
 * A thread's cells, in floats: the values between two one-dimensional transforms, turned weights (image/weights.ts), and a row
 * of zero pixels (window.ts).
 */
export const turnedCell = ({ planes }: Filter): number => 4 * planes;
export const zeroCell = ({ planes, taps }: Filter): number => 4 * planes + 4 * 4 * taps * taps;
export const cellFloats = (filter: Filter, channels: number): number =>
  zeroCell(filter) + filter.tile * channels + 16;

/** How a pass lies in memory: values of the image's side, of the result's side, and of the weights', for each plane. */
export interface Layout {
  filter: Filter;
  inChannels: number;
  outChannels: number;
  inLanes: number;
  outLanes: number;
  /** Tiles that are worked on together. */
  tiles: number;
  /** Floats from plane to plane: of V [tile][in lanes], of the products M or the transformed dy [tile][out lanes], and */
  planeV: number;
  planeOut: number;
  /** of U or its gradient [block of out channels][in][lanes of the block], of all blocks or by channels of one. */
  planeU: number;
  /** Where things lie in a thread's memory, in floats. What threads share takes no room there. */
  thread: { u: number; v: number; out: number; cells: number; total: number };
}

/** The planes for so many tiles. By channels, the result's side and the weights are those of one block. */
export function planes(
  filter: Filter,
  inChannels: number,
  outChannels: number,
  tiles: number,
  byChannels = false,
) {
  const inLanes = padded4(inChannels);
  const outLanes = byChannels ? 4 * mostVectors(outChannels) : padded4(outChannels);
  return {
    ...{ filter, inChannels, outChannels, inLanes, outLanes, tiles },
    planeV: tiles * inLanes + PLANE_PADDING,
    planeOut: tiles * outLanes + PLANE_PADDING,
    planeU: inChannels * outLanes + PLANE_PADDING,
  };
}

/** Places things of so many planes of floats one after the other, in the order in which they are given, and cells last. */
export function inThread<Name extends string>(
  filter: Filter,
  planeFloats: Record<Name, number>,
  channels: number,
) {
  const places: Record<string, number> = {};
  let cells = 0;
  for (const name in planeFloats) {
    places[name] = cells;
    cells += filter.planes * planeFloats[name];
  }
  return { ...(places as Record<Name, number>), cells, total: cells + cellFloats(filter, channels) };
}
