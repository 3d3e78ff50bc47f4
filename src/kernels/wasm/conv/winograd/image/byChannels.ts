import { f32, i32, type ModuleBuilder } from '../../../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../../../runtime/kernel.ts';
import { oncePerThread } from '../../../runtime/oncePerThread.ts';
import { type ChannelBlocks, channelBlocks, channelsOf, inBlock } from '../../blocks.ts';
import { gridSignature, locate } from '../grid.ts';
import { type Layout, nameOf } from '../layout.ts';
import { phasesOf } from '../phases.ts';
import { writeTileProducts } from '../products.ts';
import { writeWholeImage } from '../wholeImage.ts';
import { clearZeroRow } from '../window.ts';
import { writeOutput } from './output.ts';
import { writeWeights } from './weights.ts';

/**
 * The forward pass where weights are many and tiles are few. A part is a block of out channels, from its weights to its
 * channels of the result by one thread: U, the largest thing here, is written and read by the same core, a block at a time.
 * V of all tiles every thread makes for itself.
 */
export function byChannelsKernel(layout: Layout, turned: boolean): Kernel {
  const name = `winograd by channels ${nameOf(layout)} ${layout.tiles} ${turned ? 'turned' : ''}`;
  return compileKernel(name, () =>
    kernelModule('winograd by channels', (m) => writeConvolve(m, layout, turned)),
  );
}

/** Range over blocks of out channels. */
function writeConvolve(m: ModuleBuilder, layout: Layout, turned: boolean): void {
  const { filter, inChannels, outChannels, planeV } = layout;
  const transformImage = writeWholeImage(m, filter, inChannels, planeV);
  const blocks = channelBlocks(outChannels).map((block) => ({
    ...block,
    convolve: writeBlock(m, layout, block, turned),
  }));
  const addresses = { x: i32, weights: i32, bias: i32, y: i32, threads: i32, floor: f32, stamp: i32 };
  const sizes = { total: i32, outHeight: i32, outWidth: i32, ...gridSignature };
  m.func('convolve', { begin: i32, end: i32, ...addresses, ...sizes }, (f, p) => {
    const thread = f.let(p.threads.plus(f.thread.times(layout.thread.total * 4)));
    oncePerThread(f, p.stamp, () => {
      const cells = f.let(thread.plus(layout.thread.cells * 4));
      clearZeroRow(f, filter, cells, inChannels);
      f.call(transformImage, { ...p, v: thread.plus(layout.thread.v * 4), cells });
    });
    f.for(p.begin, p.end, 1, (index) =>
      inBlock(f, index, blocks, ({ convolve }, channel) =>
        f.call(convolve, {
          ...p,
          weights: p.weights.plus(channel.times(turned ? inChannels * 4 : 4)),
          bias: p.bias.plus(channel.shl(2)),
          y: p.y.plus(channel.shl(2)),
          thread,
        }),
      ),
    );
  });
}

/** One block: `weights`, `bias` and `y` are the addresses of its first channel. */
function writeBlock(m: ModuleBuilder, layout: Layout, block: ChannelBlocks, turned: boolean) {
  const { filter, inChannels, inLanes, outChannels, planeV, planeOut, planeU, thread } = layout;
  const { vectors } = block;
  const outRow = vectors * 16;
  const transformWeights = writeWeights(m, block, { ...layout, turned }, phasesOf(false)[0]);
  const multiply = writeTileProducts(m, block, { inLanes, outRow });
  const channels = channelsOf(block);
  const name = `output of ${channels}`;
  const output = { filter, strided: false, channels, planeOut, pixelFloats: outChannels };
  const transformOutput = writeOutput(m, name, output);
  const addresses = { weights: i32, bias: i32, y: i32, thread: i32, floor: f32 };
  const sizes = { total: i32, outHeight: i32, outWidth: i32, tilesY: i32, tilesX: i32 };
  return m.func(`block of ${channels}`, { ...addresses, ...sizes }, (f, p) => {
    const cells = f.let(p.thread.plus(thread.cells * 4));
    f.call(transformWeights, { begin: 0, end: inChannels, weights: p.weights, u: p.thread, cells });
    const products = f.let(p.thread.plus(thread.out * 4));
    f.for(0, filter.planes, 1, (plane) => {
      f.call(multiply, {
        v: p.thread.plus(plane.times(planeV * 4)).plus(thread.v * 4),
        u: p.thread.plus(plane.times(planeU * 4)),
        m: products.plus(plane.times(planeOut * 4)),
        ...{ count: p.total, inChannels: i32(inChannels) },
      });
    });
    f.for(0, p.total, 1, (t) => {
      const place = locate(f, { ...p, top: i32(0), left: i32(0) }, t, filter.outputs);
      transformOutput(f, { ...p, cells }, place, products.plus(t.times(outRow)));
    });
  });
}
