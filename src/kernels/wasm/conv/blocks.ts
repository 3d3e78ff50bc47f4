import { inPairs } from '../builder/features.ts';
import type { FunctionBuilder, I32 } from '../builder/index.ts';

/** Output channels are worked on in blocks of one to three vectors of four (up to four in pairs, ../builder/features.ts), which register tiles (templates/tile.ts) hold. */

/** The most rows of a tile, by its vectors: 15 registers hold rows * vectors sums, the vectors of one row, and one number. */
const MOST_ROWS = [0, 12, 6, 3];
/** The same where a register holds two vectors. */
const MOST_ROWS_IN_PAIRS = [0, 12, 12, 3, 6];

/** Output channels from `first` (of the group) on: `count` blocks of `vectors` vectors. */
export interface ChannelBlocks {
  first: number;
  count: number;
  vectors: number;
  /** Channels in the last vector of the last block. */
  lastLanes: number;
  mostRows: number;
}

/** Blocks of two vectors; an odd vector joins the last block (three), or stands alone. In pairs of four, and what is left. */
export function channelBlocks(channels: number): ChannelBlocks[] {
  const vectors = Math.ceil(channels / 4);
  const lastLanes = channels - (vectors - 1) * 4;
  const [whole, mostRows] = inPairs() ? [4, MOST_ROWS_IN_PAIRS] : [2, MOST_ROWS];
  let last = vectors % whole || (lastLanes === 4 ? 0 : whole);
  if (whole === 2 && last === 1 && vectors > 1) last = 3;
  const count = (vectors - last) / whole;
  return [
    { first: 0, count, vectors: whole, lastLanes: 4, mostRows: mostRows[whole] },
    {
      first: count * whole * 4,
      count: Math.min(last, 1),
      vectors: last,
      lastLanes,
      mostRows: mostRows[last],
    },
  ].filter((block) => block.count > 0);
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
