import { f32x4, i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { reluFloor } from './reluFloor.ts';

/** C = bias + the sum of the products of all pieces of k, then the relu. An item is a row of C. */
const signature = {
  ...{ begin: i32, end: i32, from: i32, c: i32, bias: i32, relu: i32 },
  /** Columns of C, how many pieces there are, and the bytes from one to the next. */
  ...{ columns: i32, pieces: i32, pieceBytes: i32 },
};

export const joinKernel = (): Kernel =>
  compileKernel('gemm join', () =>
    kernelModule('gemm join', (m) => {
      m.func('rows', signature, (f, p) => {
        const floor = reluFloor(f, p.relu);
        const rowBytes = f.let(p.columns.shl(2));
        const end = f.let(p.pieces.times(p.pieceBytes));
        f.for(p.begin, p.end, 1, (row) => {
          const at = f.let(row.times(rowBytes));
          const column = f.local(i32);
          const join = (vectors: number) => {
            const sums = Array.from({ length: vectors }, () => f.local(f32x4));
            f.for(0, end, p.pieceBytes, (piece) => {
              const from = f.let(p.from.plus(at).plus(piece));
              for (const [j, sum] of sums.entries()) sum.set(sum.plus(f.load4(from, 16 * j)));
            });
            f.if(p.bias, () => {
              const bias = f.let(p.bias.plus(column.shl(2)));
              for (const [j, sum] of sums.entries()) sum.set(sum.plus(f.load4(bias, 16 * j)));
            });
            const c = f.let(p.c.plus(at));
            const left = vectors === 1 ? p.columns.minus(column) : 4;
            for (const [j, sum] of sums.entries()) f.store4Partial(c, sum.pmax(floor), left, 16 * j);
            at.set(at.plus(16 * vectors));
          };
          f.forRange(column, column, p.columns.and(-16), 16, () => join(4));
          f.forRange(column, column, p.columns, 4, () => join(1));
        });
      });
    }),
  );
