import { type FunctionBuilder, type I32, i32, type ModuleBuilder } from '../../../builder/index.ts';
import { transpose4 } from '../../../templates/transpose.ts';
import { type ChannelBlocks, channelsOf } from '../../blocks.ts';
import { CELLS } from '../layout.ts';
import { loadValue, transform2d, type Value, values, weightLine } from '../lines.ts';

/**
 * U of a block of out channels, for the in channels [begin, end): 3x3 weights -> 36 planes [in][lanes of the block].
 * `weights` is the address of the block's first out channel in the first tap and in channel 0.
 */
const signature = { begin: i32, end: i32, weights: i32, u: i32, cells: i32 };

interface WeightsShape {
  inChannels: number;
  outChannels: number;
  planeU: number;
  /**
   * For the gradient of the image: `weights` are those of the convolution itself, [3, 3, out, in] as seen from here, to be
   * read with the window turned around.
   */
  turned: boolean;
}

export function writeWeights(m: ModuleBuilder, block: ChannelBlocks, shape: WeightsShape) {
  return m.func(`weights of ${channelsOf(block)}`, signature, (f, p) => {
    if (shape.turned) writeTurned(f, p, block, shape);
    else writeStraight(f, p, block, shape);
  });
}

type Parameters = Record<keyof typeof signature, I32>;

function writeStraight(f: FunctionBuilder, p: Parameters, block: ChannelBlocks, shape: WeightsShape): void {
  const row = shape.outChannels * 4;
  f.for(p.begin, p.end, 1, (c) => {
    for (const [v, width] of values(block.vectors)) {
      f.block(() => {
        const from = f.let(p.weights.plus(c.times(row)).plus(v * 16));
        const to = f.let(p.u.plus(c.times(block.vectors).plus(v).shl(4)));
        const load = (tap: number) => loadValue(f, width, from, tap * shape.inChannels * row);
        transformWeights(f, p.cells, to, width, shape, load);
      });
    }
  });
}

/** Four in channels at a time: the 4x4 blocks of their nine taps are transposed first, into the thread's cells. */
function writeTurned(f: FunctionBuilder, p: Parameters, block: ChannelBlocks, shape: WeightsShape): void {
  const row = shape.inChannels * 4;
  const turned = f.let(p.cells.plus(CELLS.turned * 4));
  f.for(p.begin, p.end, 4, (c) => {
    for (const [first, width] of values(block.vectors)) {
      f.block(() => {
        const cell = (i: number, tap: number) => (i * 9 + tap) * width * 16;
        for (let v = 0; v < width; v++) {
          const lanes = first + v === block.vectors - 1 ? block.lastLanes : 4;
          const from = f.let(p.weights.plus(c.shl(2)).plus((first + v) * 4 * row));
          for (let tap = 0; tap < 9; tap++) {
            // Rows beyond the last out channel are not there; their lanes are not used.
            const offset = (8 - tap) * shape.outChannels * row;
            const rows = [0, 1, 2, 3].map((i) => f.let(f.load4(from, offset + (i < lanes ? i * row : 0))));
            transpose4(f, rows).forEach((value, i) => {
              f.store4(turned, value, cell(i, tap) + v * 16);
            });
          }
        }
        const left = f.let(p.end.minus(c));
        for (let i = 0; i < 4; i++) {
          f.if(left.gt(i), () => {
            const to = f.let(p.u.plus(c.plus(i).times(block.vectors).plus(first).shl(4)));
            const load = (tap: number) => loadValue(f, width, turned, cell(i, tap));
            transformWeights(f, p.cells, to, width, shape, load);
          });
        }
      });
    }
  });
}

function transformWeights(
  f: FunctionBuilder,
  cells: I32,
  to: I32,
  width: number,
  { planeU }: WeightsShape,
  load: (tap: number) => Value,
): void {
  transform2d(
    ...([f, weightLine, { size: 3, width }, cells] as const),
    (row, column) => load(row * 3 + column),
    (row, column, value) => f.storeRow(to, value, 4, (row * 6 + column) * planeU * 4),
  );
}
