import { newStamp } from '../../../runtime/oncePerThread.ts';
import { workspace } from '../../../runtime/operands.ts';
import { rememberFor } from '../../../runtime/remember.ts';
import { type Job, threadCount } from '../../../runtime/threads.ts';
import { blockCount, channelBlocks } from '../../blocks.ts';
import type { ConvSizes } from '../../sizes.ts';
import { gridArguments } from '../grid.ts';
import { forwardSizes, planes, tileCount, type WinogradSizes } from '../layout.ts';
import { byChannelsGradientKernel } from './byChannels.ts';
import { byTilesGradientKernel } from './byTiles.ts';
import { layOutByChannels, layOutByTiles } from './layout.ts';

/**
 * The gradient of the weights by Winograd: the transpose of the forward pass (image/image.ts) with respect to g,
 *
 *   dg = G^T [ sum over tiles of (B^T d B) * (A dy A^T) ] G.
 *
 * With V = B^T d B and D = A dy A^T, the sum dU is V^T D in each plane. Who sums what never depends on the number
 * of threads, so neither do the bits. There are three ways:
 *
 * - *By channels* (byChannels.ts), where tiles are few.
 * - *By chunks* (byTiles.ts), where dU is small and there are many tiles. The tiles are cut into chunks, whose number follows from the
 *   problem. A part transforms a chunk's tiles in its thread's own memory and multiplies them while they are in the
 *   second-level cache; then the chunks' dU are added in their order.
 * - *By planes* (byTiles.ts), where adding up would cost too much. Tiles are taken in batches that fill some 2 MB, in memory that all
 *   threads share. For each batch one job transforms (cut by tiles), and a second one adds V^T D to dU (cut by planes and
 *   channels), so every number of dU is summed by one part in the order of the tiles.
 */

/** By channels up to so many tiles, all summed in registers, */
const MOST_TILES_BY_CHANNELS = 64;
/** rounded up to a multiple of this: kernels are specialised to the room for V and D, not to each number of tiles. */
const ROOM_STEP = 16;
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

type Pass = (x: number, dy: number, dw: number) => Job[];

/** dw [taps, taps, in, out] from the addresses of x and dy, as jobs to run in turn. */
export function winogradWeightGradient(sizes: ConvSizes, x: number, dy: number, dw: number): Job[] {
  return planOf(sizes)(x, dy, dw);
}

const planOf = rememberFor((convSizes: ConvSizes): Pass => {
  const sizes = forwardSizes(convSizes);
  const total = tileCount(sizes);
  const sums = sizes.filter.planes * planes(sizes, 0).planeU;
  const mostChunks = Math.min(MOST_CHUNKS, Math.floor(MOST_PARTIAL_FLOATS / sums));
  const chunks = Math.min(mostChunks, Math.floor(total / CHUNK_TILES));
  if (mostChunks >= LEAST_CHUNKS && chunks >= 2) return byChunks(sizes, total, chunks, sums);
  return !sizes.strided && total <= MOST_TILES_BY_CHANNELS
    ? byChannels(sizes, total)
    : byPlanes(sizes, total, sums);
});

/** Where the transforms find tiles: their arguments after the addresses. */
const gridOf = (sizes: WinogradSizes): number[] => [sizes.outHeight, sizes.outWidth, ...gridArguments(sizes)];

function byChannels(sizes: WinogradSizes, total: number): Pass {
  const { outChannels } = sizes;
  const room = Math.ceil(total / ROOM_STEP) * ROOM_STEP;
  const layout = layOutByChannels(sizes, room);
  const kernel = byChannelsGradientKernel(layout);
  const grid = gridOf(sizes);
  const blocks = blockCount(channelBlocks(outChannels));
  return (x, dy, dw) => {
    const threads = workspace(threadCount() * layout.thread.total).byteOffset;
    return [kernel.job('gradient', blocks, 1, x, dy, dw, threads, newStamp(), total, ...grid)];
  };
}

function byChunks(sizes: WinogradSizes, total: number, chunks: number, sums: number): Pass {
  const { inChannels, outChannels } = sizes;
  const layout = layOutByTiles(sizes, true);
  const kernel = byTilesGradientKernel(layout);
  const grid = gridOf(sizes);
  const finishGrain = Math.ceil(1024 / outChannels);
  return (x, dy, dw) => {
    const threads = workspace(threadCount() * layout.thread.total).byteOffset;
    const u = workspace(chunks * sums).byteOffset;
    return [
      kernel.job('chunks', chunks, 1, chunks, total, u, x, dy, threads, ...grid),
      kernel.job('finish', inChannels, finishGrain, u, chunks, dw, threads),
    ];
  };
}

function byPlanes(sizes: WinogradSizes, total: number, sums: number): Pass {
  const { filter, inChannels, outChannels } = sizes;
  const layout = layOutByTiles(sizes, false);
  const kernel = byTilesGradientKernel(layout);
  const grid = gridOf(sizes);
  const transformGrain = Math.ceil(PART_VALUES / (inChannels + outChannels));
  const finishGrain = Math.ceil(1024 / outChannels);
  // A part of the products is a plane's block of out channels.
  const parts = filter.planes * blockCount(channelBlocks(outChannels));
  return (x, dy, dw) => {
    const v = workspace(filter.planes * layout.planeV).byteOffset;
    const d = workspace(filter.planes * layout.planeOut).byteOffset;
    const threads = workspace(threadCount() * layout.thread.total).byteOffset;
    const u = workspace(sums).byteOffset;
    const jobs: Job[] = [];
    for (let first = 0; first < total; first += layout.tiles) {
      const count = Math.min(layout.tiles, total - first);
      jobs.push(kernel.job('transform', count, transformGrain, first, x, dy, v, d, threads, ...grid));
      const grain = Math.ceil((PART_MULTIPLIES * parts) / (filter.planes * count * inChannels * outChannels));
      jobs.push(kernel.job('multiply', parts, grain, v, d, u, count, first === 0 ? 1 : 0));
    }
    jobs.push(kernel.job('finish', inChannels, finishGrain, u, 1, dw, threads));
    return jobs;
  };
}
