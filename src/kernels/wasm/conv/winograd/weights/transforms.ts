import { i32, type ModuleBuilder } from '../../../builder/index.ts';
import { type ChannelBlocks, channelsOf } from '../../blocks.ts';
import { gridSignature, locate, touchRows } from '../grid.ts';
import type { Layout } from '../layout.ts';
import {
  inputLine,
  loadValue,
  outputGradientLine,
  transform2d,
  values,
  weightGradientLine,
} from '../lines.ts';
import { clearZeroRow, writeWindow } from '../window.ts';

export const transformSignature = {
  ...{ begin: i32, end: i32, first: i32, x: i32, dy: i32, v: i32, d: i32, threads: i32 },
  ...{ outHeight: i32, outWidth: i32, ...gridSignature },
};

/** Range over the tiles of a batch: V and D. */
export function writeTransform(m: ModuleBuilder, layout: Layout) {
  const { inChannels, outChannels, inLanes, outLanes, planeV, planeOut } = layout;
  const v = { name: 'V', size: 6, line: inputLine, channels: inChannels, plane: planeV } as const;
  const d = { name: 'D', size: 4, line: outputGradientLine, channels: outChannels, plane: planeOut } as const;
  const transformV = writeWindow(m, v);
  const transformD = writeWindow(m, d);
  return m.func('transform', transformSignature, (f, p) => {
    const { thread } = layout;
    const cells = f.let(p.threads.plus(f.thread.times(thread.total * 4)).plus(thread.cells * 4));
    clearZeroRow(f, cells, Math.max(inChannels, outChannels));
    const tiles = { first: f.let(p.begin.plus(p.first)), last: f.let(p.end.plus(p.first).minus(1)) };
    const xRow = f.let(p.width.times(inChannels * 4));
    touchRows(f, p, { ...tiles, size: 6 }, p.x, xRow, cells);
    const dyRow = f.let(p.outWidth.times(outChannels * 4));
    const dyGrid = { ...p, height: p.outHeight, width: p.outWidth, top: i32(0), left: i32(0) };
    touchRows(f, dyGrid, { ...tiles, size: 4 }, p.dy, dyRow, cells);
    f.for(p.begin, p.end, 1, (t) => {
      const { n, y, x } = locate(f, p, t.plus(p.first));
      f.call(transformV, {
        ...{ image: p.x.plus(n.times(p.height).times(xRow)), height: p.height, width: p.width },
        ...{ y, x, out: p.v.plus(t.times(inLanes * 4)), cells },
      });
      f.call(transformD, {
        ...{ image: p.dy.plus(n.times(p.outHeight).times(dyRow)), height: p.outHeight, width: p.outWidth },
        ...{ y: y.plus(p.top), x: x.plus(p.left), out: p.d.plus(t.times(outLanes * 4)), cells },
      });
    });
  });
}

/** G^T dU G for the in channels [begin, end) and a block of out channels: 36 planes [in][lanes] -> dw [3, 3, in, out]. */
export function writeWeightGradient(
  m: ModuleBuilder,
  block: ChannelBlocks,
  shape: { inChannels: number; outChannels: number; planeU: number },
) {
  const { inChannels, outChannels, planeU } = shape;
  const lanes = block.vectors * 4;
  // `dw`: of the first tap, in channel 0, the block's first out channel.
  return m.func(
    `dw of ${channelsOf(block)}`,
    { begin: i32, end: i32, u: i32, dw: i32, cells: i32 },
    (f, p) => {
      f.for(p.begin, p.end, 1, (c) => {
        for (const [v, width] of values(block.vectors)) {
          f.block(() => {
            const from = f.let(p.u.plus(c.times(lanes * 4)).plus(v * 16));
            const to = f.let(p.dw.plus(c.times(outChannels * 4)).plus(v * 16));
            transform2d(
              ...([f, weightGradientLine, { size: 6, width }, p.cells] as const),
              (row, column) => loadValue(f, width, from, (row * 6 + column) * planeU * 4),
              (row, column, value) => {
                const offset = (row * 3 + column) * inChannels * outChannels * 4;
                const lanes = v + width === block.vectors ? block.lastLanes : 4;
                f.storeRow(to, value, lanes, offset);
              },
            );
          });
        }
      });
    },
  );
}
