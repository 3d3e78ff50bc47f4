import { f32x4, i32, type KernelFunction, type ModuleBuilder } from '../builder/index.ts';

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
  /** What is added to the sums, row by row, and the bytes from row to row: the bias (0 bytes), or C as the blocks before left it. */
  ...{ start: i32, startStep: i32 },
  /** 1: negative results become 0. */
  relu: i32,
};

/**
 * c = start + sum over `count` k of a[:, k] b[k, :], then the relu.
 *
 * The rows are multiplied from the last to the first: V8 (11.3) places the multiply-adds in the order in which it meets the sums
 * behind the loop, which is from the first to the last where something is computed from them, and with the loads in the other order
 * keeps each number of A in a register until it is used. 6x8 then runs at 58 of 59 GFLOP/s instead of 27.
 */
export function writeTile(
  m: ModuleBuilder,
  name: string,
  shape: TileShape,
): KernelFunction<typeof tileSignature> {
  const { height, vectors, lastColumns, strides } = shape;
  return m.func(name, tileSignature, (f, { a, b, c, count, start, startStep, relu }) => {
    const sums = Array.from({ length: height }, () => Array.from({ length: vectors }, () => f.local(f32x4)));
    const end = f.let(b.plus(count.times(strides.kB)));
    f.while(b.ne(end), () => {
      // A vector of B that only one row needs is loaded where it is used: eight at once would not fit beside eight sums.
      const right = Array.from({ length: vectors }, (_, j) =>
        height === 1 ? f.load4(b, 16 * j) : f.let(f.load4(b, 16 * j)),
      );
      for (let i = height - 1; i >= 0; i--) {
        const left = f.let(f.load4Splat(a, i * strides.rowA));
        for (let j = 0; j < vectors; j++) sums[i][j].set(left.madd(right[j], sums[i][j]));
      }
      a.set(a.plus(strides.kA));
      b.set(b.plus(strides.kB));
    });
    const floor = f.let(f.select(relu, i32(0), i32(MINUS_INFINITY_BITS)).splat().asF32x4());
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < vectors; j++) {
        const columns = j === vectors - 1 ? lastColumns : 4;
        const value = sums[i][j].plus(f.load4(start, 16 * j)).pmax(floor);
        f.store4Partial(c, value, columns, i * strides.rowC + 16 * j);
      }
      start.set(start.plus(startStep));
    }
  });
}

const MINUS_INFINITY_BITS = 0xff800000 | 0;
