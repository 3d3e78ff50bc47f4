import { padded4 } from '../tiles.ts';
import { PLANE_PADDING, PLANES } from './layout.ts';

/** By planes: V and D of a batch of tiles. */
const BATCH_BYTES = 2 << 20;
const MOST_TILES = 1024;
/** By chunks: V and D of a block of tiles take up to this, a quarter of a second-level cache. */
const BLOCK_BYTES = 256 * 1024;

/** How the gradient of the weights lies in memory. */
export interface GradientLayout {
  inChannels: number;
  outChannels: number;
  inLanes: number;
  outLanes: number;
  /** Tiles of a batch, or of a block. */
  tiles: number;
  planeV: number;
  planeD: number;
  /** dU: [plane][block of out channels][in][lanes of the block]. */
  planeU: number;
  /** A thread's scratch, in floats: a patch, and the cells between two one-dimensional transforms. */
  between: number;
  thread: number;
}

export function layOutGradient(inChannels: number, outChannels: number, byChunks: boolean): GradientLayout {
  const [inLanes, outLanes] = [padded4(inChannels), padded4(outChannels)];
  const tileBytes = PLANES * 4 * (inLanes + outLanes);
  const tiles = byChunks
    ? Math.min(48, Math.max(24, Math.floor(BLOCK_BYTES / tileBytes)))
    : Math.min(MOST_TILES, Math.max(24, Math.floor(BATCH_BYTES / tileBytes)));
  const between = 36 * Math.max(inLanes, outLanes) + 16;
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, between, thread: between + 36 * 4 },
    planeV: tiles * inLanes + PLANE_PADDING,
    planeD: tiles * outLanes + PLANE_PADDING,
    planeU: inChannels * outLanes + PLANE_PADDING,
  };
}
