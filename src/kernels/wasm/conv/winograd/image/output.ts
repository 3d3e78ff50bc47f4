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
import { linesOf } from '../lines.ts';
import { type Phase, phasesOf } from '../phases.ts';
import { transform2d } from '../transform2d.ts';
import { eachValue, loadValue } from '../values.ts';

type OutputArguments = Record<'y' | 'outHeight' | 'outWidth' | 'bias' | 'cells', I32> & { floor: F32 };

interface OutputSpec {
  filter: Filter;
  /** Whether the result is cut into phases. */
  strided: boolean;
  /** Of one phase. */
  channels: number;
  planeOut: number;
  /** Floats from pixel to pixel. */
  pixelFloats: number;
}

/** The transform of the tile whose place is given, all phases of it, from its products at `from`. */
export function writeOutput(m: ModuleBuilder, name: string, spec: OutputSpec) {
  const phases = phasesOf(spec.strided).map((phase) => ({
    ...phase,
    transform: writePhase(m, name, spec, phase),
  }));
  const { channels, pixelFloats } = spec;
  return (
    f: FunctionBuilder,
    p: OutputArguments,
    { n, y, x }: ReturnType<typeof locate>,
    from: I32,
  ): void => {
    const { outHeight, outWidth, bias, floor, cells } = p;
    phases.forEach(({ step, row, column, transform }, index) => {
      // Of two phases the odd one has the first pixel (layout.ts: backwardSizes)
      const [top, left] = [f.let(y.plus(step - 1 - row)), f.let(x.plus(step - 1 - column))];
      const pixel = n.times(outHeight).plus(top).times(outWidth).plus(left);
      f.call(transform, {
        to: p.y.plus(pixel.times(pixelFloats * 4)),
        row: outWidth.times(step * pixelFloats * 4),
        rows: outHeight
          .minus(top)
          .plus(step - 1)
          .shr(step - 1),
        columns: outWidth
          .minus(left)
          .plus(step - 1)
          .shr(step - 1),
        ...{ m: from.plus(index * channels * 4), bias, floor, cells },
      });
    });
  };
}

/**
 * A^T M A + bias of one tile, then max with floor, for `channels` channels: pixels from `to` on, `row` bytes from row to row.
 * Cut off at `rows` and `columns` where the tile reaches over the end of the result.
 */
function writePhase(m: ModuleBuilder, name: string, spec: OutputSpec, phase: Phase) {
  const { filter, channels, planeOut } = spec;
  const pixel = phase.step * spec.pixelFloats * 4;
  const size = [filter.tile - phase.row, filter.tile - phase.column] as const;
  const signature = { to: i32, row: i32, rows: i32, columns: i32, m: i32, bias: i32, floor: f32, cells: i32 };
  const variant = (cut: boolean) =>
    m.func(`${name} ${size} ${cut ? 'cut' : 'inside'}`, signature, (f, p) => {
      const transform = (channel: I32, width: number, lastLanes = 4): void => {
        const from = f.let(p.m.plus(channel));
        const rows = [f.let(p.to.plus(channel))];
        for (let i = 1; i < filter.outputs; i++) rows.push(f.let(rows[i - 1].plus(p.row)));
        const at = f.let(p.bias.plus(channel));
        const bias = loadValue(f, width, at, 0).map((vector) => f.let(vector));
        const floor = f.let(p.floor.splat());
        transform2d(
          ...([f, linesOf(filter).output, { size, width }, p.cells] as const),
          (row, column) => loadValue(f, width, from, (row * filter.tile + column) * planeOut * 4),
          (row, column, value) => {
            const store = (): void => {
              const out = value.map((vector, v) => vector.plus(bias[v]).pmax(floor));
              f.storeRow(rows[row], out, lastLanes, column * pixel);
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
  return m.func(`${name} ${size}`, signature, (f, p) => {
    f.if(
      p.rows.ge(filter.outputs).and(p.columns.ge(filter.outputs)),
      () => f.call(inside, p),
      () => f.call(cut, p),
    );
  });
}
