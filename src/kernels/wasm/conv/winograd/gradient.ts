import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { compileKernel, kernelModule } from '../../kernel.ts';
import { scratch } from '../../operands.ts';
import { threadCount } from '../../threads.ts';
import { channelBlocks, evenTiles, padded4 } from '../tiles.ts';
import { type GradientLayout, layOutGradient } from './gradientLayout.ts';
import { transformSignature, writeFinish, writeTransform } from './gradientTransforms.ts';
import { PLANE_PADDING, PLANES, type WinogradSizes } from './layout.ts';
import { type ProductTile, writeProductTile } from './products.ts';
import { gridArguments } from './tiles.ts';

/**
 * The gradient of 3x3 weights by Winograd: the transpose of the forward pass (forward.ts) with respect to g,
 *
 *   dg = G^T [ sum over tiles of (B^T d B) * (A dy A^T) ] G.
 *
 * With V = B^T d B and D = A dy A^T, the sum dU is V^T D in each of the 36 planes. Who sums what never depends on the number
 * of threads, so neither do the bits. There are two ways:
 *
 * - *By chunks*, where dU is small and there are many tiles. The tiles are cut into chunks, whose number follows from the
 *   problem. A part transforms a chunk's tiles in its thread's own memory and multiplies them while they are in the
 *   second-level cache; then the chunks' dU are added in their order.
 * - *By planes*, where adding up would cost too much. Tiles are taken in batches that fill some 2 MB, in memory that all
 *   threads share. For each batch one job transforms (cut by tiles), and a second one adds V^T D to dU (cut by planes and
 *   channels), so every number of dU is summed by one part in the order of the tiles.
 */

/** Tiles summed in registers before they join dU: short sums keep their digits, and their operands the first-level cache. */
const SUMMED_TILES = 64;
/** The work of a part by planes: tiles times channels to transform, and multiply-adds. */
const PART_VALUES = 512;
const PART_MULTIPLIES = 250_000;
/** Tiles of a chunk, at least. */
const CHUNK_TILES = 32;
/** With fewer, threads would be uneven and adding up would cost more than transforming in place saves. */
const LEAST_CHUNKS = 8;
const MOST_CHUNKS = 16;
/** The dU of all chunks together: up to some 32 channels, where a chunk's dU stays in the second-level cache. */
const MOST_PARTIAL_FLOATS = 300_000;

/** dw [3, 3, in, out] from the addresses of x and dy. */
export function winogradWeightGradient(sizes: WinogradSizes, x: number, dy: number, dw: number): void {
  const { batch, outHeight, outWidth, inChannels, outChannels } = sizes;
  const total = batch * Math.ceil(outHeight / 4) * Math.ceil(outWidth / 4);
  const sums = PLANES * (inChannels * padded4(outChannels) + PLANE_PADDING);
  const chunks = Math.min(
    ...[MOST_CHUNKS, Math.floor(total / CHUNK_TILES), Math.floor(MOST_PARTIAL_FLOATS / sums)],
  );
  const byChunks = chunks >= LEAST_CHUNKS;
  const layout = layOutGradient(inChannels, outChannels, byChunks);
  const kernel = compileKernel(`winograd dw ${inChannels} ${outChannels} ${byChunks}`, () =>
    kernelModule('winograd dw', (m) => write(m, layout)),
  );
  const threads = scratch(threadCount() * layout.thread).byteOffset;
  const grid = [outHeight, outWidth, ...gridArguments(sizes)];
  const finishGrain = Math.ceil(1024 / outChannels);
  if (byChunks) {
    const v = scratch(threadCount() * PLANES * layout.planeV).byteOffset;
    const d = scratch(threadCount() * PLANES * layout.planeD).byteOffset;
    const u = scratch(chunks * sums).byteOffset;
    kernel.parallel('chunks', chunks, chunks, total, u, x, dy, v, d, threads, ...grid);
    kernel.range('finish', inChannels, finishGrain, u, chunks, dw, threads);
    return;
  }
  const v = scratch(PLANES * layout.planeV).byteOffset;
  const d = scratch(PLANES * layout.planeD).byteOffset;
  const u = scratch(sums).byteOffset;
  const transformGrain = Math.ceil(PART_VALUES / (inChannels + outChannels));
  // A part of the products is a plane's block of out channels.
  const parts = PLANES * blockCount(outChannels);
  for (let first = 0; first < total; first += layout.tiles) {
    const count = Math.min(layout.tiles, total - first);
    kernel.range('transform', count, transformGrain, first, x, dy, v, d, threads, ...grid);
    const grain = Math.ceil((PART_MULTIPLIES * parts) / (PLANES * count * inChannels * outChannels));
    kernel.range('multiply', parts, grain, v, d, u, count, first === 0 ? 1 : 0);
  }
  kernel.range('finish', inChannels, finishGrain, u, 1, dw, threads);
}

/** Blocks of out channels: the parts of a plane. */
const blockCount = (outChannels: number): number =>
  channelBlocks(outChannels).reduce((sum, { count }) => sum + count, 0);

function write(m: ModuleBuilder, layout: GradientLayout): void {
  const transform = writeTransform(m, layout);
  const multiply = writeMultiply(m, layout);
  writeFinish(m, layout);
  writeChunks(m, layout, transform, multiply);
}

/** Range over chunks of the tiles: dU of each. */
function writeChunks(
  m: ModuleBuilder,
  layout: GradientLayout,
  transform: ReturnType<typeof writeTransform>,
  multiply: ReturnType<typeof writeMultiply>,
): void {
  const { outChannels, planeV, planeD, planeU } = layout;
  const { begin, end, first: _, ...rest } = transformSignature;
  m.func('chunks', { begin, end, chunks: i32, total: i32, u: i32, ...rest }, (f, p) => {
    const v = f.let(p.v.plus(f.thread.times(PLANES * planeV * 4)));
    const d = f.let(p.d.plus(f.thread.times(PLANES * planeD * 4)));
    f.for(p.begin, p.end, 1, (chunk) => {
      const start = f.let(chunk.times(p.total).divU(p.chunks));
      const stop = f.let(chunk.plus(1).times(p.total).divU(p.chunks));
      const u = f.let(p.u.plus(chunk.times(PLANES * planeU * 4)));
      f.for(start, stop, layout.tiles, (first) => {
        const left = f.let(stop.minus(first));
        const count = f.let(f.select(left.lt(layout.tiles), left, i32(layout.tiles)));
        f.call(transform, { ...p, begin: 0, end: count, first, v, d });
        const parts = PLANES * blockCount(outChannels);
        f.call(multiply, { begin: 0, end: parts, v, d, u, count, isFirst: first.eq(start) });
      });
    });
  });
}

/** Range over (plane, block of out channels): dU += V^T D, or = where `isFirst`. */
function writeMultiply(m: ModuleBuilder, layout: GradientLayout) {
  const { inChannels, outChannels, inLanes, outLanes, planeV, planeD, planeU } = layout;
  const blocks = channelBlocks(outChannels);
  const tiles = new Map<string, ProductTile>();
  for (const { vectors, mostRows } of blocks) {
    for (const { size } of evenTiles(inChannels, mostRows)) {
      const name = `product ${size} ${vectors}`;
      if (tiles.has(name)) continue;
      const steps = { leftRow: 4, leftStep: inLanes * 4, outRow: vectors * 16, rightStep: outLanes * 4 };
      tiles.set(name, writeProductTile(m, { name, rows: size, vectors, ...steps, add: true }));
    }
  }
  const perPlane = blockCount(outChannels);
  const signature = { begin: i32, end: i32, v: i32, d: i32, u: i32, count: i32, isFirst: i32 };
  return m.func('multiply', signature, (f, p) => {
    f.for(p.begin, p.end, 1, (part) => {
      const plane = f.let(part.divU(perPlane));
      const inPlane = f.let(part.remU(perPlane));
      const left = f.let(p.v.plus(plane.times(planeV * 4)));
      let index = 0;
      for (const { first, count, vectors, mostRows } of blocks) {
        const start = index;
        index += count;
        f.if(inPlane.ge(start).and(inPlane.lt(index)), () => {
          const channel = f.let(
            inPlane
              .minus(start)
              .times(vectors * 4)
              .plus(first),
          );
          const right = f.let(p.d.plus(plane.times(planeD).plus(channel).shl(2)));
          const sums = f.let(p.u.plus(plane.times(planeU).plus(channel.times(inChannels)).shl(2)));
          f.if(p.isFirst, () => f.fill(sums, 0, inChannels * vectors * 16));
          const last = f.let(right.plus(p.count.times(outLanes * 4)));
          f.while(right.ltU(last), () => {
            const past = f.let(right.plus(SUMMED_TILES * outLanes * 4));
            const end = f.let(f.select(past.ltU(last), past, last));
            const [row, out] = [f.let(left), f.let(sums)];
            for (const { size, count: times } of evenTiles(inChannels, mostRows)) {
              f.for(0, times, 1, () => {
                f.call(tiles.get(`product ${size} ${vectors}`)!, { left: row, right, end, out });
                row.set(row.plus(size * 4));
                out.set(out.plus(size * vectors * 16));
              });
            }
            left.set(left.plus(SUMMED_TILES * inLanes * 4));
            right.set(end);
          });
        });
      }
    });
  });
}
