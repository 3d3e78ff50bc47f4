import { inPairs } from '../builder/features.ts';
import { i32, type KernelFunction, type ModuleBuilder } from '../builder/index.ts';
import { addProducts, zeroSums } from '../templates/tile.ts';
import { reluFloor } from './reluFloor.ts';

/** The vectors of a register tile (templates/tile.ts) of so many rows. Strides are constants, so A needs no packing. */
export function vectorsForHeight(height: number): number {
  return [0, 8, 4, 3, 2, 2, 2][height] * (inPairs() ? 2 : 1);
}

export const MAX_HEIGHT = 6;

interface TileShape {
  height: number;
  vectors: number;
  /** Columns of the last vector: 4, or fewer at the right edge of C. */
  lastColumns: number;
  /** Bytes from row to row of A, and from k to k; from k to k of B; from row to row of C. */
  strides: { rowA: number; kA: number; kB: number; rowC: number };
}

const signature = {
  ...{ a: i32, b: i32, c: i32, count: i32 },
  /** What is added to the sums, row by row, and the bytes from row to row: the bias (0 bytes), or C as the blocks before left it. */
  ...{ start: i32, startStep: i32 },
  /** 1: negative results become 0. */
  relu: i32,
};

/** c = start + sum over `count` k of a[:, k] b[k, :], then the relu. */
export function writeTile(
  m: ModuleBuilder,
  name: string,
  shape: TileShape,
): KernelFunction<typeof signature> {
  const { height, vectors, lastColumns, strides } = shape;
  return m.func(name, signature, (f, { a, b, c, count, start, startStep, relu }) => {
    const sums = zeroSums(f, height, vectors);
    const end = f.let(b.plus(count.times(strides.kB)));
    addProducts(f, sums, {
      more: b.ne(end),
      left: () => a,
      leftRows: sums.map((_, row) => row * strides.rowA),
      right: b,
      next: () => {
        a.set(a.plus(strides.kA));
        b.set(b.plus(strides.kB));
      },
      stored: 'computed',
    });
    const floor = reluFloor(f, relu);
    for (let i = 0; i < height; i++) {
      const starts = sums[i].map((_, j) => f.let(f.load4(start, 16 * j)));
      const row = sums[i].map((sum, j) => sum.plus(starts[j]).pmax(floor));
      f.storeRow(c, row, lastColumns, i * strides.rowC);
      start.set(start.plus(startStep));
    }
  });
}
