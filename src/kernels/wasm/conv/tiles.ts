/**
 * How work is cut into register tiles. x64 engines have 15 usable vector registers: a tile of `rows` pixels by `vectors`
 * of four output channels holds rows * vectors accumulators, the vectors of one row of weights and one broadcast pixel.
 */

/** The most pixels of a tile, by its vectors of output channels. */
const MOST_ROWS = [0, 12, 6, 3];

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
