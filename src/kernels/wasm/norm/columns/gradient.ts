import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { moved } from '../addresses.ts';
import { eachGroup, eachRow, FIRST_CACHE, together, VECTORS } from './group.ts';
import { loadTable, tableAt } from './tables.ts';

/** dx = A d + (B (x - mu) + C) with four coefficients for each column (coefficients.ts); d = dy where y > 0 with `masked`. */
export function writeGradient(m: ModuleBuilder, masked: boolean) {
  const block = writeBlock(m, masked);
  return m.func(
    masked ? 'gradient masked' : 'gradient',
    { x: i32, y: i32, dy: i32, dx: i32, rows: i32, tail: i32, stride: i32, tables: i32, apart: i32 },
    (f, { x, y, dy, dx, rows, tail, stride, tables, apart }) => {
      eachGroup(f, rows, stride, { bytes: FIRST_CACHE, rows: 1024 }, ({ offset, count, column }) => {
        const at = f.let(offset);
        f.call(block, {
          ...moved({ x, y, dy, dx }, at),
          ...{ count, stride, table: tables.plus(column), apart },
        });
      });
      const done = f.let(rows.times(stride));
      f.for(0, tail, 4, (i) => {
        const at = f.let(i.shl(2));
        const place = f.let(done.plus(at));
        const [mu, A, B, C] = [0, 1, 2, 3].map((t) => f.load4(f.let(tableAt(tables, apart, t).plus(at))));
        const gradient = f.load4(f.let(dy.plus(place)));
        const d = masked ? gradient.andNot(f.load4(f.let(y.plus(place))).le(0)) : gradient;
        const value = d.madd(
          A,
          f
            .load4(f.let(x.plus(place)))
            .minus(mu)
            .madd(B, C),
        );
        f.store4Partial(f.let(dx.plus(place)), value, tail.minus(i));
      });
    },
  );
}

function writeBlock(m: ModuleBuilder, masked: boolean) {
  return m.func(
    masked ? 'gradient block masked' : 'gradient block',
    { x: i32, y: i32, dy: i32, dx: i32, count: i32, stride: i32, table: i32, apart: i32 },
    (f, { x, y, dy, dx, count, stride, table, apart }) => {
      const [A, B] = [1, 2].map((which) => loadTable(f, table, apart, which));
      // There are registers for three coefficients, or two and the mask; the others are read again for every row.
      const constants = f.let(tableAt(table, apart, 3));
      const C = masked ? VECTORS.map((v) => f.load4(constants, 16 * v)) : loadTable(f, table, apart, 3);
      eachRow(f, count, stride, [dy, x, dx, ...(masked ? [y] : [])], () => {
        for (const vectors of together()) {
          const values = vectors.map((v) => {
            const gradient = f.load4(dy, 16 * v);
            const d = masked ? gradient.andNot(f.load4(y, 16 * v).le(0)) : gradient;
            const difference = f.load4(x, 16 * v).minus(f.load4(table, 16 * v));
            return f.let(d.madd(A[v], difference.madd(B[v], C[v])));
          });
          f.storeRow(dx, values, 4, 16 * vectors[0]);
        }
      });
    },
  );
}
