/**
 * How work is cut into register tiles. x64 engines have 15 usable vector registers: a tile of `rows` pixels by `vectors`
 * of four output channels holds rows * vectors accumulators, the vectors of one row of weights and one broadcast pixel.
 */

/** The most pixels of a tile, by its vectors of output channels. */
const MOST_ROWS = [0, 12, 6, 3];

/** Splits `length` into as few tiles of at most `most` as possible, equal up to one: a short last tile would be slow. */
export function evenTiles(length: number, most: number): { size: number; count: number }[] {
  const tiles = Math.ceil(length / most);
  const small = Math.floor(length / tiles);
  const larger = length - small * tiles;
  return [
    { size: small + 1, count: larger },
    { size: small, count: tiles - larger },
  ].filter(({ count }) => count > 0);
}

/**
 * The rows of a tile, in the order in which its loop should multiply them. V8 in Node 20 places the multiply-adds of a loop
 * in the order in which it meets their sums behind the loop. If that is the order of the loads, each broadcast value is
 * loaded right before its use. If it is the opposite, all are loaded first, which takes more registers than there are: at
 * 6x8 the sums spill, and the speed is half (22 instead of 50 GFLOP/s). Sums that are stored as they are it meets from the
 * last to the first, sums that something is computed from (max, add) from the first to the last: found by measurement.
 */
export function rowOrder(rows: number, storedPlainly: boolean): number[] {
  const order = Array.from({ length: rows }, (_, row) => row);
  return storedPlainly ? order : order.reverse();
}

/** Output channels from `first` (of the group) on: `count` blocks of `vectors` vectors. */
export interface ChannelBlocks {
  first: number;
  count: number;
  vectors: number;
  /** Channels in the last vector of the last block. */
  lastLanes: number;
  mostRows: number;
}

/** Blocks of two vectors; an odd vector joins the last block (three), or stands alone. */
export function channelBlocks(channels: number): ChannelBlocks[] {
  const vectors = Math.ceil(channels / 4);
  const lastLanes = channels - (vectors - 1) * 4;
  const last = vectors === 1 ? 1 : vectors % 2 === 1 ? 3 : 2;
  if (last === 2 && lastLanes === 4) {
    return [{ first: 0, count: vectors / 2, vectors: 2, lastLanes, mostRows: MOST_ROWS[2] }];
  }
  const pairs = (vectors - last) / 2;
  return [
    { first: 0, count: pairs, vectors: 2, lastLanes: 4, mostRows: MOST_ROWS[2] },
    { first: pairs * 8, count: 1, vectors: last, lastLanes, mostRows: MOST_ROWS[last] },
  ].filter(({ count }) => count > 0);
}

/** How many blocks there are. */
export const blockCount = (channels: number): number =>
  channelBlocks(channels).reduce((sum, { count }) => sum + count, 0);

export const mostVectors = (channels: number): number =>
  Math.max(...channelBlocks(channels).map(({ vectors }) => vectors));

/** Of one block of a kind. */
export const channelsOf = ({ vectors, lastLanes }: ChannelBlocks): number => (vectors - 1) * 4 + lastLanes;

/** Channels rounded up to whole vectors. */
export const padded4 = (channels: number): number => (channels + 3) & -4;
