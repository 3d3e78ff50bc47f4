import { i32, type ModuleBuilder } from '../../../builder/index.ts';
import { type ChannelBlocks, channelsOf } from '../../blocks.ts';
import type { Filter } from '../filter.ts';
import { gridSignature, locate, touchRows } from '../grid.ts';
import { type Layout, windowStep } from '../layout.ts';
import { linesOf } from '../lines.ts';
import { type Phase, tapsOf } from '../phases.ts';
import { transform2d } from '../transform2d.ts';
import { loadValue, values } from '../values.ts';
import { clearZeroRow, writeWindow } from '../window.ts';

export const transformSignature = {
  ...{ begin: i32, end: i32, first: i32, x: i32, dy: i32, v: i32, d: i32, threads: i32 },
  ...{ outHeight: i32, outWidth: i32, ...gridSignature },
};

/** Range over the tiles of a batch: V and D. */
export function writeTransform(m: ModuleBuilder, layout: Layout) {
  const { filter, strided, inChannels, phaseIn, outChannels, inLanes, outLanes, planeV, planeOut } = layout;
  const image = { filter, side: 'image', strided: strided === 'image' } as const;
  const v = { name: 'V', ...image, channels: phaseIn, plane: planeV };
  const d = { name: 'D', filter, side: 'gradient', channels: outChannels, plane: planeOut } as const;
  const transformV = writeWindow(m, v);
  const transformD = writeWindow(m, d);
  return m.func('transform', transformSignature, (f, p) => {
    const { thread } = layout;
    const cells = f.let(p.threads.plus(f.thread.times(thread.total * 4)).plus(thread.cells * 4));
    clearZeroRow(f, filter, cells, Math.max(inChannels, outChannels));
    const tiles = { first: f.let(p.begin.plus(p.first)), last: f.let(p.end.plus(p.first).minus(1)) };
    const xRow = f.let(p.width.times(phaseIn * 4));
    const [step, dyStep] = [windowStep(layout), filter.outputs];
    touchRows(f, p, { ...tiles, step, size: step + filter.tile - dyStep }, p.x, xRow, cells);
    const dyRow = f.let(p.outWidth.times(outChannels * 4));
    const dyGrid = { ...p, height: p.outHeight, width: p.outWidth, top: i32(0), left: i32(0) };
    touchRows(f, dyGrid, { ...tiles, step: dyStep, size: dyStep }, p.dy, dyRow, cells);
    f.for(p.begin, p.end, 1, (t) => {
      const { n, y, x } = locate(f, p, t.plus(p.first), step);
      f.call(transformV, {
        ...{ image: p.x.plus(n.times(p.height).times(xRow)), height: p.height, width: p.width },
        ...{ y, x, out: p.v.plus(t.times(inLanes * 4)), cells },
      });
      f.call(transformD, {
        ...{ image: p.dy.plus(n.times(p.outHeight).times(dyRow)), height: p.outHeight, width: p.outWidth },
        ...{
          y: y.plus(p.top).divU(step / dyStep),
          x: x.plus(p.left).divU(step / dyStep),
          out: p.d.plus(t.times(outLanes * 4)),
          cells,
        },
      });
    });
  });
}

/** G^T dU G for the in channels [begin, end) of a phase and a block of out channels: planes [in][lanes] -> dw [taps, taps, in, out]. */
export function writeWeightGradient(
  m: ModuleBuilder,
  block: ChannelBlocks,
  shape: { filter: Filter; phaseIn: number; outChannels: number; planeU: number },
  phase: Phase,
) {
  const { filter, phaseIn, outChannels, planeU } = shape;
  const { tile } = filter;
  const taps = tapsOf(filter, phase);
  const lanes = block.vectors * 4;
  // `dw`: of the first tap, in channel 0, the block's first out channel.
  return m.func(
    `dw of ${channelsOf(block)} ${phase.row} ${phase.column}`,
    { begin: i32, end: i32, u: i32, dw: i32, cells: i32 },
    (f, p) => {
      f.for(p.begin, p.end, 1, (c) => {
        for (const [v, width] of values(block.vectors)) {
          f.block(() => {
            const from = f.let(p.u.plus(c.times(lanes * 4)).plus(v * 16));
            const to = f.let(p.dw.plus(c.times(outChannels * 4)).plus(v * 16));
            const stored = v + width === block.vectors ? block.lastLanes : 4;
            transform2d(
              ...([
                f,
                linesOf(filter).weightGradient,
                { size: [tile - phase.row, tile - phase.column], width },
                p.cells,
              ] as const),
              (row, column) => loadValue(f, width, from, (row * tile + column) * planeU * 4),
              (row, column, value) => {
                if (row >= taps.rows || column >= taps.columns) return;
                f.storeRow(to, value, stored, taps.at(row, column) * phaseIn * outChannels * 4);
              },
            );
          });
        }
      });
    },
  );
}
