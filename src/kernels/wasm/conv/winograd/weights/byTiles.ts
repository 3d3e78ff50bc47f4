import { f32x4, i32, type ModuleBuilder } from '../../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../../runtime/kernel.ts';
import { evenTiles } from '../../../templates/tile.ts';
import { blockCount, channelBlocks, inBlock } from '../../blocks.ts';
import { type Layout, nameOf } from '../layout.ts';
import { phasesOf, phasesOfPlane } from '../phases.ts';
import { type ProductTile, writeProductTile } from '../products.ts';
import { transformSignature, writeTransform, writeWeightGradient } from './transforms.ts';

/**
 * Gradients of weights where tiles are many: functions for both ways, by chunks and by planes (gradient.ts).
 */

/** Tiles summed in registers before they join dU: short sums keep their digits, and their operands the first-level cache. */
const SUMMED_TILES = 64;

export function byTilesGradientKernel(layout: Layout): Kernel {
  return compileKernel(`winograd dw ${nameOf(layout)} ${layout.tiles}`, () =>
    kernelModule('winograd dw', (m) => {
      const transform = writeTransform(m, layout);
      const multiply = writeMultiply(m, layout);
      writeFinish(m, layout);
      writeChunks(m, layout, transform, multiply);
    }),
  );
}

/** Range over chunks of the tiles: dU of each. */
function writeChunks(
  m: ModuleBuilder,
  layout: Layout,
  transform: ReturnType<typeof writeTransform>,
  multiply: ReturnType<typeof writeMultiply>,
): void {
  const { filter, outChannels, planeU, thread } = layout;
  const { begin, end, first: _, v: __, d: ___, ...rest } = transformSignature;
  m.func('chunks', { begin, end, chunks: i32, total: i32, u: i32, ...rest }, (f, p) => {
    const own = f.let(p.threads.plus(f.thread.times(thread.total * 4)));
    const [v, d] = [f.let(own.plus(thread.v * 4)), f.let(own.plus(thread.out * 4))];
    f.for(p.begin, p.end, 1, (chunk) => {
      const start = f.let(chunk.times(p.total).divU(p.chunks));
      const stop = f.let(chunk.plus(1).times(p.total).divU(p.chunks));
      const u = f.let(p.u.plus(chunk.times(filter.planes * planeU * 4)));
      f.for(start, stop, layout.tiles, (first) => {
        const left = f.let(stop.minus(first));
        const count = f.let(f.select(left.lt(layout.tiles), left, i32(layout.tiles)));
        f.call(transform, { ...p, begin: 0, end: count, first, v, d });
        const parts = filter.planes * blockCount(channelBlocks(outChannels));
        f.call(multiply, { begin: 0, end: parts, v, d, u, count, isFirst: first.eq(start) });
      });
    });
  });
}

/** Range over (plane, block of out channels): dU += V^T D, or = where `isFirst`. */
function writeMultiply(m: ModuleBuilder, layout: Layout) {
  const { filter, strided, inChannels, phaseIn, outChannels, inLanes, outLanes } = layout;
  const { planeV, planeOut, planeU } = layout;
  const blocks = channelBlocks(outChannels);
  const tiles = new Map<string, ProductTile>();
  for (const { vectors, mostRows } of blocks) {
    for (const { size } of evenTiles(phaseIn, mostRows)) {
      const name = `product ${size} ${vectors}`;
      if (tiles.has(name)) continue;
      const steps = { leftRow: 4, leftStep: inLanes * 4, outRow: vectors * 16, rightStep: outLanes * 4 };
      tiles.set(name, writeProductTile(m, { name, rows: size, vectors, ...steps, add: true }));
    }
  }
  const perPlane = blockCount(blocks);
  const signature = { begin: i32, end: i32, v: i32, d: i32, u: i32, count: i32, isFirst: i32 };
  return m.func('multiply', signature, (f, p) => {
    f.for(p.begin, p.end, 1, (part) => {
      const plane = f.let(part.divU(perPlane));
      const inPlane = f.let(part.remU(perPlane));
      const left = f.let(p.v.plus(plane.times(planeV * 4)));
      const { tile } = filter;
      const phases = phasesOfPlane(f, filter, strided !== null, plane.divU(tile), plane.remU(tile));
      inBlock(f, inPlane, blocks, ({ vectors, mostRows }, channel) => {
        const right = f.let(p.d.plus(plane.times(planeOut).plus(channel).shl(2)));
        const sums = f.let(p.u.plus(plane.times(planeU).plus(channel.times(inChannels)).shl(2)));
        f.if(p.isFirst, () => f.fill(sums, 0, inChannels * vectors * 16));
        const last = f.let(right.plus(p.count.times(outLanes * 4)));
        f.while(right.ltU(last), () => {
          const past = f.let(right.plus(SUMMED_TILES * outLanes * 4));
          const end = f.let(f.select(past.ltU(last), past, last));
          f.for(phases.first, phases.past, 1, (phase) => {
            const row = f.let(left.plus(phase.times(phaseIn * 4)));
            const out = f.let(sums.plus(phase.times(phaseIn * vectors * 16)));
            for (const { size, count: times } of evenTiles(phaseIn, mostRows)) {
              f.for(0, times, 1, () => {
                f.call(tiles.get(`product ${size} ${vectors}`)!, { left: row, right, end, out });
                row.set(row.plus(size * 4));
                out.set(out.plus(size * vectors * 16));
              });
            }
          });
          left.set(left.plus(SUMMED_TILES * inLanes * 4));
          right.set(end);
        });
      });
    });
  });
}

/** Range over the in channels of a phase: dw = G^T dU G, dU being the sum of the chunks' in their order. */
function writeFinish(m: ModuleBuilder, layout: Layout): void {
  const { filter, strided, inChannels, phaseIn, outChannels, planeU } = layout;
  const blocks = phasesOf(strided !== null).flatMap((phase, index) =>
    channelBlocks(outChannels).map((block) => ({
      ...block,
      before: index * phaseIn * block.vectors * 16,
      transform: writeWeightGradient(m, block, layout, phase),
    })),
  );
  m.func('finish', { begin: i32, end: i32, u: i32, chunks: i32, dw: i32, threads: i32 }, (f, p) => {
    const { thread } = layout;
    const cells = f.let(p.threads.plus(f.thread.times(thread.total * 4)).plus(thread.cells * 4));
    const chunkBytes = filter.planes * planeU * 4;
    const past = f.let(p.chunks.times(chunkBytes));
    f.for(p.begin, p.end, 1, (c) => {
      for (const { first, count, vectors, before, transform } of blocks) {
        f.for(first, first + count * vectors * 4, vectors * 4, (channel) => {
          const u = f.let(p.u.plus(channel.times(inChannels * 4)).plus(before));
          f.if(p.chunks.gt(1), () => {
            const own = f.let(u.plus(c.times(vectors * 16)));
            f.for(0, chunkBytes, planeU * 4, (plane) => {
              for (let v = 0; v < vectors; v++) {
                f.block(() => {
                  const at = f.let(own.plus(plane).plus(v * 16));
                  const sum = f.local(f32x4);
                  f.for(0, past, chunkBytes, (chunk) => sum.set(sum.plus(f.load4(at.plus(chunk)))));
                  f.store4(at, sum);
                });
              }
            });
          });
          f.call(transform, { begin: c, end: c.plus(1), u, dw: p.dw.plus(channel.shl(2)), cells });
        });
      }
    });
  });
}
