import { type F32x4, i32, type KernelFunction, type ModuleBuilder } from '../builder/index.ts';

/**
 * The loop that matrix products spend their time in: a tile of C, `height` rows by `vectors` vectors of four columns, stays in
 * registers while k runs. Each turn loads one row of B's panel and, for each row, one number of A into all four lanes.
 * x64 gives 15 registers: 6 x 2 sums, 2 vectors of B, 1 of A. Lower tiles are wider, so that there are always enough sums on
 * their way to hide the latency of an addition (8 = 4 cycles, 2 units).
 *
 * All strides are constants of the module, so one register walks through six rows of A, and A needs no packing.
 */
export function vectorsForHeight(height: number): number {
  return [0, 8, 4, 3, 2, 2, 2][height];
}

export const MAX_HEIGHT = 6;

export interface TileShape {
  height: number;
  vectors: number;
  /** Columns of the last vector: 4, or fewer at the right edge of C. */
  lastColumns: number;
  /** Bytes from row to row of A, and from k to k; from k to k of B; from row to row of C. */
  strides: { rowA: number; kA: number; kB: number; rowC: number };
}

export const tileSignature = {
  ...{ a: i32, b: i32, c: i32, count: i32 },
  /** A row of numbers that the sums start from: the bias, or zeros. */
  start: i32,
  /** 1: negative results become 0. */
  relu: i32,
};

/**
 * c = start + sum over `count` k of a[:, k] b[k, :], then the relu.
 *
 * Between the loop and its stores nothing may happen to the sums: V8 (11.3) then spills them inside the loop as well, which
 * halves its speed. So they start from the bias, and the relu goes over the stored tile.
 */
export function writeTile(
  m: ModuleBuilder,
  name: string,
  shape: TileShape,
): KernelFunction<typeof tileSignature> {
  const { height, vectors, lastColumns, strides } = shape;
  return m.func(name, tileSignature, (f, { a, b, c, count, start, relu }) => {
    const rows = Array.from({ length: height }, () =>
      Array.from({ length: vectors }, (_, j) => f.let(f.load4(start, 16 * j))),
    );
    const end = f.let(b.plus(count.times(strides.kB)));
    f.while(b.ne(end), () => {
      const right = Array.from({ length: vectors }, (_, j) => f.let(f.load4(b, 16 * j)));
      for (let i = 0; i < height; i++) {
        const left = f.let(f.load4Splat(a, i * strides.rowA));
        for (let j = 0; j < vectors; j++) rows[i][j].set(left.madd(right[j], rows[i][j]));
      }
      a.set(a.plus(strides.kA));
      b.set(b.plus(strides.kB));
    });
    const store = (value: (i: number, j: number) => F32x4) => {
      for (let i = 0; i < height; i++) {
        for (let j = 0; j < vectors; j++) {
          const columns = j === vectors - 1 ? lastColumns : 4;
          f.store4Partial(c, value(i, j), columns, i * strides.rowC + 16 * j);
        }
      }
    };
    store((i, j) => rows[i][j]);
    f.if(relu, () => store((i, j) => f.load4(c, i * strides.rowC + 16 * j).pmax(0)));
  });
}

export const addSignature = { c: i32, partial: i32, rows: i32, relu: i32 };

/** c += partial for a tile of `rows` rows, then the relu: how the later blocks of a long k join the first. */
export function writeAddTile(
  m: ModuleBuilder,
  name: string,
  { vectors, lastColumns, strides }: Omit<TileShape, 'height'>,
): KernelFunction<typeof addSignature> {
  return m.func(name, addSignature, (f, { c, partial, rows, relu }) => {
    const floor = f.let(f.select(relu, i32(0), i32(MINUS_INFINITY_BITS)).splat().asF32x4());
    f.for(0, rows, 1, () => {
      for (let j = 0; j < vectors; j++) {
        const sum = f.load4(c, 16 * j).plus(f.load4(partial, 16 * j));
        f.store4Partial(c, sum.pmax(floor), j === vectors - 1 ? lastColumns : 4, 16 * j);
      }
      c.set(c.plus(strides.rowC));
      partial.set(partial.plus(strides.rowC));
    });
  });
}

const MINUS_INFINITY_BITS = 0xff800000 | 0;
