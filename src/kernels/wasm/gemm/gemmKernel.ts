import { type I32, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { sizesBlock } from './sizes.ts';
import { vectorsForHeight, writeTile } from './tile.ts';

/**
 * The module for one kind of product, C = op(A) B: specialised to the widths of the matrices (which are a layer's features)
 * and to the heights of the tiles, but not to the number of rows, which follows the batch.
 *
 * `tiles` computes the tiles `begin` to `end`: matrix by matrix, in each by blocks of columns, in those row of tiles by row
 * of tiles. k is cut into blocks, so that the rows of B in use stay in the cache; C is the sum of the blocks' sums, which also
 * keeps more digits than one long sum. Each number of C is the same sequence of operations wherever its tile lies and whoever
 * computes it.
 */
interface GemmKind {
  transposeA: boolean;
  /** B lies in panels (pack.ts) instead of rows. */
  packed: boolean;
  /** Numbers in a row of A as it is stored, and columns of C. */
  widthA: number;
  columns: number;
  /** The tiles' heights: some have one row more than the others. */
  height: number;
  uneven: boolean;
}

/** Columns of a panel of B: the width of a tile. */
export const panelWidth = (kind: Pick<GemmKind, 'height' | 'uneven'>): number =>
  4 * vectorsForHeight(kind.height + (kind.uneven ? 1 : 0));

const gemmSignature = {
  ...{ begin: i32, end: i32, a: i32, b: i32, c: i32 },
  /** A bias with its step from panel to panel in bytes, or zeros as wide as a panel with step 0. */
  ...{ bias: i32, biasStep: i32 },
  relu: i32,
  /** Where the sizes lie: sizes.ts. */
  sizes: i32,
};

export function gemmKernel(kind: GemmKind): Kernel {
  const { transposeA, packed, widthA, columns, height, uneven } = kind;
  const width = panelWidth(kind);
  const panels = Math.ceil(columns / width);
  const atEdge = columns - (panels - 1) * width;
  const strides = {
    rowA: transposeA ? 4 : widthA * 4,
    kA: transposeA ? widthA * 4 : 4,
    kB: (packed ? width : columns) * 4,
    rowC: columns * 4,
  };
  const inner = { vectors: width / 4, lastColumns: 4 };
  const edge = { vectors: Math.ceil(atEdge / 4), lastColumns: ((atEdge + 3) % 4) + 1 };
  const key = `gemm ${transposeA} ${packed} ${widthA} ${columns} ${height} ${uneven}`;
  return compileKernel(key, () =>
    kernelModule(key, (m) => {
      const write = (part: string, columnsOf: typeof inner) => ({
        usual: writeTile(m, `${part}${height}`, { height, ...columnsOf, strides }),
        taller: uneven
          ? writeTile(m, `${part}${height + 1}`, { height: height + 1, ...columnsOf, strides })
          : null,
      });
      const parts = { inner: write('inner', inner), edge: write('edge', edge) };
      m.func('tiles', gemmSignature, (f, p) => {
        const size = sizesBlock.readFixed(f, p.sizes);
        const minimum = (a: I32, b: I32) => f.let(f.select(a.ltU(b), a, b));
        const panelBytes = packed ? f.let(size.k.times(width * 4)) : i32(width * 4);
        const inMatrix = f.let(size.tileRows.times(panels));
        const inBlock = f.let(size.tileRows.times(size.columnBlock));
        const from = f.local(i32);
        const more = f.local(i32, 1);
        f.while(more, () => {
          const next = f.let(from.plus(size.block));
          more.set(next.ltU(size.k));
          const tile = f.let(p.begin);
          f.while(tile.ltU(p.end), () => {
            const matrix = f.let(tile.divU(inMatrix));
            const tileOfMatrix = f.let(tile.minus(matrix.times(inMatrix)));
            const left = f.let(tileOfMatrix.divU(inBlock).times(size.columnBlock));
            const across = minimum(i32(panels).minus(left), size.columnBlock);
            const tileOfBlock = f.let(tileOfMatrix.minus(left.times(size.tileRows)));
            const tileRow = f.let(tileOfBlock.divU(across));
            const panel = f.let(tileOfBlock.minus(tileRow.times(across)).plus(left));
            const panelEnd = minimum(panel.plus(p.end.minus(tile)), left.plus(across));
            tile.set(tile.plus(panelEnd.minus(panel)));

            const isTaller = f.let(tileRow.ltU(size.taller));
            const row = f.let(tileRow.times(height).plus(f.select(isTaller, tileRow, size.taller)));
            const k = f.let(f.select(matrix.eq(size.matrices.minus(1)), size.lastK, size.k));
            const count = minimum(k.minus(from), size.block);
            const inA = matrix.times(size.batchA).plus(row.times(strides.rowA)).plus(from.times(strides.kA));
            const a = f.let(p.a.plus(inA));
            const inB = matrix.times(size.batchB).plus(from.times(strides.kB));
            const b = f.let(p.b.plus(inB).plus(panel.times(panelBytes)));
            const inC = matrix.times(size.batchC).plus(row.times(strides.rowC));
            const c = f.let(p.c.plus(inC).plus(panel.times(width * 4)));
            // The first block of k starts from the bias, the others from what C has; the last one ends with the relu.
            const first = f.let(from.eqz());
            const start = f.let(f.select(first, p.bias.plus(panel.times(p.biasStep)), c));
            const startRow = f.let(f.select(first, i32(0), i32(strides.rowC)));
            const startPanel = f.let(f.select(first, p.biasStep, i32(width * 4)));
            const relu = f.let(f.select(more, i32(0), p.relu));
            const compute = ({ usual, taller }: typeof parts.inner) => {
              const args = { a, b, c, count, start, startStep: startRow, relu };
              if (taller === null) f.call(usual, args);
              else
                f.if(
                  isTaller,
                  () => f.call(taller, args),
                  () => f.call(usual, args),
                );
            };
            f.forRange(panel, panel, panelEnd, 1, () => {
              f.if(
                panel.eq(panels - 1),
                () => compute(parts.edge),
                () => compute(parts.inner),
              );
              b.set(b.plus(panelBytes));
              c.set(c.plus(width * 4));
              start.set(start.plus(startPanel));
            });
          });
          from.set(next);
        });
      });
    }),
  );
}
