import { mostVectors, padded4 } from '../tiles.ts';

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

export const tileCount = ({ batch, outHeight, outWidth }: WinogradSizes): number =>
  batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);

/** 6 x 6 points. */
export const PLANES = 36;
/** A cache line: planes a power of two apart would fall into the same cache sets. */
export const PLANE_PADDING = 16;
const MOST_TILES = 48;
/** Of V and M together, in bytes: half a second-level cache. */
const BLOCK_BYTES = 512 * 1024;

/**
 * A thread's cells, in floats: the values between two one-dimensional transforms, turned weights (weights.ts), and a row of
 * zero pixels (window.ts).
 */
export const CELLS = { between: 0, turned: 36 * 4, zeros: 2 * 36 * 4 };
export const cellFloats = (channels: number): number => CELLS.zeros + 6 * channels + 16;

/** How a forward pass lies in memory. */
export interface Layout {
  inChannels: number;
  outChannels: number;
  inLanes: number;
  outLanes: number;
  /** Tiles of a block, a multiple of 6. */
  tiles: number;
  /** Floats from plane to plane. */
  planeV: number;
  planeM: number;
  planeU: number;
  /** Where things lie in a thread's memory, in floats. */
  thread: { u: number; v: number; m: number; cells: number; total: number };
}

/** U up to so many floats (64 by 64 channels) is made by every thread for itself: sharing it costs more. */
const MOST_OWN_FLOATS = 160_000;

/** By tiles: V and M of a block of tiles; U [plane][block of out channels][in][lanes] of all channels, if not `sharesU`. */
export function layOutByTiles(inChannels: number, outChannels: number): Layout & { sharesU: boolean } {
  const [inLanes, outLanes] = [padded4(inChannels), padded4(outChannels)];
  const fitting = Math.floor(BLOCK_BYTES / (PLANES * 4 * (inLanes + outLanes)));
  const tiles = Math.min(MOST_TILES, Math.max(12, fitting - (fitting % 6)));
  const planeV = tiles * inLanes + PLANE_PADDING;
  const planeM = tiles * outLanes + PLANE_PADDING;
  const planeU = inChannels * outLanes + PLANE_PADDING;
  const sharesU = PLANES * planeU > MOST_OWN_FLOATS;
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, planeV, planeM, planeU, sharesU },
    thread: threadMemory(sharesU ? 0 : PLANES * planeU, PLANES * planeV, PLANES * planeM, inChannels),
  };
}

/** By channels: U and M of a block of out channels, V of all (up to `tiles`) tiles. */
export function layOutByChannels(inChannels: number, outChannels: number, tiles: number): Layout {
  const inLanes = padded4(inChannels);
  const outLanes = 4 * mostVectors(outChannels);
  const planeV = tiles * inLanes + PLANE_PADDING;
  const planeM = tiles * outLanes + PLANE_PADDING;
  const planeU = inChannels * outLanes + PLANE_PADDING;
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, planeV, planeM, planeU },
    thread: threadMemory(PLANES * planeU, PLANES * planeV, PLANES * planeM, inChannels),
  };
}

function threadMemory(u: number, v: number, m: number, channels: number): Layout['thread'] {
  return { u: 0, v: u, m: u + v, cells: u + v + m, total: u + v + m + cellFloats(channels) };
}
