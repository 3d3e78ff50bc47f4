import { i32, type ModuleBuilder } from '../../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../../runtime/kernel.ts';
import { oncePerThread } from '../../../runtime/oncePerThread.ts';
import { evenTiles } from '../../../templates/tile.ts';
import { type ChannelBlocks, channelBlocks, channelsOf, inBlock } from '../../blocks.ts';
import { gridSignature, locate } from '../grid.ts';
import { type Layout, nameOf } from '../layout.ts';
import { phasesOf } from '../phases.ts';
import { writeProductTile } from '../products.ts';
import { writeWholeImage } from '../wholeImage.ts';
import { clearZeroRow, writeWindow } from '../window.ts';
import { writeWeightGradient } from './transforms.ts';

/**
 * Gradients of weights where tiles are few. A part is a block of out channels, from its channels of dy to its part of dw by
 * one thread: dU, the largest thing here, never leaves that thread's cache. V every thread makes for itself.
 */
export function byChannelsGradientKernel(layout: Layout): Kernel {
  return compileKernel(`winograd dw by channels ${nameOf(layout)} ${layout.tiles}`, () =>
    kernelModule('winograd dw by channels', (m) => writeGradient(m, layout)),
  );
}

/** Range over blocks of out channels: dw of `total` tiles. */
function writeGradient(m: ModuleBuilder, layout: Layout): void {
  const { filter, inChannels, outChannels, planeV } = layout;
  const transformImage = writeWholeImage(m, filter, inChannels, planeV);
  const blocks = channelBlocks(outChannels).map((block) => ({
    ...block,
    gradient: writeBlock(m, layout, block),
  }));
  const addresses = { x: i32, dy: i32, dw: i32, threads: i32, stamp: i32 };
  const sizes = { total: i32, outHeight: i32, outWidth: i32, ...gridSignature };
  m.func('gradient', { begin: i32, end: i32, ...addresses, ...sizes }, (f, p) => {
    const thread = f.let(p.threads.plus(f.thread.times(layout.thread.total * 4)));
    oncePerThread(f, p.stamp, () => {
      const cells = f.let(thread.plus(layout.thread.cells * 4));
      clearZeroRow(f, filter, cells, Math.max(inChannels, outChannels));
      f.call(transformImage, { ...p, v: thread, cells });
    });
    f.for(p.begin, p.end, 1, (index) =>
      inBlock(f, index, blocks, ({ gradient }, channel) =>
        f.call(gradient, {
          ...p,
          dy: p.dy.plus(channel.shl(2)),
          dw: p.dw.plus(channel.shl(2)),
          thread,
        }),
      ),
    );
  });
}

/** One block: `dy` and `dw` are the addresses of its first channel. */
function writeBlock(m: ModuleBuilder, layout: Layout, block: ChannelBlocks) {
  const { filter, inChannels, inLanes, outChannels, outLanes, planeV, planeOut, planeU, thread } = layout;
  const { vectors, mostRows } = block;
  const channels = channelsOf(block);
  const window = { filter, side: 'gradient', plane: planeOut, pixelFloats: outChannels } as const;
  const transformGradient = writeWindow(m, { name: `D of ${channels}`, channels, ...window });
  const transformWeights = writeWeightGradient(m, block, layout, phasesOf(false)[0]);
  const steps = { leftRow: 4, leftStep: inLanes * 4, outRow: vectors * 16, rightStep: outLanes * 4 };
  const tiles = evenTiles(inChannels, mostRows).map(({ size, count }) => {
    const name = `product of ${size} by ${channels}`;
    return { size, count, product: writeProductTile(m, { name, rows: size, vectors, ...steps, add: false }) };
  });
  const addresses = { dy: i32, dw: i32, thread: i32 };
  const sizes = { total: i32, outHeight: i32, outWidth: i32, tilesY: i32, tilesX: i32 };
  return m.func(`block of ${channels}`, { ...addresses, ...sizes }, (f, p) => {
    const cells = f.let(p.thread.plus(thread.cells * 4));
    const d = f.let(p.thread.plus(thread.out * 4));
    const u = f.let(p.thread.plus(thread.u * 4));
    f.for(0, p.total, 1, (t) => {
      const { n, y, x } = locate(f, { ...p, top: i32(0), left: i32(0) }, t, filter.outputs);
      const { outHeight: height, outWidth: width } = p;
      const image = p.dy.plus(
        n
          .times(height)
          .times(width)
          .times(outChannels * 4),
      );
      f.call(transformGradient, { image, height, width, y, x, out: d.plus(t.times(outLanes * 4)), cells });
    });
    f.for(0, filter.planes, 1, (plane) => {
      const left = f.let(p.thread.plus(plane.times(planeV * 4)));
      const right = f.let(d.plus(plane.times(planeOut * 4)));
      const end = f.let(right.plus(p.total.times(outLanes * 4)));
      const out = f.let(u.plus(plane.times(planeU * 4)));
      for (const { size, count, product } of tiles) {
        f.for(0, count, 1, () => {
          f.call(product, { left, right, end, out });
          left.set(left.plus(size * 4));
          out.set(out.plus(size * vectors * 16));
        });
      }
    });
    f.call(transformWeights, { begin: 0, end: inChannels, u, dw: p.dw, cells });
  });
}
