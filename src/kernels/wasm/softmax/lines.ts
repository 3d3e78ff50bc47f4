import {
  type F32x4,
  type F64,
  type F64x2,
  type FunctionBuilder,
  f32x4,
  f64x2,
  type I32,
  i32,
  i32x4,
  type Var,
} from '../builder/index.ts';

/**
 * Lines along one axis of [outer, count, inner], four numbers at a time. Along the last axis (inner = 1, `rows`) a vector holds
 * four neighbours of one line, and folding ends across its lanes; along any other (`columns`) it holds the same place of four
 * neighbouring lines. The mathematics on top is written once for both.
 */
export interface Line {
  /** Visits every vector of the line. */
  each(visit: (cell: Cell) => void): void;
  /** The line's maximum, in every lane that belongs to it. */
  foldMax(v: F32x4): F32x4;
  foldSum(sum: DoubleSum): F32x4;
}

interface Cell {
  /** The vector of the array at `base`, with `identity` where the line has ended. */
  load(base: I32, identity: number): F32x4;
  store(base: I32, value: F32x4): void;
}

export const lineSignature = { begin: i32, end: i32, count: i32, inner: i32 };

interface LineArguments {
  begin: I32;
  end: I32;
  count: I32;
  inner: I32;
}

/** body for each row of `count` numbers; an item is a row, which begins `start` bytes into its array. */
export function eachRow(
  f: FunctionBuilder,
  { begin, end, count }: Omit<LineArguments, 'inner'>,
  body: (line: Line, start: I32, row: I32) => void,
): void {
  const whole = f.let(count.and(-4).shl(2));
  const rest = f.let(count.and(3));
  f.for(begin, end, 1, (row) => {
    const start = f.let(row.times(count).shl(2));
    const stop = f.let(start.plus(whole));
    const each = (visit: (cell: Cell) => void) => {
      f.for(start, stop, 16, (at) =>
        visit({
          load: (base) => f.load4(base.plus(at)),
          store: (base, value) => f.store4(base.plus(at), value),
        }),
      );
      f.if(rest, () => {
        const inside = f.let(i32x4(0, 1, 2, 3).lt(rest.splat()));
        visit({
          load: (base, identity) => inside.select(f.load4(base.plus(stop)), f32x4(identity)),
          store: (base, value) => f.store4Partial(base.plus(stop), value, rest),
        });
      });
    };
    const foldMax = (v: F32x4) => {
      const held = f.let(v);
      const pairs = f.let(held.max(held.shuffle(held, 2, 3, 0, 1)));
      return f.let(pairs.max(pairs.shuffle(pairs, 1, 0, 3, 2)));
    };
    body({ each, foldMax, foldSum: (sum) => f.let(sum.total().toF32().splat()) }, start, row);
  });
}

/** body for every four neighbouring lines; an item is such a group. */
export function eachColumns(
  f: FunctionBuilder,
  { begin, end, count, inner }: LineArguments,
  body: (line: Line, start: I32) => void,
): void {
  const groups = f.let(inner.plus(3).shrU(2));
  const stride = f.let(inner.shl(2));
  f.for(begin, end, 1, (item) => {
    const column = f.let(item.remU(groups).shl(2));
    const lanes = f.let(inner.minus(column));
    const start = f.let(item.divU(groups).times(count).times(inner).plus(column).shl(2));
    const each = (visit: (cell: Cell) => void) =>
      f.block(() => {
        const at = f.let(start);
        f.for(0, count, 1, () => {
          visit({
            load: (base) => f.load4(base.plus(at)),
            store: (base, value) =>
              f.store4Partial(f.let(base.plus(at)), value, f.let(f.select(lanes.ltU(4), lanes, i32(4)))),
          });
          at.set(at.plus(stride));
        });
      });
    body({ each, foldMax: (v) => f.let(v), foldSum: (sum) => f.let(sum.lanes()) }, start);
  });
}

/** A sum in float64 of each of four lanes: long lines lose no digits. */
export class DoubleSum {
  private readonly low: Var<F64x2>;
  private readonly high: Var<F64x2>;

  constructor(f: FunctionBuilder) {
    this.low = f.local(f64x2);
    this.high = f.local(f64x2);
  }

  add(v: F32x4): void {
    this.low.set(this.low.plus(v.lowToF64x2()));
    this.high.set(this.high.plus(v.shuffle(v, 2, 3, 2, 3).lowToF64x2()));
  }

  lanes(): F32x4 {
    const low = this.low.toLowF32x4();
    return low.shuffle(this.high.toLowF32x4(), 0, 1, 4, 5);
  }

  /** Of all lanes together. */
  total(): F64 {
    const { low, high } = this;
    return low
      .lane(0)
      .plus(low.lane(1))
      .plus(high.lane(0).plus(high.lane(1)));
  }
}
