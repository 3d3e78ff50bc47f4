import { mostVectors, padded4 } from '../blocks.ts';
import type { ConvSizes } from '../sizes.ts';
import { type Filter, filterOf } from './filter.ts';
import type { Strided } from './phases.ts';

/**
 * A convolution with stride 1, or over phases: top and left are its padding, negative where it begins inside the source. The
 * lengths are of whole images, the channels of single phases.
 */
export interface WinogradSizes {
  filter: Filter;
  strided: Strided;
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
  const strided = sizes.geometry.stride[0] === 2 ? 'image' : null;
  return {
    ...{ filter: filterOf(sizes), strided, batch, height, width, top, left },
    ...{ outHeight, outWidth, inChannels, outChannels },
  };
}

/** The convolution that gives the gradient of the image: of dy, with the window turned around. */
export function backwardSizes(sizes: ConvSizes): WinogradSizes {
  const { filter, strided, batch, height, width, outHeight, outWidth, inChannels, outChannels, ...forward } =
    forwardSizes(sizes);
  // Over phases pixel 0 is the first of the odd ones (choice.ts): of position (padding + 1) / 2, counted in steps of 2.
  const start = (padding: number): number => filter.taps - 1 - (strided ? (padding + 1) / 2 : padding);
  return {
    ...{ filter, strided: strided && 'result', batch, height: outHeight, width: outWidth },
    ...{ top: start(forward.top), left: start(forward.left) },
    ...{ outHeight: height, outWidth: width, inChannels: outChannels, outChannels: inChannels },
  };
}

/** Pixels of the result from tile to tile. */
export const tileStep = ({ filter, strided }: Pick<WinogradSizes, 'filter' | 'strided'>): number =>
  filter.outputs * (strided === 'result' ? 2 : 1);

/** Pixels of the image from tile to tile. */
export const windowStep = ({ filter, strided }: Pick<WinogradSizes, 'filter' | 'strided'>): number =>
  filter.outputs * (strided === 'image' ? 2 : 1);

/** The rows and columns of tiles of an image. */
export const tilesOf = (sizes: WinogradSizes): number[] =>
  [sizes.outHeight, sizes.outWidth].map((length) => Math.ceil(length / tileStep(sizes)));

export function tileCount(sizes: WinogradSizes): number {
  const [rows, columns] = tilesOf(sizes);
  return sizes.batch * rows * columns;
}

/** A cache line: planes a power of two apart would fall into the same cache sets. */
const PLANE_PADDING = 16;

/**
 * A thread's cells, in floats: the values between two one-dimensional transforms (two vectors each), turned weights (image/weights.ts), and a row
 * of zero pixels (window.ts).
 */
export const turnedCell = ({ planes }: Filter): number => 8 * planes;
export const zeroCell = ({ planes, taps }: Filter): number => 8 * planes + 4 * 8 * taps * taps;
export const cellFloats = (filter: Filter, channels: number): number =>
  zeroCell(filter) + filter.tile * channels + 16;

/** How a pass lies in memory: values of the image's side, of the result's side, and of the weights', for each plane. */
export interface Layout {
  filter: Filter;
  strided: Strided;
  /** Of all phases together, */
  inChannels: number;
  outChannels: number;
  /** and of one. */
  phaseIn: number;
  phaseOut: number;
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

/** What a layout is made for. */
export type Layer = Pick<WinogradSizes, 'filter' | 'strided' | 'inChannels' | 'outChannels'>;

/** The planes for so many tiles. By channels, the result's side and the weights are those of one block. */
export function planes(layer: Layer, tiles: number, byChannels = false) {
  const { filter, strided, inChannels: phaseIn, outChannels: phaseOut } = layer;
  const inChannels = phaseIn * (strided === 'image' ? 4 : 1);
  const outChannels = phaseOut * (strided === 'result' ? 4 : 1);
  const inLanes = padded4(inChannels);
  const outLanes = byChannels ? 4 * mostVectors(outChannels) : padded4(outChannels);
  return {
    ...{ filter, strided, inChannels, outChannels, phaseIn, phaseOut, inLanes, outLanes, tiles },
    planeV: tiles * inLanes + PLANE_PADDING,
    planeOut: tiles * outLanes + PLANE_PADDING,
    planeU: inChannels * outLanes + PLANE_PADDING,
  };
}

/** Of a kernel's name. */
export const nameOf = ({ filter: { taps }, strided, inChannels, outChannels }: Layout): string =>
  `${strided ?? ''} ${taps} ${inChannels} ${outChannels}`;

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
