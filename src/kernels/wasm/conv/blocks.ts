import type { FunctionBuilder, I32 } from '../builder/index.ts';

/** Output channels are worked on in blocks of one to three vectors of four, which register tiles (templates/tile.ts) hold. */

/** The most rows of a tile, by its vectors: 15 registers hold rows * vectors sums, the vectors of one row, and one number. */
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
export const blockCount = (blocks: readonly ChannelBlocks[]): number =>
  blocks.reduce((sum, { count }) => sum + count, 0);

export const mostVectors = (channels: number): number =>
  Math.max(...channelBlocks(channels).map(({ vectors }) => vectors));

/** The channels of one block. */
export const channelsOf = ({ vectors, lastLanes }: ChannelBlocks): number => (vectors - 1) * 4 + lastLanes;

/** Channels rounded up to whole vectors. */
export const padded4 = (channels: number): number => (channels + 3) & -4;

/** Runs `body` for block `index`, counted over all kinds, with its first channel. */
export function inBlock<B extends ChannelBlocks>(
  f: FunctionBuilder,
  index: I32,
  blocks: readonly B[],
  body: (block: B, channel: I32) => void,
): void {
  let before = 0;
  for (const block of blocks) {
    const { first, count, vectors } = block;
    const start = before;
    before += count;
    f.if(index.ge(start).and(index.lt(before)), () => {
      const inKind = index.minus(start);
      body(block, f.let(inKind.times(vectors * 4).plus(first)));
    });
  }
}
