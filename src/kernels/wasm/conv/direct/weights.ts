import { Kernel, kernelModule } from '../../runtime/kernel.ts';
import { allocate } from '../../runtime/memory.ts';
import { workspace } from '../../runtime/operands.ts';
import { rememberFor } from '../../runtime/remember.ts';
import { threadMemory } from '../../runtime/threadMemory.ts';
import type { Job } from '../../runtime/threads.ts';
import { blockCount } from '../blocks.ts';
import type { ConvLayer, ConvSizes } from '../sizes.ts';
import { type Layout, layOut } from './layout.ts';
import { forwardTaps } from './taps.ts';
import { type Bands, writeWeightsKernel } from './weightsKernel.ts';

/** How the gradient of weights (weightsKernel.ts) is computed; the same for every batch. */
interface Plan {
  kernel: Kernel;
  layout: Layout;
  bands: Bands;
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

/** dw, from the addresses of x and dy. */
export function directWeightGradient(sizes: ConvSizes, x: number, dy: number, dw: number): Job[] {
  const { kernel, layout, bands, table } = planOf(sizes.layer);
  const { batch, outHeight, outWidth, outChannels } = sizes;
  const allBands = batch * bands.bands;
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
  const partial = workspace(chunks * layout.packedFloats).byteOffset;
  const frames = layout.inPlace ? 0 : threadMemory(bands.frameFloats);
  const grain = Math.max(1, Math.floor((PART_MULTIPLIES * chunks * parts) / multiplies));
  const addresses = [x, dy, partial, table.byteOffset, frames];
  const addGrain = Math.ceil(16384 / (chunks * outChannels));
  return [
    kernel.job('sums', chunks * parts, grain, ...addresses, chunks, parts, allBands),
    kernel.job('add', layout.totalKs, addGrain, partial, chunks, dw),
  ];
}

/** A unit of output channels: one block of one group. */
const unitCount = ({ groups, blocks }: Layout): number => groups * blockCount(blocks);

const planOf = rememberFor((layer: ConvLayer): Plan => {
  const layout = layOut(forwardTaps(layer));
  const bands = cutIntoBands(layout);
  const kernel = new Kernel(kernelModule('conv dw', (m) => writeWeightsKernel(m, layout, bands)));
  return { kernel, layout, bands, table: writeTable(layout, bands.bandRows) };
});

function cutIntoBands({ conv, rowFloats }: Layout): Bands {
  const { height, width } = conv.out;
  const bandRows = Math.min(height, Math.max(1, Math.floor(BAND_PIXELS / width)));
  const lastTapY = Math.max(...conv.passes[0].taps.map((tap) => tap.y));
  const frameRows = (bandRows - 1) * conv.inStep[0] + lastTapY + 1;
  const bands = Math.ceil(height / bandRows);
  return { bandRows, bands, frameRows, frameFloats: frameRows * rowFloats + 16 };
}

function writeTable({ conv, rowFloats, cellFloats }: Layout, bandRows: number): Int32Array {
  const { width } = conv.out;
  const block = allocate(bandRows * width);
  const table = new Int32Array(block.buffer, block.byteOffset, bandRows * width);
  for (let row = 0; row < bandRows; row++) {
    for (let column = 0; column < width; column++) {
      table[row * width + column] =
        4 * (row * conv.inStep[0] * rowFloats + column * conv.inStep[1] * cellFloats);
    }
  }
  return table;
}
