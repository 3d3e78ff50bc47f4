import { inThread, type Layer, type Layout, planes } from '../layout.ts';

/** By planes: V and D of a batch of tiles. */
const BATCH_BYTES = 2 << 20;
const MOST_TILES = 1024;
/** By chunks: V and D of a block of tiles take up to this, a quarter of a second-level cache. */
const BLOCK_BYTES = 256 * 1024;

/** By chunks V and D lie in a thread's memory; by planes threads share them, for a whole batch of tiles. */
export function layOutByTiles(layer: Layer, byChunks: boolean): Layout {
  const { filter, inChannels, outChannels, inLanes, outLanes } = planes(layer, 0);
  const tileBytes = filter.planes * 4 * (inLanes + outLanes);
  const tiles = byChunks
    ? Math.min(48, Math.max(24, Math.floor(BLOCK_BYTES / tileBytes)))
    : Math.min(MOST_TILES, Math.max(24, Math.floor(BATCH_BYTES / tileBytes)));
  const own = planes(layer, tiles);
  const inOwn = byChunks ? { v: own.planeV, out: own.planeOut, u: 0 } : { v: 0, out: 0, u: 0 };
  return { ...own, thread: inThread(filter, inOwn, Math.max(inChannels, outChannels)) };
}

/** V of all (up to `tiles`) tiles, D and dU of a block of out channels, all in a thread's memory. */
export function layOutByChannels(layer: Layer, tiles: number): Layout {
  const own = planes(layer, tiles, true);
  const { filter, inChannels, outChannels } = own;
  const { planeV, planeOut, planeU } = own;
  const thread = inThread(filter, { v: planeV, out: planeOut, u: planeU }, Math.max(inChannels, outChannels));
  return { ...own, thread };
}
