import { padded4 } from '../tiles.ts';

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

/** 6 x 6 points. */
export const PLANES = 36;
/** A cache line: planes a power of two apart would fall into the same cache sets. */
export const PLANE_PADDING = 16;
const MOST_TILES = 48;
/** Of V and M together, in bytes: half a second-level cache. */
const BLOCK_BYTES = 512 * 1024;

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
  /** Floats of a thread's scratch memory: V, M, a patch, and the cells between two one-dimensional transforms. */
  offsets: { m: number; patch: number; between: number; total: number };
}

export function layOut(inChannels: number, outChannels: number): Layout {
  const [inLanes, outLanes] = [padded4(inChannels), padded4(outChannels)];
  const fitting = Math.floor(BLOCK_BYTES / (PLANES * 4 * (inLanes + outLanes)));
  const tiles = Math.min(MOST_TILES, Math.max(12, fitting - (fitting % 6)));
  const planeV = tiles * inLanes + PLANE_PADDING;
  const planeM = tiles * outLanes + PLANE_PADDING;
  const patch = PLANES * (planeV + planeM);
  const between = patch + 36 * Math.max(inLanes, outLanes) + 16;
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, planeV, planeM },
    planeU: inChannels * outLanes + PLANE_PADDING,
    offsets: { m: PLANES * planeV, patch, between, total: between + 36 * 4 },
  };
}
