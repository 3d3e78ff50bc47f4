import {
  type FunctionBuilder,
  type I32,
  i32,
  type KernelFunction,
  type ModuleBuilder,
} from '../../builder/index.ts';
import type { Filter } from './filter.ts';
import { cellFloats, zeroCell } from './layout.ts';
import { linesOf } from './lines.ts';
import { type Phase, phasesOf } from './phases.ts';
import { transform2d } from './transform2d.ts';
import { eachValue, loadValue } from './values.ts';

/**
 * A tile's window of an image, a square of pixels from (y, x) on, transformed to a value of each plane, for all channels, phase
 * by phase. Pixels outside the image are zero: rows above and below are read from a row of zeros instead, columns to the left
 * and right are not read. `cells` is the thread's block of layout.ts; its zeros are written by `clearZeroRow`.
 */
const signature = { image: i32, height: i32, width: i32, y: i32, x: i32, out: i32, cells: i32 };
type WindowTransform = KernelFunction<typeof signature, void>;

interface WindowSpec {
  name: string;
  filter: Filter;
  /** The windows of the image overlap, those of the result's gradient do not. */
  side: 'image' | 'gradient';
  /** Whether the image is cut into phases. */
  strided?: boolean;
  channels: number;
  /** Floats from pixel to pixel of the image, where they are more than the channels. */
  pixelFloats?: number;
  /** Floats from plane to plane of the result. */
  plane: number;
}

export function writeWindow(m: ModuleBuilder, spec: WindowSpec): WindowTransform {
  const phases = phasesOf(spec.strided ?? false).map((phase) => {
    const size = windowSize(spec);
    const rows = phase.step * (size - 1 - phase.row) + 1;
    const columns = phase.step * (size - 1 - phase.column) + 1;
    const [inside, cut] = [false, true].map((isCut) => writeVariant(m, spec, phase, isCut));
    return { ...phase, rows, columns, inside, cut };
  });
  return m.func(spec.name, signature, (f, p) => {
    phases.forEach(({ row, column, rows, columns, inside, cut }, index) => {
      const [y, x] = [f.let(p.y.plus(row)), f.let(p.x.plus(column))];
      const at = { ...p, y, x, out: p.out.plus(index * spec.channels * 4) };
      const rowsInside = y.ge(0).and(y.plus(rows).le(p.height));
      const columnsInside = x.ge(0).and(x.plus(columns).le(p.width));
      f.if(
        rowsInside.and(columnsInside),
        () => f.call(inside, at),
        () => f.call(cut, at),
      );
    });
  });
}

/** Writes the zeros of a thread's cells. */
export function clearZeroRow(f: FunctionBuilder, filter: Filter, cells: I32, channels: number): void {
  const from = zeroCell(filter);
  f.fill(cells.plus(from * 4), 0, (cellFloats(filter, channels) - from) * 4);
}

const windowSize = ({ filter, side }: WindowSpec): number =>
  side === 'image' ? filter.tile : filter.outputs;

function writeVariant(m: ModuleBuilder, spec: WindowSpec, phase: Phase, cut: boolean) {
  const { name, filter, side, channels, pixelFloats = channels, plane } = spec;
  const { step } = phase;
  const size = [windowSize(spec) - phase.row, windowSize(spec) - phase.column] as const;
  const { input, outputGradient } = linesOf(filter);
  const line = side === 'image' ? input : outputGradient;
  return m.func(`${name} ${size} ${cut ? 'cut' : 'inside'}`, signature, (f, p) => {
    const pixel = pixelFloats * 4;
    const row = f.let(p.width.times(step * pixel));
    const first = f.let(p.image.plus(p.y.times(p.width).plus(p.x).times(pixel)));
    const zeros = p.cells.plus(zeroCell(filter) * 4);
    const rows: I32[] = [];
    for (let i = 0; i < size[0]; i++) {
      const address = first.plus(row.times(i));
      rows.push(f.let(cut ? f.select(p.y.plus(step * i).ltU(p.height), address, zeros) : address));
    }
    const columns = cut
      ? Array.from({ length: size[1] }, (_, i) => f.let(p.x.plus(step * i).ltU(p.width)))
      : undefined;
    eachValue(f, Math.ceil(channels / 4), (channel, width) => {
      const starts = rows.map((address) => f.let(address.plus(channel)));
      const to = f.let(p.out.plus(channel));
      transform2d(
        ...([f, line, { size, width }, p.cells] as const),
        (y, x) => loadValue(f, width, starts[y], x * step * pixel),
        (y, x, value) => f.storeRow(to, value, 4, (y * filter.tile + x) * plane * 4),
        columns && ((column) => columns[column]),
      );
    });
  });
}
