import { f32x4, i32, type KernelFunction, type ModuleBuilder } from '../../builder/index.ts';
import { threadStride } from '../../runtime/threadMemory.ts';
import { addProducts, storeTile, zeroSums } from '../../templates/tile.ts';
import { blockCount, type ChannelBlocks, inBlock } from '../blocks.ts';
import { type Layout, writeBandFrame } from './layout.ts';
import { segments } from './segments.ts';

/**
 * The gradient of convolution weights, directly: dw[k, o] = sum over output pixels p of frame[p, k] dy[p, o], where k =
 * (tap, input channel) as in imageKernel.ts, and frame[p, k] is what pixel p's window saw under k.
 *
 * A register tile is up to 6 k by 8 output channels. Its loop runs over the pixels of a band (up to some 256): two
 * vectors of dy, six broadcast frame elements, twelve multiply-adds. The pixels' places in the frame stand in a table,
 * the k's are constant offsets in the code: most tiles share one offset pattern, and so one function.
 *
 * Bands are summed in registers, bands into their chunk's sums, and chunks (up to 16, by the problem's size alone) in
 * their order at the end, so no sum is long enough to lose digits, and threads do not change the bits.
 */
/** How an image is cut into bands of rows of dy. */
export interface Bands {
  bandRows: number;
  /** Bands to an image. */
  bands: number;
  /** The rows of the frame that a band sees, and its floats. */
  frameRows: number;
  frameFloats: number;
}

const tileSignature = { x: i32, dy: i32, table: i32, end: i32, sums: i32 };
type Tile = KernelFunction<typeof tileSignature, void>;

/** sums[k, o] += sum over the table's pixels of frame[pixel + pattern[k]] dy[pixel, o]. */
function writeTile(m: ModuleBuilder, layout: Layout, pattern: number[], vectors: number): Tile {
  const outBytes = layout.conv.out.channels * 4;
  return m.func(`tile ${vectors} ${pattern}`, tileSignature, (f, p) => {
    const sums = zeroSums(f, pattern.length, vectors);
    addProducts(f, sums, {
      more: p.table.ltU(p.end),
      left: () => f.let(p.x.plus(f.loadI32(p.table))),
      leftRows: pattern,
      leftVectors: layout.spread,
      right: p.dy,
      next: () => {
        p.dy.set(p.dy.plus(outBytes));
        p.table.set(p.table.plus(4));
      },
      stored: 'computed',
    });
    storeTile(f, sums, { address: p.sums, rowBytes: vectors * 16, add: true });
  });
}

/** All tiles of one block of output channels. */
function writeUnit(m: ModuleBuilder, layout: Layout, block: ChannelBlocks): Tile {
  const list = segments(layout, block.mostRows);
  const tiles = new Map<string, Tile>();
  for (const { pattern } of list) {
    const name = pattern.join();
    if (!tiles.has(name)) tiles.set(name, writeTile(m, layout, pattern, block.vectors));
  }
  return m.func(`unit ${block.vectors}`, tileSignature, (f, p) => {
    for (const { pattern, firstK, offset, count, step } of list) {
      const tile = tiles.get(pattern.join())!;
      const x = f.let(p.x.plus(offset));
      const sums = f.let(p.sums.plus(firstK * block.vectors * 16));
      f.for(0, count, 1, () => {
        f.call(tile, { x, dy: p.dy, table: p.table, end: p.end, sums });
        x.set(x.plus(step));
        sums.set(sums.plus(pattern.length * block.vectors * 16));
      });
    }
  });
}

/** `sums`: range over parts of chunks. `add`: range over all k. */
export function writeWeightsKernel(m: ModuleBuilder, layout: Layout, bandsOf: Bands): void {
  const { bandRows, bands, frameRows, frameFloats } = bandsOf;
  const { conv, blocks, groups, groupOut, groupLanes, totalKs } = layout;
  writeAdd(m, layout);
  const frameOfBand = writeBandFrame(m, layout);
  const unitOf = new Map<number, Tile>();
  for (const block of blocks) {
    if (!unitOf.has(block.vectors)) unitOf.set(block.vectors, writeUnit(m, layout, block));
  }
  const unitsPerGroup = blockCount(blocks);
  const units = groups * unitsPerGroup;
  const signature = { begin: i32, end: i32, x: i32, dy: i32, partial: i32, table: i32, frames: i32 };
  m.func('sums', { ...signature, chunks: i32, parts: i32, allBands: i32 }, (f, p) => {
    const imageFloats = conv.source.height * conv.source.width * conv.source.channels;
    const rowBytes = conv.out.width * conv.out.channels * 4;
    f.for(p.begin, p.end, 1, (item) => {
      const chunk = f.let(item.divU(p.parts));
      const part = f.let(item.remU(p.parts));
      const firstUnit = f.let(part.times(units).divU(p.parts));
      const endUnit = f.let(part.plus(1).times(units).divU(p.parts));
      const partial = f.let(p.partial.plus(chunk.times(layout.packedFloats * 4)));
      const firstBand = f.let(chunk.times(p.allBands).divU(p.chunks));
      f.for(firstBand, chunk.plus(1).times(p.allBands).divU(p.chunks), 1, (band) => {
        const n = f.let(band.divU(bands));
        const q = f.let(band.remU(bands).times(bandRows));
        const rows = f.let(
          f.select(q.plus(bandRows).lt(conv.out.height), i32(bandRows), i32(conv.out.height).minus(q)),
        );
        const end = f.let(p.table.plus(rows.times(conv.out.width * 4)));
        const dy = f.let(p.dy.plus(n.times(conv.out.height).plus(q).times(rowBytes)));
        const image = f.let(p.x.plus(n.times(imageFloats * 4)));
        const own = p.frames.plus(f.thread.times(threadStride(frameFloats) * 4));
        const frame = frameOfBand(f, image, q, own, frameRows);
        f.for(firstUnit, endUnit, 1, (index) => {
          const group = f.let(index.divU(unitsPerGroup));
          const inGroup = f.let(index.remU(unitsPerGroup));
          const x = f.let(frame.plus(group.times(conv.groupIn * 4)));
          const dyGroup = f.let(dy.plus(group.times(groupOut * 4)));
          const sums = f.let(partial.plus(group.times(groupLanes * totalKs * 4)));
          inBlock(f, inGroup, blocks, (block, channel) => {
            const at = f.let(sums.plus(channel.times(totalKs * 4)));
            f.if(band.eq(firstBand), () => f.fill(at, 0, totalKs * block.vectors * 16));
            const channelBytes = f.let(channel.shl(2));
            const from = layout.spread ? x.plus(channelBytes) : x;
            const { table } = p;
            const unit = unitOf.get(block.vectors)!;
            f.call(unit, { x: from, dy: dyGroup.plus(channelBytes), table, end, sums: at });
          });
        });
      });
    });
  });
}

/** Range over all k: dw[k][out channels] = the sum of the chunks' [group][block][k][lanes], in the order of the chunks. */
function writeAdd(m: ModuleBuilder, layout: Layout): void {
  const { conv, blocks, groups, groupOut, groupLanes, totalKs, packedFloats } = layout;
  m.func('add', { begin: i32, end: i32, partial: i32, chunks: i32, dw: i32 }, (f, p) => {
    f.for(p.begin, p.end, 1, (k) => {
      f.for(0, groups, 1, (group) => {
        const sums = f.let(p.partial.plus(group.times(groupLanes * totalKs * 4)));
        const row = f.let(p.dw.plus(k.times(conv.out.channels).plus(group.times(groupOut)).shl(2)));
        for (const block of blocks) {
          const lanes = block.vectors * 4;
          const from = f.let(sums.plus(block.first * totalKs * 4).plus(k.times(lanes * 4)));
          const to = f.let(row.plus(block.first * 4));
          f.for(0, block.count, 1, () => {
            for (let v = 0; v < block.vectors; v++) {
              const sum = f.local(f32x4);
              const at = f.let(from.plus(v * 16));
              f.for(0, p.chunks, 1, () => {
                sum.set(sum.plus(f.load4(at)));
                at.set(at.plus(packedFloats * 4));
              });
              f.store4Partial(to, sum, v === block.vectors - 1 ? block.lastLanes : 4, v * 16);
            }
            from.set(from.plus(lanes * totalKs * 4));
            to.set(to.plus(lanes * 4));
          });
        }
      });
    });
  });
}
