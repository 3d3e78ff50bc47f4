import {
  type F32,
  type FunctionBuilder,
  f32,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../../builder/index.ts';
import type { locate } from '../grid.ts';
import { eachValue, loadValue, outputLine, transform2d } from '../lines.ts';

type OutputArguments = Record<'y' | 'outHeight' | 'outWidth' | 'bias' | 'cells', I32> & { floor: F32 };

/**
 * A^T M A + bias of one tile, then max with floor, for `channels` channels: 4x4 pixels from `to` on, `row` bytes from row to
 * row. Cut off at `rows` and `columns` where the tile reaches over the end of the result.
 */
export function writeOutput(
  m: ModuleBuilder,
  name: string,
  { channels, planeOut, pixelFloats }: { channels: number; planeOut: number; pixelFloats: number },
) {
  const signature = { to: i32, row: i32, rows: i32, columns: i32, m: i32, bias: i32, floor: f32, cells: i32 };
  const variant = (cut: boolean) =>
    m.func(`${name} ${cut ? 'cut' : 'inside'}`, signature, (f, p) => {
      const transform = (channel: I32, width: number, lastLanes = 4): void => {
        const from = f.let(p.m.plus(channel));
        const rows = [f.let(p.to.plus(channel))];
        for (let i = 1; i < 4; i++) rows.push(f.let(rows[i - 1].plus(p.row)));
        const at = f.let(p.bias.plus(channel));
        const bias = loadValue(f, width, at, 0).map((vector) => f.let(vector));
        const floor = f.let(p.floor.splat());
        transform2d(
          ...([f, outputLine, { size: 6, width }, p.cells] as const),
          (row, column) => loadValue(f, width, from, (row * 6 + column) * planeOut * 4),
          (row, column, value) => {
            const store = (): void => {
              const pixel = value.map((vector, v) => vector.plus(bias[v]).pmax(floor));
              f.storeRow(rows[row], pixel, lastLanes, column * pixelFloats * 4);
            };
            if (cut) f.if(p.rows.gt(row).and(p.columns.gt(column)), store);
            else store();
          },
        );
      };
      const whole = channels >> 2;
      eachValue(f, whole, transform);
      if (channels % 4 !== 0) f.block(() => transform(f.let(i32(whole * 16)), 1, channels % 4));
    });
  const [inside, cut] = [variant(false), variant(true)];
  const run = m.func(name, signature, (f, p) => {
    f.if(
      p.rows.ge(4).and(p.columns.ge(4)),
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
    f.call(run, {
      to: p.y.plus(pixel.times(pixelFloats * 4)),
      row: outWidth.times(pixelFloats * 4),
      ...{ rows: outHeight.minus(y), columns: outWidth.minus(x), m: from, bias, floor, cells },
    });
  };
}
