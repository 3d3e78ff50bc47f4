import { type FunctionBuilder, type I32, i32, type ModuleBuilder } from '../../../builder/index.ts';
import { transpose4 } from '../../../templates/transpose.ts';
import { type ChannelBlocks, channelsOf } from '../../blocks.ts';
import type { Filter } from '../filter.ts';
import { turnedCell } from '../layout.ts';
import { linesOf } from '../lines.ts';
import { type Phase, tapsOf } from '../phases.ts';
import { transform2d } from '../transform2d.ts';
import { loadValue, type Value, values } from '../values.ts';

/**
 * U of a block of out channels, for the in channels [begin, end) of one phase: weights [taps, taps, in, out] -> planes
 * [in][lanes of the block].
 * `weights` is the address of the block's first out channel in the first tap and in channel 0.
 */
const signature = { begin: i32, end: i32, weights: i32, u: i32, cells: i32 };

interface WeightsShape {
  filter: Filter;
  phaseIn: number;
  phaseOut: number;
  planeU: number;
  /**
   * For the gradient of the image: `weights` are those of the convolution itself, [taps, taps, out, in] as seen from here, to be
   * read with the window turned around.
   */
  turned: boolean;
}

export function writeWeights(m: ModuleBuilder, block: ChannelBlocks, shape: WeightsShape, phase: Phase) {
  const name = `weights of ${channelsOf(block)} ${phase.row} ${phase.column}`;
  return m.func(name, signature, (f, p) => {
    if (shape.turned) writeTurned(f, p, block, shape, phase);
    else writeStraight(f, p, block, shape, phase);
  });
}

type Parameters = Record<keyof typeof signature, I32>;

function writeStraight(
  f: FunctionBuilder,
  p: Parameters,
  block: ChannelBlocks,
  shape: WeightsShape,
  phase: Phase,
): void {
  const row = shape.phaseOut * 4;
  const taps = tapsOf(shape.filter, phase);
  f.for(p.begin, p.end, 1, (c) => {
    for (const [v, width] of values(block.vectors)) {
      f.block(() => {
        const from = f.let(p.weights.plus(c.times(row)).plus(v * 16));
        const to = f.let(p.u.plus(c.times(block.vectors).plus(v).shl(4)));
        transformWeights(f, p.cells, to, width, shape, phase, (y, x) =>
          loadValue(f, width, from, taps.at(y, x) * shape.phaseIn * row),
        );
      });
    }
  });
}

/** Four in channels at a time: the 4x4 blocks of all their taps are transposed first, into the thread's cells. */
function writeTurned(
  f: FunctionBuilder,
  p: Parameters,
  block: ChannelBlocks,
  shape: WeightsShape,
  phase: Phase,
): void {
  const row = shape.phaseIn * 4;
  const turned = f.let(p.cells.plus(turnedCell(shape.filter) * 4));
  const { all, rows: tapRows, columns: tapColumns, at } = tapsOf(shape.filter, phase);
  f.for(p.begin, p.end, 4, (c) => {
    for (const [first, width] of values(block.vectors)) {
      const cell = (y: number, x: number, i: number): number =>
        ((i * tapRows + y) * tapColumns + x) * width * 16;
      f.block(() => {
        for (let v = 0; v < width; v++) {
          const lanes = first + v === block.vectors - 1 ? block.lastLanes : 4;
          const from = f.let(p.weights.plus(c.shl(2)).plus((first + v) * 4 * row));
          for (let y = 0; y < tapRows; y++) {
            for (let x = 0; x < tapColumns; x++) {
              // Rows beyond the last out channel are not there; their lanes are not used.
              const offset = (all - 1 - at(y, x)) * shape.phaseOut * row;
              const rows = [0, 1, 2, 3].map((i) => f.let(f.load4(from, offset + (i < lanes ? i * row : 0))));
              transpose4(f, rows).forEach((value, i) => {
                f.store4(turned, value, cell(y, x, i) + v * 16);
              });
            }
          }
        }
        const left = f.let(p.end.minus(c));
        for (let i = 0; i < 4; i++) {
          f.if(left.gt(i), () => {
            const to = f.let(p.u.plus(c.plus(i).times(block.vectors).plus(first).shl(4)));
            transformWeights(f, p.cells, to, width, shape, phase, (y, x) =>
              loadValue(f, width, turned, cell(y, x, i)),
            );
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
  { filter, planeU }: WeightsShape,
  phase: Phase,
  load: (row: number, column: number) => Value,
): void {
  const { rows, columns } = tapsOf(filter, phase);
  const size = { size: [rows, columns], width } as const;
  transform2d(...([f, linesOf(filter).weight, size, cells, load] as const), (row, column, value) =>
    f.storeRow(to, value, 4, (row * filter.tile + column) * planeU * 4),
  );
}
