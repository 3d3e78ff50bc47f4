import { Kernel, kernelModule } from '../../runtime/kernel.ts';
import { allocate } from '../../runtime/memory.ts';
import { newStamp } from '../../runtime/oncePerThread.ts';
import { workspace } from '../../runtime/operands.ts';
import { rememberFor } from '../../runtime/remember.ts';
import { threadMemory } from '../../runtime/threadMemory.ts';
import type { Job } from '../../runtime/threads.ts';
import { zeroBias } from '../../runtime/zeroBias.ts';
import type { ConvLayer, ConvSizes } from '../sizes.ts';
import { SECOND_LEVEL_CACHE } from '../touch.ts';
import { ownFloats, sharesWeights, writeImageKernel } from './imageKernel.ts';
import { type Layout, layOut } from './layout.ts';
import { swapWeights } from './swap.ts';
import { backwardTaps, forwardTaps, type TapConv } from './taps.ts';

/** How a direct convolution (imageKernel.ts) is computed; the same for every batch. */
interface Plan {
  kernel: Kernel;
  layout: Layout;
  /** For all passes in turn the bytes of each k in the frame, then the bytes of each k in the weights. */
  table: Int32Array;
}

/** Weights packed by one part. */
const PACK_PART_FLOATS = 16384;

/**
 * out = conv(source, weights) + bias, then max with `floor` (0 is a relu, -Infinity nothing). Addresses; the bias has one
 * value per output channel. 'forward': source x, weights w, out y. 'backward': source dy, out dx.
 */
export function directConv(
  direction: 'forward' | 'backward',
  sizes: ConvSizes,
  source: number,
  weights: number,
  bias: number | null,
  out: number,
  floor = -Infinity,
): Job[] {
  const { kernel, layout, table } = plans[direction](sizes.layer);
  const { packedFloats, totalKs, conv } = layout;
  const outChannels = conv.out.channels;
  const jobs: Job[] = [];
  let from = weights;
  if (direction === 'backward') {
    const [kernelHeight, kernelWidth] = sizes.geometry.kernel;
    from = workspace(kernelHeight * kernelWidth * sizes.groupIn * sizes.outChannels).byteOffset;
    jobs.push(swapWeights(weights, from, sizes));
  }
  const weightTable = table.byteOffset + totalKs * 4;
  const shares = sharesWeights(layout);
  const own = threadMemory(ownFloats(layout));
  const packed = shares ? workspace(packedFloats).byteOffset : own;
  if (shares) {
    const packGrain = Math.ceil(PACK_PART_FLOATS / outChannels);
    jobs.push(kernel.job('pack', totalKs, packGrain, from, packed, weightTable));
  }
  const frames = shares ? own : own + packedFloats * 4;
  const addresses = [source, from, weightTable, packed, table.byteOffset, bias ?? zeroBias(outChannels), out];
  const items = sizes.batch * layout.bands;
  const outBytes = sizes.batch * conv.out.height * conv.out.width * outChannels * 4;
  const touch = outBytes > SECOND_LEVEL_CACHE ? 1 : 0;
  jobs.push(kernel.job('convolve', items, layout.grain, ...addresses, frames, floor, newStamp(), touch));
  return jobs;
}

const plans = {
  forward: rememberFor((layer: ConvLayer) => planFor(forwardTaps(layer))),
  backward: rememberFor((layer: ConvLayer) => planFor(backwardTaps(layer))),
};

function planFor(conv: TapConv): Plan {
  const layout = layOut(conv);
  const kernel = new Kernel(kernelModule('conv', (m) => writeImageKernel(m, layout)));
  return { kernel, layout, table: writeTable(layout) };
}

function writeTable({ conv, passes, totalKs, cellFloats, rowFloats, planeFloats }: Layout): Int32Array {
  const block = allocate(2 * totalKs);
  const table = new Int32Array(block.buffer, block.byteOffset, 2 * totalKs);
  for (const { pass, firstK } of passes) {
    let k = firstK;
    for (const tap of pass.taps) {
      for (let i = 0; i < conv.groupIn; i++, k++) {
        table[k] = 4 * (tap.y * rowFloats + tap.x * cellFloats + i * planeFloats);
        table[totalKs + k] = 4 * (tap.weight * conv.groupIn + i) * conv.out.channels;
      }
    }
  }
  return table;
}
