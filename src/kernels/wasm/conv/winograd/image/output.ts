import {
  type F32,
  type FunctionBuilder,
  f32,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../../builder/index.ts';
import type { Filter } from '../filter.ts';
import type { locate } from '../grid.ts';
import { linesOf, transform2d } from '../lines.ts';

type OutputArguments = Record<'y' | 'outHeight' | 'outWidth' | 'bias' | 'cells', I32> & { floor: F32 };

/**
 * A^T M A + bias of one tile, then max with floor, for `channels` channels: pixels from `to` on, `row` bytes from row to row. Cut off at `rows` and `columns` where the tile reaches over the end of the result.
 */
export function writeOutput(
  m: ModuleBuilder,
  name: string,
  {
    filter,
    channels,
    planeOut,
    pixelFloats,
  }: { filter: Filter; channels: number; planeOut: number; pixelFloats: number },
) {
  const signature = { to: i32, row: i32, rows: i32, columns: i32, m: i32, bias: i32, floor: f32, cells: i32 };
  const variant = (cut: boolean) =>
    m.func(`${name} ${cut ? 'cut' : 'inside'}`, signature, (f, p) => {
      const vector = (channel: I32, lanes: number): void => {
        const from = f.let(p.m.plus(channel));
        const rows = [f.let(p.to.plus(channel))];
        for (let i = 1; i < filter.outputs; i++) rows.push(f.let(rows[i - 1].plus(p.row)));
        const bias = f.let(f.load4(p.bias.plus(channel)));
        const floor = f.let(p.floor.splat());
        transform2d(
          ...([f, linesOf(filter).output, filter.tile, p.cells] as const),
          (row, column) => f.load4(from, (row * filter.tile + column) * planeOut * 4),
          (row, column, value) => {
            const store = (): void =>
              f.store4Partial(rows[row], value.plus(bias).pmax(floor), lanes, column * pixelFloats * 4);
            if (cut) f.if(p.rows.gt(row).and(p.columns.gt(column)), store);
            else store();
          },
        );
      };
      const whole = (channels & -4) * 4;
      f.for(0, whole, 16, (channel) => vector(channel, 4));
      if (channels % 4 !== 0) f.block(() => vector(f.let(i32(whole)), channels % 4));
    });
  const [inside, cut] = [variant(false), variant(true)];
  const transform = m.func(name, signature, (f, p) => {
    f.if(
      p.rows.ge(filter.outputs).and(p.columns.ge(filter.outputs)),
      () => f.call(inside, p),
      () => f.call(cut, p),
    );
  });
  /** The tile whose place is given, from its products at `m`. */
  return (
    f: FunctionBuilder,
    p: OutputArguments,
    { n, y, x }: ReturnType<typeof locate>,
    from: I32,
  ): void => {
    const { outHeight, outWidth, bias, floor, cells } = p;
    const pixel = n.times(outHeight).plus(y).times(outWidth).plus(x);
    f.call(transform, {
      to: p.y.plus(pixel.times(pixelFloats * 4)),
      row: outWidth.times(pixelFloats * 4),
      ...{ rows: outHeight.minus(y), columns: outWidth.minus(x), m: from, bias, floor, cells },
    });
  };
}
