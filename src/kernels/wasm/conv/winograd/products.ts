import { i32, type KernelFunction, type ModuleBuilder } from '../../builder/index.ts';
import { addProducts, storeTile, zeroSums } from '../../templates/tile.ts';
import { type ChannelBlocks, channelsOf } from '../blocks.ts';

/** The matrix products between the transforms, one for each plane. */
const signature = { left: i32, right: i32, end: i32, out: i32 };
export type ProductTile = KernelFunction<typeof signature, void>;

interface TileSpec {
  name: string;
  rows: number;
  vectors: number;
  /** Bytes from one row of the tile to the next, in `left` and in `out`. */
  leftRow: number;
  outRow: number;
  /** Bytes from one term of the sums to the next. */
  leftStep: number;
  rightStep: number;
  /** Adds to what is there. */
  add: boolean;
}

/** out[row, :] = sum over k of left[row, k] right[k, :], for k from `right` to `end`. */
export function writeProductTile(m: ModuleBuilder, spec: TileSpec): ProductTile {
  const { rows, vectors, leftRow, outRow, leftStep, rightStep } = spec;
  return m.func(spec.name, signature, (f, p) => {
    const sums = zeroSums(f, rows, vectors);
    addProducts(f, sums, {
      more: p.right.ltU(p.end),
      left: () => p.left,
      leftRows: sums.map((_, row) => row * leftRow),
      right: p.right,
      next: () => {
        p.left.set(p.left.plus(leftStep));
        p.right.set(p.right.plus(rightStep));
      },
      stored: spec.add ? 'computed' : 'plain',
    });
    storeTile(f, sums, { address: p.out, rowBytes: outRow, add: spec.add });
  });
}

/**
 * `count` tiles of a plane by a block of out channels: M [tile][...] = V [tile][in] U [in][lanes of the block], over so many in
 * channels. The last tile may compute up to 5 rows beyond `count`: there is room, and nobody reads them.
 */
export function writeTileProducts(
  m: ModuleBuilder,
  block: ChannelBlocks,
  { inLanes, outRow }: { inLanes: number; outRow: number },
) {
  const { vectors, mostRows } = block;
  const channels = channelsOf(block);
  const tile = (rows: number) =>
    writeProductTile(m, {
      ...{ name: `product of ${rows} by ${channels}`, rows, vectors, add: false },
      ...{ leftRow: inLanes * 4, leftStep: 4, outRow, rightStep: vectors * 16 },
    });
  const most = tile(mostRows);
  const four = mostRows > 4 ? tile(4) : null;
  return m.func(
    `products by ${channels}`,
    { v: i32, u: i32, m: i32, count: i32, inChannels: i32 },
    (f, p) => {
      const [left, out, rest] = [f.let(p.v), f.let(p.m), f.let(p.count)];
      const end = f.let(p.u.plus(p.inChannels.times(vectors * 16)));
      f.while(rest.gt(four ? 4 : 0), () => {
        f.call(most, { left, right: p.u, end, out });
        left.set(left.plus(mostRows * inLanes * 4));
        out.set(out.plus(mostRows * outRow));
        rest.set(rest.minus(mostRows));
      });
      if (four) f.if(rest.gt(0), () => f.call(four, { left, right: p.u, end, out }));
    },
  );
}
