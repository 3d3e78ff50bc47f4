import {
  type FunctionBuilder,
  f32,
  type I32,
  i32,
  type KernelFunction,
  type ModuleBuilder,
} from '../../builder/index.ts';
import { oncePerThread } from '../../runtime/oncePerThread.ts';
import { threadStride } from '../../runtime/threadMemory.ts';
import { addProducts, evenTiles, storeTile, tileSums } from '../../templates/tile.ts';
import type { ChannelBlocks } from '../blocks.ts';
import { touchLines } from '../touch.ts';
import { type Layout, writeBandFrame } from './layout.ts';
import { writePack } from './pack.ts';

/**
 * Direct convolution, for every tap convolution (taps.ts) whatever its kernel, stride, dilation, groups and channels.
 *
 * A register tile is up to 6 output pixels of one row by 8 output channels. Its loop runs over k = (tap, input channel):
 * two vectors of packed weights, six pixels broadcast (or, where the frame is spread over the output channels, six
 * vectors of pixels), twelve multiply-adds. Where frame element k lies relative to the tile's first pixel stands in a
 * table, so that kernel window, dilation and channels are one loop; Node 20 compiles one loop far better than nested ones.
 *
 * Weights are packed as [block of 8 channels][k][8] and zero-padded, so the loop reads them in sequence and needs no
 * remainder in the channels. An item of work is a band of output rows of one image: it writes its frame (frame.ts), and
 * then each block of channels runs over the whole band while its weights stay in the first-level cache.
 */

const MOST_OWN_FLOATS = 40_000;

/** Few weights every thread packs for itself: sharing them costs more (oncePerThread.ts). */
export const sharesWeights = ({ packedFloats }: Layout): boolean => packedFloats > MOST_OWN_FLOATS;

/** The memory of a thread: weights that it packed for itself, then its frame. */
export const ownFloats = (layout: Layout): number =>
  (sharesWeights(layout) ? 0 : layout.packedFloats) + (layout.inPlace ? 0 : layout.frameFloats);

const tileSignature = { x: i32, weights: i32, end: i32, table: i32, bias: i32, out: i32, floor: f32 };
type Tile = KernelFunction<typeof tileSignature, void>;

const tileName = (rows: number, { vectors, lastLanes }: ChannelBlocks): string =>
  `tile ${rows} x ${vectors}, ${lastLanes}`;

/** All the tiles that the passes need, by name. */
function writeTiles(m: ModuleBuilder, layout: Layout): Map<string, Tile> {
  const tiles = new Map<string, Tile>();
  for (const block of layout.blocks) {
    for (const { pass } of layout.passes) {
      for (const { size } of evenTiles(pass.columns, block.mostRows)) {
        const name = tileName(size, block);
        if (!tiles.has(name)) tiles.set(name, writeTile(m, layout, size, block));
      }
    }
  }
  return tiles;
}

/** rows pixels by vectors * 4 channels of the result, over all k. The last vector may be partly used. */
function writeTile(m: ModuleBuilder, layout: Layout, rows: number, block: ChannelBlocks): Tile {
  const { vectors, lastLanes } = block;
  const pixel = layout.conv.inStep[1] * layout.cellFloats * 4;
  const outPixel = layout.conv.outStep[1] * layout.conv.out.channels * 4;
  return m.func(tileName(rows, block), tileSignature, (f, p) => {
    const sums = tileSums(rows, vectors, (v) => f.let(f.load4(p.bias, v * 16)));
    addProducts(f, sums, {
      more: p.weights.ltU(p.end),
      left: () => f.let(p.x.plus(f.loadI32(p.table))),
      leftRows: sums.map((_, row) => row * pixel),
      leftVectors: layout.spread,
      right: p.weights,
      next: () => {
        p.weights.set(p.weights.plus(vectors * 16));
        p.table.set(p.table.plus(4));
      },
      stored: 'computed',
    });
    const floor = f.let(p.floor.splat());
    storeTile(f, sums, { address: p.out, rowBytes: outPixel, lastLanes }, (sum) => sum.pmax(floor));
  });
}

/** The band's rows of the result are touched before tiles write them 32 bytes at a time. */
function touchBand(f: FunctionBuilder, { conv, bandRows }: Layout, result: I32, q: I32): void {
  const { height, width, channels } = conv.out;
  const rowBytes = width * channels * 4;
  const first = f.let(q.times(conv.outStep[0]));
  const past = f.let(first.plus(bandRows * conv.outStep[0]));
  const end = f.select(past.lt(height), past, i32(height));
  const start = f.let(result.plus(first.times(rowBytes)));
  touchLines(f, start, f.let(result.plus(end.times(rowBytes))), start);
}

/** `pack`: range over all k. `convolve`: range over the bands of all images. */
export function writeImageKernel(m: ModuleBuilder, layout: Layout): void {
  const pack = writePack(m, layout);
  const { conv, blocks, groups, groupOut, groupLanes, bandRows, bands } = layout;
  const { cellFloats, rowFloats } = layout;
  const stride = threadStride(ownFloats(layout)) * 4;
  const frameOfBand = writeBandFrame(m, layout);
  const tiles = writeTiles(m, layout);
  const weights = { weights: i32, weightTable: i32, packed: i32, table: i32 };
  const rest = { bias: i32, out: i32, frames: i32, floor: f32, stamp: i32, touch: i32 };
  m.func('convolve', { begin: i32, end: i32, source: i32, ...weights, ...rest }, (f, p) => {
    const allPacked = f.let(p.packed);
    if (!sharesWeights(layout)) {
      allPacked.set(p.packed.plus(f.thread.times(stride)));
      oncePerThread(f, p.stamp, () => {
        const { weights, weightTable } = p;
        f.call(pack, { begin: 0, end: layout.totalKs, weights, packed: allPacked, table: weightTable });
      });
    }
    const imageFloats = conv.source.height * conv.source.width * conv.source.channels;
    const outFloats = conv.out.height * conv.out.width * conv.out.channels;
    f.for(p.begin, p.end, 1, (item) => {
      const n = f.let(item.divU(bands));
      const q = f.let(item.remU(bands).times(bandRows));
      const image = f.let(p.source.plus(n.times(imageFloats * 4)));
      const result = f.let(p.out.plus(n.times(outFloats * 4)));
      const base = frameOfBand(f, image, q, p.frames.plus(f.thread.times(stride)), layout.frameRows);
      f.if(p.touch, () => touchBand(f, layout, result, q));
      for (const { pass, ks, firstK, packed } of layout.passes) {
        const rows = f.let(f.select(q.plus(bandRows).lt(pass.rows), i32(bandRows), i32(pass.rows).minus(q)));
        const weights = f.let(allPacked.plus(packed * 4));
        const table = f.let(p.table.plus(firstK * 4));
        const groupX = f.let(base);
        const channel = f.local(i32); // in bytes
        f.for(0, groups, 1, () => {
          for (const block of blocks) {
            const blockBytes = block.vectors * ks * 16;
            const w = f.let(weights.plus(block.first * ks * 4));
            const out = f.let(channel.plus(block.first * 4));
            f.for(0, block.count, 1, () => {
              const x = f.let(layout.spread ? groupX.plus(out) : groupX);
              const start = (pass.y * conv.out.width + pass.x) * conv.out.channels * 4;
              const outRow = conv.outStep[0] * conv.out.width * conv.out.channels * 4;
              const y = f.let(result.plus(q.times(outRow)).plus(start).plus(out));
              const bias = f.let(p.bias.plus(out));
              const row = f.local(i32);
              f.while(row.lt(rows), () => {
                const [xAt, yAt] = [f.let(x), f.let(y)];
                const step = (run: Tile, size: number): void => {
                  f.call(run, {
                    ...{ x: xAt, weights: w, end: w.plus(blockBytes), table, bias, out: yAt, floor: p.floor },
                  });
                  xAt.set(xAt.plus(size * conv.inStep[1] * cellFloats * 4));
                  yAt.set(yAt.plus(size * conv.outStep[1] * conv.out.channels * 4));
                };
                for (const { size, count } of evenTiles(pass.columns, block.mostRows)) {
                  const run = tiles.get(tileName(size, block))!;
                  if (count === 1) step(run, size);
                  else f.for(0, count, 1, () => step(run, size));
                }
                x.set(x.plus(conv.inStep[0] * rowFloats * 4));
                y.set(y.plus(outRow));
                row.set(row.plus(1));
              });
              w.set(w.plus(blockBytes));
              out.set(out.plus(block.vectors * 16));
            });
          }
          weights.set(weights.plus(groupLanes * ks * 4));
          groupX.set(groupX.plus(conv.groupIn * 4));
          channel.set(channel.plus(groupOut * 4));
        });
      }
    });
  });
}
