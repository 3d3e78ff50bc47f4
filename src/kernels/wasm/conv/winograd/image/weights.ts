import {
  type F32x4,
  type FunctionBuilder,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../../builder/index.ts';
import { transpose4 } from '../../../templates/transpose.ts';
import { type ChannelBlocks, channelsOf } from '../../blocks.ts';
import type { Filter } from '../filter.ts';
import { turnedCell } from '../layout.ts';
import { linesOf, transform2d } from '../lines.ts';

/**
 * U of a block of out channels, for the in channels [begin, end): weights [taps, taps, in, out] -> planes [in][lanes of the block].
 * `weights` is the address of the block's first out channel in the first tap and in channel 0.
 */
const signature = { begin: i32, end: i32, weights: i32, u: i32, cells: i32 };

interface WeightsShape {
  filter: Filter;
  inChannels: number;
  outChannels: number;
  planeU: number;
  /**
   * For the gradient of the image: `weights` are those of the convolution itself, [taps, taps, out, in] as seen from here, to be
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
    for (let v = 0; v < block.vectors; v++) {
      f.block(() => {
        const from = f.let(p.weights.plus(c.times(row)).plus(v * 16));
        const to = f.let(p.u.plus(c.times(block.vectors).plus(v).shl(4)));
        transformWeights(f, p.cells, to, shape, (tap) => f.load4(from, tap * shape.inChannels * row));
      });
    }
  });
}

/** Four in channels at a time: the 4x4 blocks of all their taps are transposed first, into the thread's cells. */
function writeTurned(f: FunctionBuilder, p: Parameters, block: ChannelBlocks, shape: WeightsShape): void {
  const row = shape.inChannels * 4;
  const turned = f.let(p.cells.plus(turnedCell(shape.filter) * 4));
  const taps = shape.filter.taps ** 2;
  f.for(p.begin, p.end, 4, (c) => {
    for (let v = 0; v < block.vectors; v++) {
      const lanes = v === block.vectors - 1 ? block.lastLanes : 4;
      f.block(() => {
        const from = f.let(p.weights.plus(c.shl(2)).plus(v * 4 * row));
        for (let tap = 0; tap < taps; tap++) {
          // Rows beyond the last out channel are not there; their lanes are not used.
          const offset = (taps - 1 - tap) * shape.outChannels * row;
          const rows = [0, 1, 2, 3].map((i) => f.let(f.load4(from, offset + (i < lanes ? i * row : 0))));
          transpose4(f, rows).forEach((value, i) => {
            f.store4(turned, value, (i * taps + tap) * 16);
          });
        }
        const left = f.let(p.end.minus(c));
        for (let i = 0; i < 4; i++) {
          f.if(left.gt(i), () => {
            const to = f.let(p.u.plus(c.plus(i).times(block.vectors).plus(v).shl(4)));
            transformWeights(f, p.cells, to, shape, (tap) => f.load4(turned, (i * taps + tap) * 16));
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
  { filter, planeU }: WeightsShape,
  load: (tap: number) => F32x4,
): void {
  transform2d(
    ...([f, linesOf(filter).weight, filter.taps, cells] as const),
    (row, column) => load(row * filter.taps + column),
    (row, column, value) => f.store4(to, value, (row * filter.tile + column) * planeU * 4),
  );
}
