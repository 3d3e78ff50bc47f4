import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { moved } from '../addresses.ts';
import { eachGroup, eachRow, FIRST_CACHE, together } from './group.ts';
import { loadTable, tableAt } from './tables.ts';

/**
 * y = relu((x - mu) scale + shift + residual) with three coefficients for each column, scale = gamma / sigma. mu is the mean
 * rounded to float32, and what the rounding took off is in shift (coefficients.ts): the difference x - mu is exact, or
 * nearly so, at any offset, and exactly 0 for a constant set, so that y is exactly beta there.
 */
export function writeNormalize(m: ModuleBuilder, residual: boolean, relu: boolean) {
  const name = `normalize${residual ? 'Residual' : ''}${relu ? 'Relu' : ''}`;
  const block = writeBlock(m, `${name}Block`, residual, relu);
  return m.func(
    name,
    { x: i32, y: i32, added: i32, rows: i32, tail: i32, stride: i32, tables: i32, apart: i32 },
    (f, { x, y, added, rows, tail, stride, tables, apart }) => {
      eachGroup(f, rows, stride, { bytes: FIRST_CACHE, rows: 1024 }, ({ offset, count, column }) => {
        const at = f.let(offset);
        f.call(block, {
          ...moved({ x, y, added }, at),
          ...{ count, stride, table: tables.plus(column), apart },
        });
      });
      const done = f.let(rows.times(stride));
      f.for(0, tail, 4, (i) => {
        const at = f.let(i.shl(2));
        const place = f.let(done.plus(at));
        const left = f.let(tail.minus(i));
        const [mu, scale, shift] = [0, 1, 2].map((t) => f.load4(tableAt(tables, apart, t).plus(at)));
        let value = f.load4(x.plus(place)).minus(mu).madd(scale, shift);
        if (residual) value = value.plus(f.load4(added.plus(place)));
        f.store4Partial(f.let(y.plus(place)), relu ? value.pmax(0) : value, left);
      });
    },
  );
}

function writeBlock(m: ModuleBuilder, name: string, residual: boolean, relu: boolean) {
  return m.func(
    name,
    { x: i32, y: i32, added: i32, count: i32, stride: i32, table: i32, apart: i32 },
    (f, { x, y, added, count, stride, table, apart }) => {
      const [mu, scale, shift] = [0, 1, 2].map((which) => loadTable(f, table, apart, which));
      eachRow(f, count, stride, [x, y, ...(residual ? [added] : [])], () => {
        for (const vectors of together()) {
          const values = vectors.map((v) => {
            let value = f
              .load4(x, 16 * v)
              .minus(mu[v])
              .madd(scale[v], shift[v]);
            if (residual) value = value.plus(f.load4(added, 16 * v));
            return f.let(relu ? value.pmax(0) : value);
          });
          f.storeRow(y, values, 4, 16 * vectors[0]);
        }
      });
    },
  );
}
