import { type I32, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../kernel.ts';
import { MAX_HEIGHT, vectorsForHeight, writeAddTile, writeTile } from './tile.ts';

/**
 * The module for one kind of product, C = op(A) B: specialised to the widths of the matrices (which are a layer's features)
 * and to the heights of the tiles, but not to the number of rows, which follows the batch.
 *
 * `tiles` computes the tiles `begin` to `end`: row of tiles by row of tiles, all matrices of a batch in one sequence. k is cut
 * into blocks, so that the rows of B in use stay in the cache; C is the sum of the blocks' sums, which also keeps more digits
 * than one long sum. Each number of C is the same sequence of operations wherever its tile lies and whoever computes it.
 */
export interface GemmKind {
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

export const gemmSignature = {
  ...{ begin: i32, end: i32, a: i32, b: i32, c: i32 },
  /** A bias with its step from panel to panel in bytes, or zeros with step 0; then zeros, as wide as a panel. */
  ...{ bias: i32, biasStep: i32, zeros: i32 },
  /** For each thread `MAX_HEIGHT` rows of C: the sums of the later blocks of k. */
  partials: i32,
  relu: i32,
  /** Inner length, its blocks, and rows of tiles; the first `taller` of those have one row more. */
  ...{ k: i32, block: i32, tileRows: i32, taller: i32 },
  /** Bytes from matrix to matrix of a batch. */
  ...{ batchA: i32, batchB: i32, batchC: i32 },
};

const compiled = new Map<string, Kernel>();

export function gemmKernel(kind: GemmKind): Kernel {
  const { transposeA, packed, widthA, columns, height, uneven } = kind;
  const key = `gemm ${transposeA} ${packed} ${widthA} ${columns} ${height} ${uneven}`;
  let kernel = compiled.get(key);
  if (kernel === undefined) {
    kernel = buildGemm(key, kind);
    compiled.set(key, kernel);
  }
  return kernel;
}

function buildGemm(key: string, kind: GemmKind): Kernel {
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
  return compileKernel(key, () =>
    kernelModule(key, (m) => {
      const write = (part: string, columnsOf: typeof inner) => ({
        usual: writeTile(m, `${part}${height}`, { height, ...columnsOf, strides }),
        taller: uneven
          ? writeTile(m, `${part}${height + 1}`, { height: height + 1, ...columnsOf, strides })
          : null,
        add: writeAddTile(m, `${part}Add`, { ...columnsOf, strides }),
      });
      const parts = { inner: write('inner', inner), edge: write('edge', edge) };
      m.func('tiles', gemmSignature, (f, p) => {
        const panelBytes = packed ? f.let(p.k.times(width * 4)) : i32(width * 4);
        const partial = f.let(p.partials.plus(f.thread.times(MAX_HEIGHT * strides.rowC)));
        const from = f.local(i32);
        const more = f.local(i32, 1);
        f.while(more, () => {
          const left = f.let(p.k.minus(from));
          const count = f.let(f.select(p.block.ltU(left), p.block, left));
          const next = f.let(from.plus(count));
          more.set(next.ltU(p.k));
          const relu = f.let(f.select(more, i32(0), p.relu));
          const tile = f.let(p.begin);
          f.while(tile.ltU(p.end), () => {
            const line = f.let(tile.divU(panels));
            const panel = f.let(tile.minus(line.times(panels)));
            const stop = f.let(panel.plus(p.end.minus(tile)));
            const panelEnd = f.let(f.select(stop.ltU(panels), stop, i32(panels)));
            tile.set(tile.plus(panelEnd.minus(panel)));
            const tileRow = f.let(line.remU(p.tileRows));
            const matrix = f.let(line.divU(p.tileRows));
            const isTaller = f.let(tileRow.ltU(p.taller));
            const row = f.let(tileRow.times(height).plus(f.select(isTaller, tileRow, p.taller)));
            const inA = matrix.times(p.batchA).plus(row.times(strides.rowA)).plus(from.times(strides.kA));
            const a = f.let(p.a.plus(inA));
            const inB = matrix.times(p.batchB).plus(from.times(strides.kB));
            const b = f.let(p.b.plus(inB).plus(panel.times(panelBytes)));
            const inC = matrix
              .times(p.batchC)
              .plus(row.times(strides.rowC))
              .plus(panel.times(width * 4));
            const c = f.let(p.c.plus(inC));
            const bias = f.let(p.bias.plus(panel.times(p.biasStep)));
            const compute = (part: typeof parts.inner) => {
              const tileOf = (to: I32, start: I32, then: I32 | number) => {
                const args = { a, b, c: to, count, start, relu: then };
                if (part.taller === null) f.call(part.usual, args);
                else
                  f.if(
                    isTaller,
                    () => f.call(part.taller!, args),
                    () => f.call(part.usual, args),
                  );
              };
              f.if(
                from.eqz(),
                () => tileOf(c, bias, relu),
                () => {
                  tileOf(partial, p.zeros, 0);
                  f.call(part.add, { c, partial, rows: isTaller.plus(height), relu });
                },
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
              bias.set(bias.plus(p.biasStep));
            });
          });
          from.set(next);
        });
      });
    }),
  );
}
