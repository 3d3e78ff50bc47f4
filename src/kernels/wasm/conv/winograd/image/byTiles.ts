import { f32, i32, type KernelFunction, type ModuleBuilder } from '../../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../../runtime/kernel.ts';
import { oncePerThread } from '../../../runtime/oncePerThread.ts';
import { channelBlocks } from '../../blocks.ts';
import { gridSignature, locate, touchRows } from '../grid.ts';
import { type Layout, nameOf, tileStep, windowStep } from '../layout.ts';
import { phasesOf, phasesOfPlane } from '../phases.ts';
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
  const name = `winograd ${nameOf(layout)} ${turned ? 'turned' : ''}`;
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

/** For in channels [begin, end) of all phases: weights [taps, taps, in, out] -> planes of [block of out channels][in][lanes of the block]. */
function writeAllWeights(m: ModuleBuilder, layout: Layout, turned: boolean): AllWeights {
  const { inChannels, phaseIn, phaseOut, strided } = layout;
  const blocks = phasesOf(strided !== null).flatMap((phase, index) =>
    channelBlocks(phaseOut).map((block) => ({
      ...block,
      write: writeWeights(m, block, { ...layout, turned }, phase),
      inBefore: strided === 'image' ? index * phaseIn : 0,
      outBefore: strided === 'result' ? index * phaseOut : 0,
    })),
  );
  return m.func('all weights', weightsSignature, (f, p) => {
    for (const { first, count, vectors, write, inBefore, outBefore } of blocks) {
      f.for(first, first + count * vectors * 4, vectors * 4, (channel) => {
        f.call(write, {
          ...p,
          weights: p.weights.plus(channel.times(turned ? phaseIn * 4 : 4)),
          u: p.u.plus(channel.plus(outBefore).times(inChannels * 4)).plus(inBefore * vectors * 16),
        });
      });
    }
  });
}

/** Range over the in channels of a phase. */
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
  const { filter, strided, inChannels, phaseIn, phaseOut, inLanes, outLanes, tiles, planeOut, thread } =
    layout;
  const transformInput = writeWindow(m, {
    ...{ name: 'input', filter, side: 'image', strided: strided === 'image' },
    ...{ channels: phaseIn, plane: layout.planeV },
  });
  const multiply = writeMultiply(m, layout);
  const transformOutput = writeOutput(m, 'output', {
    ...{ filter, strided: strided === 'result', channels: phaseOut, planeOut, pixelFloats: phaseOut },
  });
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
      if (!layout.sharesU) f.call(weights, { begin: 0, end: phaseIn, weights: p.weights, u, cells });
    });
    const imageBytes = f.let(p.height.times(p.width).times(phaseIn * 4));
    const outRow = f.let(p.outWidth.times(phaseOut * 4));
    f.for(p.begin, p.end, tiles, (first) => {
      const count = f.let(f.select(p.end.minus(first).lt(tiles), p.end.minus(first), i32(tiles)));
      const last = f.let(first.plus(count).minus(1));
      const rowBytes = f.let(p.width.times(phaseIn * 4));
      const step = windowStep(layout);
      touchRows(f, p, { first, last, step, size: step + filter.tile - filter.outputs }, p.x, rowBytes, cells);
      f.for(0, count, 1, (t) => {
        const { n, y, x } = locate(f, p, first.plus(t), step);
        const image = p.x.plus(n.times(imageBytes));
        const { height, width } = p;
        f.call(transformInput, { image, height, width, y, x, out: v.plus(t.times(inLanes * 4)), cells });
      });
      f.call(multiply, { v, u, m: products, count });
      const outGrid = { ...p, height: p.outHeight, width: p.outWidth, top: i32(0), left: i32(0) };
      const outStep = tileStep(layout);
      touchRows(f, outGrid, { first, last, step: outStep, size: outStep }, p.y, outRow, cells);
      f.for(0, count, 1, (t) => {
        const place = locate(f, outGrid, first.plus(t), outStep);
        transformOutput(f, { ...p, cells }, place, products.plus(t.times(outLanes * 4)));
      });
    });
  });
}

/** M = V U for `count` tiles, all planes and channels. */
function writeMultiply(m: ModuleBuilder, layout: Layout) {
  const { filter, strided, inChannels, phaseIn, phaseOut, inLanes, outLanes, outChannels } = layout;
  const { planeV, planeOut, planeU } = layout;
  const blocks = channelBlocks(outChannels).map((block) => ({
    ...block,
    multiply: writeTileProducts(m, block, { inLanes, outRow: outLanes * 4 }),
  }));
  return m.func('multiply', { v: i32, u: i32, m: i32, count: i32 }, (f, p) => {
    const [v, u, out] = [f.let(p.v), f.let(p.u), f.let(p.m)];
    f.for(0, filter.tile, 1, (row) => {
      f.for(0, filter.tile, 1, (column) => {
        const phases = phasesOfPlane(f, filter, strided !== null, row, column);
        const [before, past] = [phases.first.times(phaseIn), phases.past.times(phaseIn)];
        const terms = strided === 'image' ? f.let(past.minus(before)) : i32(inChannels);
        const skipped = strided === 'image' ? f.let(before.shl(2)) : i32(0);
        for (const { first, count, vectors, multiply } of blocks) {
          const from = strided === 'result' ? phases.first.times(phaseOut) : first;
          const to = strided === 'result' ? phases.past.times(phaseOut) : first + count * vectors * 4;
          f.for(from, to, vectors * 4, (channel) => {
            f.call(multiply, {
              v: v.plus(skipped),
              u: u.plus(channel.times(inChannels * 4)).plus(skipped.times(vectors * 4)),
              m: out.plus(channel.shl(2)),
              ...{ count: p.count, inChannels: terms },
            });
          });
        }
        v.set(v.plus(planeV * 4));
        u.set(u.plus(planeU * 4));
        out.set(out.plus(planeOut * 4));
      });
    });
  });
}
