import { f32, i32, type KernelFunction, type ModuleBuilder } from '../../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../../runtime/kernel.ts';
import { oncePerThread } from '../../../runtime/oncePerThread.ts';
import { channelBlocks } from '../../blocks.ts';
import { gridSignature, locate, touchRows } from '../grid.ts';
import type { Layout } from '../layout.ts';
import { writeTileProducts } from '../products.ts';
import { clearZeroRow, writeWindow } from '../window.ts';
import type { layOutByTiles } from './layout.ts';
import { writeOutput } from './output.ts';
import { writeWeights } from './weights.ts';

/**
 * The forward pass where tiles are many: block by block of tiles, each from image to result by one thread, in memory of its
 * own that stays in the second-level cache. U is that of all channels: small, and every thread makes it for itself, or
 * large, and made by all threads in a job before (layout.ts: sharesU).
 */
export function byTilesKernel(layout: ReturnType<typeof layOutByTiles>, turned: boolean): Kernel {
  const { filter } = layout;
  const name = `winograd ${filter.taps} ${filter.tile} ${layout.inChannels} ${layout.outChannels} ${turned ? 'turned' : ''}`;
  return compileKernel(name, () =>
    kernelModule('winograd', (m) => {
      const weights = writeAllWeights(m, layout, turned);
      if (layout.sharesU) writeSharedWeights(m, layout, weights);
      writeConvolve(m, layout, weights);
    }),
  );
}

const weightsSignature = { begin: i32, end: i32, weights: i32, u: i32, cells: i32 };
type AllWeights = KernelFunction<typeof weightsSignature, void>;

/** For in channels [begin, end): weights [taps, taps, in, out] -> planes of [block of out channels][in][lanes of the block]. */
function writeAllWeights(m: ModuleBuilder, layout: Layout, turned: boolean): AllWeights {
  const { inChannels, outChannels } = layout;
  const blocks = channelBlocks(outChannels).map((block) => ({
    ...block,
    write: writeWeights(m, block, { ...layout, turned }),
  }));
  return m.func('all weights', weightsSignature, (f, p) => {
    for (const { first, count, vectors, write } of blocks) {
      f.for(first, first + count * vectors * 4, vectors * 4, (channel) => {
        f.call(write, {
          ...p,
          weights: p.weights.plus(channel.times(turned ? inChannels * 4 : 4)),
          u: p.u.plus(channel.times(inChannels * 4)),
        });
      });
    }
  });
}

/** Range over in channels. */
function writeSharedWeights(m: ModuleBuilder, { thread }: Layout, weights: AllWeights): void {
  const signature = { begin: i32, end: i32, weights: i32, u: i32, threads: i32 };
  m.func('weights', signature, (f, p) => {
    const cells = f.let(p.threads.plus(f.thread.times(thread.total * 4)).plus(thread.cells * 4));
    f.call(weights, { ...p, cells });
  });
}

/** Range over tiles. */
function writeConvolve(
  m: ModuleBuilder,
  layout: ReturnType<typeof layOutByTiles>,
  weights: AllWeights,
): void {
  const { filter, inChannels, outChannels, inLanes, outLanes, tiles, planeV, planeOut, thread } = layout;
  const window = { name: 'input', filter, side: 'image', channels: inChannels, plane: planeV } as const;
  const transformInput = writeWindow(m, window);
  const multiply = writeMultiply(m, layout);
  const output = { filter, channels: outChannels, planeOut, pixelFloats: outChannels };
  const transformOutput = writeOutput(m, 'output', output);
  // `weights`: of U where it is shared.
  const addresses = { x: i32, weights: i32, bias: i32, y: i32, threads: i32, floor: f32, stamp: i32 };
  const signature = { begin: i32, end: i32, ...addresses, outHeight: i32, outWidth: i32, ...gridSignature };
  m.func('convolve', signature, (f, p) => {
    const own = f.let(p.threads.plus(f.thread.times(thread.total * 4)));
    const v = f.let(own.plus(thread.v * 4));
    const products = f.let(own.plus(thread.out * 4));
    const cells = f.let(own.plus(thread.cells * 4));
    const u = layout.sharesU ? p.weights : own;
    oncePerThread(f, p.stamp, () => {
      clearZeroRow(f, filter, cells, inChannels);
      if (!layout.sharesU) f.call(weights, { begin: 0, end: inChannels, weights: p.weights, u, cells });
    });
    const imageBytes = f.let(p.height.times(p.width).times(inChannels * 4));
    const outRow = f.let(p.outWidth.times(outChannels * 4));
    f.for(p.begin, p.end, tiles, (first) => {
      const count = f.let(f.select(p.end.minus(first).lt(tiles), p.end.minus(first), i32(tiles)));
      const last = f.let(first.plus(count).minus(1));
      const rowBytes = f.let(p.width.times(inChannels * 4));
      const step = filter.outputs;
      touchRows(f, p, { first, last, step, size: filter.tile }, p.x, rowBytes, cells);
      f.for(0, count, 1, (t) => {
        const { n, y, x } = locate(f, p, first.plus(t), step);
        const image = p.x.plus(n.times(imageBytes));
        const { height, width } = p;
        f.call(transformInput, { image, height, width, y, x, out: v.plus(t.times(inLanes * 4)), cells });
      });
      f.call(multiply, { v, u, m: products, count });
      const outGrid = { ...p, height: p.outHeight, width: p.outWidth, top: i32(0), left: i32(0) };
      touchRows(f, outGrid, { first, last, step, size: step }, p.y, outRow, cells);
      f.for(0, count, 1, (t) => {
        const place = locate(f, outGrid, first.plus(t), step);
        transformOutput(f, { ...p, cells }, place, products.plus(t.times(outLanes * 4)));
      });
    });
  });
}

/** M = V U for `count` tiles, all planes and channels. */
function writeMultiply(m: ModuleBuilder, layout: Layout) {
  const { filter, inChannels, inLanes, outLanes, outChannels, planeV, planeOut, planeU } = layout;
  const blocks = channelBlocks(outChannels).map((block) => ({
    ...block,
    multiply: writeTileProducts(m, block, { inChannels, inLanes, outRow: outLanes * 4 }),
  }));
  return m.func('multiply', { v: i32, u: i32, m: i32, count: i32 }, (f, p) => {
    const [v, u, out] = [f.let(p.v), f.let(p.u), f.let(p.m)];
    f.for(0, filter.planes, 1, () => {
      for (const { first, count, vectors, multiply } of blocks) {
        f.for(first, first + count * vectors * 4, vectors * 4, (channel) => {
          f.call(multiply, {
            v,
            u: u.plus(channel.times(inChannels * 4)),
            m: out.plus(channel.shl(2)),
            count: p.count,
          });
        });
      }
      v.set(v.plus(planeV * 4));
      u.set(u.plus(planeU * 4));
      out.set(out.plus(planeOut * 4));
    });
  });
}
