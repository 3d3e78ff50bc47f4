import { mostVectors, padded4 } from '../tiles.ts';
import { cellFloats, PLANE_PADDING, PLANES } from './layout.ts';

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
  /** dU [plane][block of out channels][in][lanes of the block]; by channels [plane][in][lanes] of one block. */
  planeU: number;
  /** Where things lie in a thread's memory, in floats. By planes threads share V and D. */
  thread: { v: number; d: number; u: number; cells: number; total: number };
}

export function layOutGradient(inChannels: number, outChannels: number, byChunks: boolean): GradientLayout {
  const [inLanes, outLanes] = [padded4(inChannels), padded4(outChannels)];
  const tileBytes = PLANES * 4 * (inLanes + outLanes);
  const tiles = byChunks
    ? Math.min(48, Math.max(24, Math.floor(BLOCK_BYTES / tileBytes)))
    : Math.min(MOST_TILES, Math.max(24, Math.floor(BATCH_BYTES / tileBytes)));
  const own = planes(inLanes, outLanes, tiles);
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, ...own },
    planeU: inChannels * outLanes + PLANE_PADDING,
    thread: threadMemory(byChunks ? own.planeV : 0, byChunks ? own.planeD : 0, 0, inChannels, outChannels),
  };
}

/** V of all (up to `tiles`) tiles, D and dU of a block of out channels, all in a thread's memory. */
export function layOutGradientByChannels(
  inChannels: number,
  outChannels: number,
  tiles: number,
): GradientLayout {
  const inLanes = padded4(inChannels);
  const outLanes = 4 * mostVectors(outChannels);
  const planeU = inChannels * outLanes + PLANE_PADDING;
  const own = planes(inLanes, outLanes, tiles);
  return {
    ...{ inChannels, outChannels, inLanes, outLanes, tiles, planeU, ...own },
    thread: threadMemory(own.planeV, own.planeD, planeU, inChannels, outChannels),
  };
}

const planes = (inLanes: number, outLanes: number, tiles: number) => ({
  planeV: tiles * inLanes + PLANE_PADDING,
  planeD: tiles * outLanes + PLANE_PADDING,
});

function threadMemory(planeV: number, planeD: number, planeU: number, ...channels: number[]) {
  const d = PLANES * planeV;
  const u = d + PLANES * planeD;
  const cells = u + PLANES * planeU;
  return { v: 0, d, u, cells, total: cells + cellFloats(Math.max(...channels)) };
}
