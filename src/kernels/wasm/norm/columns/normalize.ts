import {
  type Address,
  type F32x4,
  type FunctionBuilder,
  type I32,
  i32,
  type ModuleBuilder,
  type Var,
} from '../../builder/index.ts';
import { eachGroup, eachRow, FIRST_CACHE, VECTORS } from './group.ts';

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
    { x: i32, y: i32, added: i32, rows: i32, tail: i32, stride: i32, tables: i32 },
    (f, { x, y, added, rows, tail, stride, tables }) => {
      eachGroup(f, rows, stride, { bytes: FIRST_CACHE / 2, rows: 1024 }, ({ offset, count, column }) => {
        const at = f.let(offset);
        f.call(block, {
          x: x.plus(at),
          y: y.plus(at),
          added: added.plus(at),
          count,
          stride,
          table: tables.plus(column),
        });
      });
      const done = f.let(rows.times(stride));
      f.for(0, tail, 4, (i) => {
        const at = f.let(i.shl(2));
        const place = f.let(done.plus(at));
        const left = f.let(tail.minus(i));
        const [mu, scale, shift] = [0, 1, 2].map((t) => f.load4(tableAt(tables, stride, t).plus(at)));
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
    { x: i32, y: i32, added: i32, count: i32, stride: i32, table: i32 },
    (f, { x, y, added, count, stride, table }) => {
      const [mu, scale, shift] = [0, 1, 2].map((which) => loadTable(f, table, stride, which));
      const pointers = [x, y, ...(residual ? [added] : [])];
      eachRow(f, count, stride, pointers, ([from, to, add]) => {
        for (const v of VECTORS) {
          let value = f
            .load4(from, 16 * v)
            .minus(mu[v])
            .madd(scale[v], shift[v]);
          if (residual) value = value.plus(f.load4(add, 16 * v));
          f.store4(to, relu ? value.pmax(0) : value, 16 * v);
        }
      });
    },
  );
}

/** The coefficients of a group. */
export function loadTable(f: FunctionBuilder, table: Address, stride: I32, which: number): Var<F32x4>[] {
  const at = f.let(tableAt(table, stride, which));
  return VECTORS.map((v) => f.let(f.load4(at, 16 * v)));
}

/** Tables of one image lie one after the other, each as long as a row. */
export function tableAt(tables: Address, stride: I32, which: number): I32 {
  return which === 0 ? tables : tables.plus(stride.times(which));
}
