import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { eachGroup, eachRow, FIRST_CACHE, VECTORS } from './group.ts';
import { loadTable, tableAt } from './normalize.ts';

/** dx = A d + (B (x - mu) + C) with four coefficients for each column (coefficients.ts); d = dy where y > 0 with `masked`. */
export function writeGradient(m: ModuleBuilder, masked: boolean) {
  const block = writeBlock(m, masked);
  return m.func(
    masked ? 'gradient masked' : 'gradient',
    { x: i32, y: i32, dy: i32, dx: i32, rows: i32, tail: i32, stride: i32, tables: i32 },
    (f, { x, y, dy, dx, rows, tail, stride, tables }) => {
      eachGroup(f, rows, stride, { bytes: FIRST_CACHE / 2, rows: 1024 }, ({ offset, count, column }) => {
        const at = f.let(offset);
        f.call(block, {
          x: x.plus(at),
          y: y.plus(at),
          dy: dy.plus(at),
          dx: dx.plus(at),
          count,
          stride,
          table: tables.plus(column),
        });
      });
      const done = f.let(rows.times(stride));
      f.for(0, tail, 4, (i) => {
        const at = f.let(i.shl(2));
        const place = f.let(done.plus(at));
        const [mu, A, B, C] = [0, 1, 2, 3].map((t) => f.load4(f.let(tableAt(tables, stride, t).plus(at))));
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
    { x: i32, y: i32, dy: i32, dx: i32, count: i32, stride: i32, table: i32 },
    (f, { x, y, dy, dx, count, stride, table }) => {
      const [mu, A, B, C] = [0, 1, 2, 3].map((which) => loadTable(f, table, stride, which));
      const pointers = [dy, x, dx, ...(masked ? [y] : [])];
      eachRow(f, count, stride, pointers, ([fromDy, fromX, to, fromY]) => {
        for (const v of VECTORS) {
          const gradient = f.load4(fromDy, 16 * v);
          const d = masked ? gradient.andNot(f.load4(fromY, 16 * v).le(0)) : gradient;
          f.store4(
            to,
            d.madd(
              A[v],
              f
                .load4(fromX, 16 * v)
                .minus(mu[v])
                .madd(B[v], C[v]),
            ),
            16 * v,
          );
        }
      });
    },
  );
}
