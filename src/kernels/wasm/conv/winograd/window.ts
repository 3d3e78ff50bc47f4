import {
  type FunctionBuilder,
  type I32,
  i32,
  type KernelFunction,
  type ModuleBuilder,
} from '../../builder/index.ts';
import { CELLS, cellFloats } from './layout.ts';
import { eachValue, type Line, loadValue, transform2d } from './lines.ts';

/**
 * A tile's window of an image, `size` x `size` pixels from (y, x) on, transformed to a value of each of the 36 planes, for
 * all channels. Pixels outside the image are zero: rows above and below are read from a row of zeros instead, columns to the
 * left and right are not read. `cells` is the thread's block of layout.ts; its zeros are written by `clearZeroRow`.
 */
const signature = { image: i32, height: i32, width: i32, y: i32, x: i32, out: i32, cells: i32 };
type WindowTransform = KernelFunction<typeof signature, void>;

interface WindowSpec {
  name: string;
  size: 4 | 6;
  line: Line;
  channels: number;
  /** Floats from pixel to pixel of the image, where they are more than the channels. */
  pixelFloats?: number;
  /** Floats from plane to plane of the result. */
  plane: number;
}

export function writeWindow(m: ModuleBuilder, spec: WindowSpec): WindowTransform {
  const inside = writeVariant(m, spec, false);
  const cut = writeVariant(m, spec, true);
  return m.func(spec.name, signature, (f, p) => {
    const rowsInside = p.y.ge(0).and(p.y.plus(spec.size).le(p.height));
    const columnsInside = p.x.ge(0).and(p.x.plus(spec.size).le(p.width));
    f.if(
      rowsInside.and(columnsInside),
      () => f.call(inside, p),
      () => f.call(cut, p),
    );
  });
}

/** Writes the zeros of a thread's cells. */
export function clearZeroRow(f: FunctionBuilder, cells: I32, channels: number): void {
  f.fill(cells.plus(CELLS.zeros * 4), 0, (cellFloats(channels) - CELLS.zeros) * 4);
}

function writeVariant(m: ModuleBuilder, spec: WindowSpec, cut: boolean) {
  const { name, size, line, channels, pixelFloats = channels, plane } = spec;
  return m.func(`${name} ${cut ? 'cut' : 'inside'}`, signature, (f, p) => {
    const pixel = pixelFloats * 4;
    const row = f.let(p.width.times(pixel));
    const first = f.let(p.image.plus(p.y.times(p.width).plus(p.x).times(pixel)));
    const zeros = p.cells.plus(CELLS.zeros * 4);
    const rows: I32[] = [];
    for (let i = 0; i < size; i++) {
      const address = first.plus(row.times(i));
      rows.push(f.let(cut ? f.select(p.y.plus(i).ltU(p.height), address, zeros) : address));
    }
    const columns = cut ? Array.from({ length: size }, (_, i) => f.let(p.x.plus(i).ltU(p.width))) : undefined;
    eachValue(f, Math.ceil(channels / 4), (channel, width) => {
      const starts = rows.map((address) => f.let(address.plus(channel)));
      const to = f.let(p.out.plus(channel));
      transform2d(
        ...([f, line, { size, width }, p.cells] as const),
        (y, x) => loadValue(f, width, starts[y], x * pixel),
        (y, x, value) => f.storeRow(to, value, 4, (y * 6 + x) * plane * 4),
        columns && ((column) => columns[column]),
      );
    });
  });
}
