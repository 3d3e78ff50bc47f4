import {
  type FunctionBuilder,
  type I32,
  i32,
  type KernelFunction,
  type ModuleBuilder,
} from '../../builder/index.ts';
import type { Filter } from './filter.ts';
import { cellFloats, zeroCell } from './layout.ts';
import { linesOf, transform2d } from './lines.ts';

/**
 * A tile's window of an image, a square of pixels from (y, x) on, transformed to a value of each plane, for all channels. Pixels outside the image are zero: rows above and below are read from a row of zeros instead, columns to the
 * left and right are not read. `cells` is the thread's block of layout.ts; its zeros are written by `clearZeroRow`.
 */
const signature = { image: i32, height: i32, width: i32, y: i32, x: i32, out: i32, cells: i32 };
type WindowTransform = KernelFunction<typeof signature, void>;

interface WindowSpec {
  name: string;
  filter: Filter;
  /** The windows of the image overlap, those of the result's gradient do not. */
  side: 'image' | 'gradient';
  channels: number;
  /** Floats from pixel to pixel of the image, where they are more than the channels. */
  pixelFloats?: number;
  /** Floats from plane to plane of the result. */
  plane: number;
}

export function writeWindow(m: ModuleBuilder, spec: WindowSpec): WindowTransform {
  const inside = writeVariant(m, spec, false);
  const cut = writeVariant(m, spec, true);
  const size = windowSize(spec);
  return m.func(spec.name, signature, (f, p) => {
    const rowsInside = p.y.ge(0).and(p.y.plus(size).le(p.height));
    const columnsInside = p.x.ge(0).and(p.x.plus(size).le(p.width));
    f.if(
      rowsInside.and(columnsInside),
      () => f.call(inside, p),
      () => f.call(cut, p),
    );
  });
}

/** Writes the zeros of a thread's cells. */
export function clearZeroRow(f: FunctionBuilder, filter: Filter, cells: I32, channels: number): void {
  const from = zeroCell(filter);
  f.fill(cells.plus(from * 4), 0, (cellFloats(filter, channels) - from) * 4);
}

const windowSize = ({ filter, side }: WindowSpec): number =>
  side === 'image' ? filter.tile : filter.outputs;

function writeVariant(m: ModuleBuilder, spec: WindowSpec, cut: boolean) {
  const { name, filter, side, channels, pixelFloats = channels, plane } = spec;
  const size = windowSize(spec);
  const { input, outputGradient } = linesOf(filter);
  const line = side === 'image' ? input : outputGradient;
  return m.func(`${name} ${cut ? 'cut' : 'inside'}`, signature, (f, p) => {
    const pixel = pixelFloats * 4;
    const row = f.let(p.width.times(pixel));
    const first = f.let(p.image.plus(p.y.times(p.width).plus(p.x).times(pixel)));
    const zeros = p.cells.plus(zeroCell(filter) * 4);
    const rows: I32[] = [];
    for (let i = 0; i < size; i++) {
      const address = first.plus(row.times(i));
      rows.push(f.let(cut ? f.select(p.y.plus(i).ltU(p.height), address, zeros) : address));
    }
    const columns = cut ? Array.from({ length: size }, (_, i) => f.let(p.x.plus(i).ltU(p.width))) : undefined;
    f.for(0, channels * 4, 16, (channel) => {
      const starts = rows.map((address) => f.let(address.plus(channel)));
      const to = f.let(p.out.plus(channel));
      transform2d(
        ...([f, line, size, p.cells] as const),
        (y, x) => f.load4(starts[y], x * pixel),
        (y, x, value) => f.store4(to, value, (y * filter.tile + x) * plane * 4),
        columns && ((column) => columns[column]),
      );
    });
  });
}
