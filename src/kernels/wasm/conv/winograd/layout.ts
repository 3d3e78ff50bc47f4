import { mostVectors, padded4 } from '../blocks.ts';
import type { ConvSizes } from '../sizes.ts';

/** A 3x3 convolution with stride 1: top and left are its padding, negative where it begins inside the source. */
export interface WinogradSizes {
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
  return { batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels };
}

/** The convolution that gives the gradient of the image: of dy, with the window turned around. */
export function backwardSizes(sizes: ConvSizes): WinogradSizes {
  const { batch, height, width, top, left, outHeight, outWidth, inChannels, outChannels } =
    forwardSizes(sizes);
  return {
    ...{ batch, height: outHeight, width: outWidth, top: 2 - top, left: 2 - left },
    ...{ outHeight: height, outWidth: width, inChannels: outChannels, outChannels: inChannels },
  };
}

export const tileCount = ({ batch, outHeight, outWidth }: WinogradSizes): number =>
  batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);

/** 6 x 6 points. */
export const PLANES = 36;
/** A cache line: planes a power of two apart would fall into the same cache sets. */
const PLANE_PADDING = 16;

/**
 * A thread's cells, in floats: the values between two one-dimensional transforms (two vectors each), turned weights (image/weights.ts), and a row
 * of zero pixels (window.ts).
 */
export const CELLS = { between: 0, turned: 36 * 8, zeros: 2 * 36 * 8 };
export const cellFloats = (channels: number): number => CELLS.zeros + 6 * channels + 16;

/** How a pass lies in memory: values of the image's side, of the result's side, and of the weights', for each of 36 planes. */
export interface Layout {
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
export function planes(inChannels: number, outChannels: number, tiles: number, byChannels = false) {
  const inLanes = padded4(inChannels);
  const outLanes = byChannels ? 4 * mostVectors(outChannels) : padded4(outChannels);
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles },
    planeV: tiles * inLanes + PLANE_PADDING,
    planeOut: tiles * outLanes + PLANE_PADDING,
    planeU: inChannels * outLanes + PLANE_PADDING,
  };
}

/** Places things of so many planes of floats one after the other, in the order in which they are given, and cells last. */
export function inThread<Name extends string>(planeFloats: Record<Name, number>, channels: number) {
  const places: Record<string, number> = {};
  let cells = 0;
  for (const name in planeFloats) {
    places[name] = cells;
    cells += PLANES * planeFloats[name];
  }
  return { ...(places as Record<Name, number>), cells, total: cells + cellFloats(channels) };
}
