import { newStamp } from '../../../runtime/oncePerThread.ts';
import { workspace } from '../../../runtime/operands.ts';
import { rememberFor } from '../../../runtime/remember.ts';
import { type Job, threadCount } from '../../../runtime/threads.ts';
import { zeroBias } from '../../../runtime/zeroBias.ts';
import { blockCount, channelBlocks, padded4 } from '../../blocks.ts';
import type { ConvSizes } from '../../sizes.ts';
import { gridArguments } from '../grid.ts';
import { backwardSizes, forwardSizes, tileCount, type WinogradSizes } from '../layout.ts';
import { byChannelsKernel } from './byChannels.ts';
import { byTilesKernel } from './byTiles.ts';
import { layOutByChannels, layOutByTiles } from './layout.ts';

/**
 * Convolution with stride 1, or over phases (../phases.ts), by Winograd's algorithm (../filter.ts). F(4x4, 3x3) takes 36
 * multiplications for 16 outputs, where direct convolution takes 144.
 *
 *   U = G g G^T                          planes [in, out] of the weights, 36 of them
 *   V = B^T d B of each 6x6 window       planes [tile, in]
 *   M = V U, plane by plane              planes [tile, out]
 *   y = A^T M A + bias, then max with floor: 4x4 pixels of each tile
 *
 * Channels last makes all transforms vector operations over channels. There are two ways to go through the work: by tiles
 * (byTiles.ts) and, where tiles are fewer than channels, by channels (byChannels.ts). Lanes beyond the last channel hold
 * neighbours' values: products never read them, stores leave them out.
 */

/** By channels up to so many tiles, */
const MOST_TILES_BY_CHANNELS = 48;
/** rounded up to a multiple of this: kernels are specialised to the room for V and M, not to each number of tiles. */
const ROOM_STEP = 12;
/** By tiles a thread's share is cut into up to so many blocks, so that a thread that is late can be helped, */
const BLOCKS_PER_THREAD = 4;
/** of at least so many tiles: smaller ones would read the weights too often. */
const LEAST_BLOCK = 16;
/** Weights that a part transforms where threads share them: some 2 us. */
const TRANSFORM_VALUES = 1024;

/** The addresses are those of winogradConv. */
type Pass = (x: number, weights: number, bias: number | null, y: number, floor: number) => Job[];

/**
 * forward: y = conv(x, weights [taps, taps, in, out]) + bias, then max with floor. backward: the gradient of the image, which is
 * the same of dy with the forward pass' weights, in and out swapped and the window turned around. Addresses; gives jobs to run
 * in turn.
 */
export function winogradConv(
  direction: 'forward' | 'backward',
  sizes: ConvSizes,
  x: number,
  weights: number,
  bias: number | null,
  y: number,
  floor = -Infinity,
): Job[] {
  return passes[direction](sizes)(x, weights, bias, y, floor);
}

const passes = {
  forward: rememberFor((sizes: ConvSizes) => planPass(forwardSizes(sizes), false)),
  backward: rememberFor((sizes: ConvSizes) => planPass(backwardSizes(sizes), true)),
};

function planPass(sizes: WinogradSizes, turned: boolean): Pass {
  const total = tileCount(sizes);
  return !sizes.strided && total <= MOST_TILES_BY_CHANNELS && total < sizes.outChannels
    ? byChannels(sizes, total, turned)
    : byTiles(sizes, total, turned);
}

function byTiles(sizes: WinogradSizes, total: number, turned: boolean): Pass {
  const { filter, inChannels, outChannels, outHeight, outWidth } = sizes;
  const layout = layOutByTiles(sizes);
  const kernel = byTilesKernel(layout, turned);
  const grid = [outHeight, outWidth, ...gridArguments(sizes)];
  const weightGrain = padded4(Math.ceil(TRANSFORM_VALUES / outChannels));
  return (x, weights, bias, y, floor) => {
    const b = bias ?? zeroBias(outChannels);
    const threads = workspace(threadCount() * layout.thread.total).byteOffset;
    // Tiles do not depend on the block they are in, so the blocks of a small problem are cut evenly over the threads there
    // are: 256 tiles for two threads into 8 of 32, where blocks of 36 would give one thread 144 and the other 112.
    const threadTiles = total / threadCount();
    const blocks = Math.min(BLOCKS_PER_THREAD, Math.max(1, Math.floor(threadTiles / LEAST_BLOCK)));
    const grain = Math.min(layout.tiles, Math.ceil(threadTiles / blocks));
    const u = layout.sharesU ? workspace(filter.planes * layout.planeU).byteOffset : weights;
    const convolve = kernel.job(
      ...(['convolve', total, grain, x, u, b, y, threads, floor, newStamp()] as const),
      ...grid,
    );
    if (!layout.sharesU) return [convolve];
    return [kernel.job('weights', inChannels, weightGrain, weights, u, threads), convolve];
  };
}

function byChannels(sizes: WinogradSizes, total: number, turned: boolean): Pass {
  const { outChannels, outHeight, outWidth } = sizes;
  const room = Math.ceil(total / ROOM_STEP) * ROOM_STEP;
  const layout = layOutByChannels(sizes, room);
  const kernel = byChannelsKernel(layout, turned);
  const grid = [total, outHeight, outWidth, ...gridArguments(sizes)];
  const blocks = blockCount(channelBlocks(outChannels));
  return (x, weights, bias, y, floor) => {
    const b = bias ?? zeroBias(outChannels);
    const threads = workspace(threadCount() * layout.thread.total).byteOffset;
    return [
      kernel.job(
        ...(['convolve', blocks, 1, x, weights, b, y, threads, floor, newStamp()] as const),
        ...grid,
      ),
    ];
  };
}
