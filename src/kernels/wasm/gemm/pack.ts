import { i32 } from '../builder/index.ts';
import { compileKernel, type Kernel, kernelModule } from '../runtime/kernel.ts';
import { transpose4 } from '../templates/transpose.ts';

/**
 * A transposed B, stored [columns, k], laid out as panels [k, width] for the tiles to read in order: 4 x 4 numbers at a time,
 * loaded by rows, transposed in registers, stored by columns. An item is four columns of one matrix. Columns past the last are
 * filled with copies of it; tiles never store what comes of them.
 */
const signature = {
  ...{ begin: i32, end: i32, from: i32, to: i32, k: i32, columns: i32, width: i32 },
  /** Items (groups of four columns) to a matrix, and bytes from matrix to matrix in `to`. */
  ...{ groups: i32, batchTo: i32 },
};

export const packKernel = (): Kernel =>
  compileKernel('gemm pack', () =>
    kernelModule('gemm pack', (m) => {
      m.func('transposed', signature, (f, p) => {
        const rowBytes = f.let(p.k.shl(2));
        const stride = f.let(p.width.shl(2));
        f.for(p.begin, p.end, 1, (item) => {
          const matrix = f.let(item.divU(p.groups));
          const column = f.let(item.remU(p.groups).shl(2));
          const source = f.let(p.from.plus(matrix.times(p.columns).times(rowBytes)));
          const rows = [0, 1, 2, 3].map((i) => {
            const wanted = f.let(column.plus(i));
            const last = p.columns.minus(1);
            return f.let(source.plus(f.select(wanted.ltU(p.columns), wanted, last).times(rowBytes)));
          });
          const panel = column.divU(p.width).times(p.k).times(stride);
          const to = f.let(p.to.plus(matrix.times(p.batchTo)).plus(panel).plus(column.remU(p.width).shl(2)));
          const at = f.local(i32);
          const whole = f.let(p.k.and(-4).shl(2));
          f.forRange(at, i32(0), whole, 16, () => {
            const lines = transpose4(
              f,
              rows.map((row) => f.let(f.load4(row.plus(at)))),
            );
            for (const line of lines) {
              f.store4(to, line);
              to.set(to.plus(stride));
            }
          });
          f.forRange(at, at, rowBytes, 4, () => {
            for (const [i, row] of rows.entries()) f.storeF32(to, f.loadF32(row.plus(at)), 4 * i);
            to.set(to.plus(stride));
          });
        });
      });
      // B as it is, [k, columns]: an item is 16 rows, copied panel by panel.
      const straight = {
        ...{ begin: i32, end: i32, from: i32, to: i32, k: i32 },
        panels: i32,
        width: i32,
        columns: i32,
      };
      m.func('straight', straight, (f, p) => {
        const rowBytes = f.let(p.columns.shl(2));
        const stride = f.let(p.width.shl(2));
        f.for(p.begin, p.end, 1, (item) => {
          const first = f.let(item.shl(4));
          const left = f.let(p.k.minus(first));
          const rows = f.let(f.select(left.ltU(16), left, i32(16)));
          f.for(0, p.panels, 1, (panel) => {
            const to = f.let(p.to.plus(panel.times(p.k).plus(first).times(stride)));
            const from = f.let(p.from.plus(first.times(rowBytes)).plus(panel.times(stride)));
            f.for(0, rows, 1, () => {
              f.for(0, stride, 16, (at) => f.store4(to.plus(at), f.load4(from.plus(at))));
              to.set(to.plus(stride));
              from.set(from.plus(rowBytes));
            });
          });
        });
      });
    }),
  );
