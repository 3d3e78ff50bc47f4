import { inThread, type Layer, type Layout, planes } from '../layout.ts';

/** Of a block by tiles, a multiple of 6. */
const MOST_TILES = 48;
/** Of V and M together, in bytes: half a second-level cache. */
const BLOCK_BYTES = 512 * 1024;
/** U up to so many floats (64 by 64 channels) is made by every thread for itself: sharing it costs more. */
const MOST_OWN_FLOATS = 160_000;

/** By tiles: V and M of a block of tiles; U of all channels, unless threads share it. */
export function layOutByTiles(layer: Layer): Layout & { sharesU: boolean } {
  const { filter, inChannels, inLanes, outLanes } = planes(layer, 0);
  const fitting = Math.floor(BLOCK_BYTES / (filter.planes * 4 * (inLanes + outLanes)));
  const tiles = Math.min(MOST_TILES, Math.max(12, fitting - (fitting % 6)));
  const own = planes(layer, tiles);
  const { planeV, planeOut, planeU } = own;
  const sharesU = filter.planes * planeU > MOST_OWN_FLOATS;
  return {
    ...{ ...own, sharesU },
    thread: inThread(filter, { u: sharesU ? 0 : planeU, v: planeV, out: planeOut }, inChannels),
  };
}

/** By channels: U and M of a block of out channels, V of all (up to `tiles`) tiles. */
export function layOutByChannels(layer: Layer, tiles: number): Layout {
  const own = planes(layer, tiles, true);
  const { filter, inChannels } = own;
  const { planeV, planeOut, planeU } = own;
  return { ...own, thread: inThread(filter, { u: planeU, v: planeV, out: planeOut }, inChannels) };
}
