import {
  type FunctionBuilder,
  f32x4,
  type I32,
  i32,
  type KernelFunction,
  type ModuleBuilder,
} from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { allocate } from '../runtime/memory.ts';
import { scratch } from '../runtime/operands.ts';
import { rememberFor } from '../runtime/remember.ts';
import { threadMemory, threadStride } from '../runtime/threadMemory.ts';
import type { Job } from '../runtime/threads.ts';
import { addProducts, storeTile, zeroSums } from '../templates/tile.ts';
import { writeFrame } from './frame.ts';
import { type Layout, layOut } from './layout.ts';
import { segments } from './segments.ts';
import { type ConvSizes, sizesKey } from './sizes.ts';
import { forwardTaps } from './tapConv.ts';
import type { ChannelBlocks } from './tiles.ts';

/**
 * The gradient of convolution weights, directly: dw[k, o] = sum over output pixels p of frame[p, k] dy[p, o], where k =
 * (tap, input channel) as in direct.ts, and frame[p, k] is what pixel p's window saw under k.
 *
 * A register tile is up to 6 k by 8 output channels. Its loop runs over the pixels of a band (up to some 256): two
 * vectors of dy, six broadcast frame elements, twelve multiply-adds. The pixels' places in the frame stand in a table,
 * the k's are constant offsets in the code: most tiles share one offset pattern, and so one function.
 *
 * Bands are summed in registers, bands into their chunk's sums, and chunks (up to 16, by the problem's size alone) in
 * their order at the end, so no sum is long enough to lose digits, and threads do not change the bits.
 */
interface Plan {
  kernel: Kernel;
  layout: Layout;
  bandRows: number;
  /** Bands to an image. */
  bands: number;
  frameFloats: number;
  /** For each pixel of a band its place in the frame, in bytes. */
  table: Int32Array;
}

const BAND_PIXELS = 256;
const MOST_CHUNKS = 16;
const CHUNK_PIXELS = 128;
const MOST_PARTIAL_FLOATS = 1 << 22;
/** Chunks are divided further, by output channels, until there are parts for some threads or the parts are small. */
const WANTED_PARTS = 8;
const PART_MULTIPLIES = 200_000;

const plans = new Map<string, Plan>();

/** dw, from the addresses of x and dy. */
export function directWeightGradient(sizes: ConvSizes, x: number, dy: number, dw: number): Job[] {
  const { kernel, layout, bands, table, frameFloats } = planOf(sizes);
  const { batch, outHeight, outWidth, outChannels } = sizes;
  const allBands = batch * bands;
  const multiplies = batch * outHeight * outWidth * layout.totalKs * outChannels;
  const chunks = Math.max(
    1,
    Math.min(
      ...[MOST_CHUNKS, allBands, Math.floor((batch * outHeight * outWidth) / CHUNK_PIXELS)],
      Math.floor(MOST_PARTIAL_FLOATS / layout.packedFloats),
    ),
  );
  const wantedParts = Math.min(WANTED_PARTS, multiplies / PART_MULTIPLIES);
  const parts = Math.max(1, Math.min(unitCount(layout), Math.ceil(wantedParts / chunks)));
  const partial = scratch(chunks * layout.packedFloats).byteOffset;
  const frames = layout.inPlace ? 0 : threadMemory(frameFloats);
  const grain = Math.max(1, Math.floor((PART_MULTIPLIES * chunks * parts) / multiplies));
  const addresses = [x, dy, partial, table.byteOffset, frames];
  const addGrain = Math.ceil(16384 / (chunks * outChannels));
  return [
    kernel.job('sums', chunks * parts, grain, ...addresses, chunks, parts, allBands),
    kernel.job('add', layout.totalKs, addGrain, partial, chunks, dw),
  ];
}

/** A unit of output channels: one block of one group. */
const unitCount = ({ groups, blocks }: Layout): number =>
  groups * blocks.reduce((sum, block) => sum + block.count, 0);

const planOf = rememberFor(planFor);

function planFor(sizes: ConvSizes): Plan {
  const key = `conv dw ${sizesKey(sizes)}`;
  const known = plans.get(key);
  if (known !== undefined) return known;
  const conv = forwardTaps(sizes);
  const layout = layOut(conv);
  const { cellFloats, rowFloats } = layout;
  const { outHeight, outWidth } = sizes;
  const bandRows = Math.min(outHeight, Math.max(1, Math.floor(BAND_PIXELS / outWidth)));
  const lastTapY = Math.max(...conv.passes[0].taps.map((tap) => tap.y));
  const frameRows = (bandRows - 1) * conv.inStep[0] + lastTapY + 1;
  const block = allocate(bandRows * outWidth);
  const table = new Int32Array(block.buffer, block.byteOffset, bandRows * outWidth);
  for (let row = 0; row < bandRows; row++) {
    for (let column = 0; column < outWidth; column++) {
      table[row * outWidth + column] =
        4 * (row * conv.inStep[0] * rowFloats + column * conv.inStep[1] * cellFloats);
    }
  }
  const bands = Math.ceil(outHeight / bandRows);
  const frameFloats = frameRows * rowFloats + 16;
  const plan = { layout, bandRows, bands, frameFloats, table };
  const kernel = compileKernel(key, () => kernelModule('conv dw', (m) => write(m, plan, frameRows)));
  const made = { ...plan, kernel };
  plans.set(key, made);
  return made;
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
    storeTile(f, sums, { address: p.sums, rowBytes: vectors * 16 }, (sum, offset) =>
      f.load4(p.sums, offset).plus(sum),
    );
  });
}

type Unit = (f: FunctionBuilder, x: I32, dy: I32, table: I32, end: I32, sums: I32) => void;

/** All tiles of one block of output channels. */
function writeUnit(m: ModuleBuilder, layout: Layout, block: ChannelBlocks): Unit {
  const list = segments(layout, block.mostRows);
  const tiles = new Map<string, Tile>();
  for (const { pattern } of list) {
    const name = pattern.join();
    if (!tiles.has(name)) tiles.set(name, writeTile(m, layout, pattern, block.vectors));
  }
  const unit = m.func(`unit ${block.vectors}`, tileSignature, (f, p) => {
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
  return (f, x, dy, table, end, sums) => f.call(unit, { x, dy, table, end, sums });
}

function write(m: ModuleBuilder, plan: Omit<Plan, 'kernel'>, frameRows: number): void {
  const { layout, bandRows, bands, frameFloats } = plan;
  const { conv, blocks, groups, groupOut, groupLanes, totalKs, cellFloats, rowFloats } = layout;
  writeAdd(m, layout);
  const frameOf = layout.inPlace ? null : writeFrame(m, layout.frame);
  const units = new Map<number, Unit>();
  for (const block of blocks) {
    if (!units.has(block.vectors)) units.set(block.vectors, writeUnit(m, layout, block));
  }
  const unitsPerGroup = unitCount(layout) / groups;
  const signature = { begin: i32, end: i32, x: i32, dy: i32, partial: i32, table: i32, frames: i32 };
  m.func('sums', { ...signature, chunks: i32, parts: i32, allBands: i32 }, (f, p) => {
    const imageFloats = conv.source.height * conv.source.width * conv.source.channels;
    const rowBytes = conv.out.width * conv.out.channels * 4;
    f.for(p.begin, p.end, 1, (item) => {
      const chunk = f.let(item.divU(p.parts));
      const part = f.let(item.remU(p.parts));
      const firstUnit = f.let(part.times(unitCount(layout)).divU(p.parts));
      const endUnit = f.let(part.plus(1).times(unitCount(layout)).divU(p.parts));
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
        const frame = f.local(i32);
        if (frameOf === null) {
          const start = -conv.top * rowFloats - conv.left * cellFloats;
          frame.set(image.plus(q.times(conv.inStep[0] * rowFloats * 4)).plus(start * 4));
        } else {
          frame.set(p.frames.plus(f.thread.times(threadStride(frameFloats) * 4)));
          f.call(frameOf, { to: frame, image, firstRow: q.times(conv.inStep[0]), rows: frameRows });
        }
        f.for(firstUnit, endUnit, 1, (unit) => {
          const group = f.let(unit.divU(unitsPerGroup));
          const inGroup = f.let(unit.remU(unitsPerGroup));
          const x = f.let(frame.plus(group.times(conv.groupIn * 4)));
          const dyGroup = f.let(dy.plus(group.times(groupOut * 4)));
          const sums = f.let(partial.plus(group.times(groupLanes * totalKs * 4)));
          let firstOfBlock = 0;
          for (const block of blocks) {
            const first = firstOfBlock;
            f.if(inGroup.ge(first).and(inGroup.lt(first + block.count)), () => {
              const channel = f.let(
                inGroup
                  .minus(first)
                  .times(block.vectors * 4)
                  .plus(block.first),
              );
              const at = f.let(sums.plus(channel.times(totalKs * 4)));
              f.if(band.eq(firstBand), () => f.fill(at, 0, totalKs * block.vectors * 16));
              const channelBytes = f.let(channel.shl(2));
              const from = layout.spread ? x.plus(channelBytes) : x;
              units.get(block.vectors)!(f, from, dyGroup.plus(channelBytes), p.table, end, at);
            });
            firstOfBlock += block.count;
          }
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
