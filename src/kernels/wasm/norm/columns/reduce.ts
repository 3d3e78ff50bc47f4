import { i32, type ModuleBuilder } from '../../builder/index.ts';
import type { Mask } from '../mask.ts';
import { halves, zeros2 } from '../vectors.ts';
import { addToSums, CHAIN, eachGroup, FIRST_CACHE, VECTORS } from './group.ts';
import { eachTailVector } from './moments.ts';
import { loadTable } from './normalize.ts';

/**
 * For every column of some rows, d = dy where y > 0 (all of dy without relu): the sums of d and of d (x - mu), in float32
 * over blocks of up to 64 rows, then added to float64 sums, so that a million rows lose no more than a block does.
 */
export function writeReduce(m: ModuleBuilder, mask: Mask) {
  const block = writeBlock(m, mask);
  return m.func(
    `reduce ${mask}`,
    { x: i32, y: i32, dy: i32, d: i32, rows: i32, tail: i32, stride: i32, tables: i32, sums: i32 },
    (f, { x, y, dy, d, rows, tail, stride, tables, sums }) => {
      eachGroup(
        f,
        rows,
        stride,
        { bytes: FIRST_CACHE / 2, rows: CHAIN },
        ({ offset, count, column, sums: own }) => {
          const at = f.let(offset);
          f.call(block, {
            x: x.plus(at),
            y: y.plus(at),
            dy: dy.plus(at),
            d: d.plus(at),
            count,
            stride,
            table: tables.plus(column),
            sums: sums.plus(own),
          });
        },
      );
      const done = f.let(rows.times(stride));
      eachTailVector(f, tail, sums, ({ at, left, sums: target }) => {
        const place = f.let(done.plus(at));
        const gradient = f.load4Partial(f.let(dy.plus(place)), left);
        const value = f.let(
          mask === 'plain' ? gradient : gradient.andNot(f.load4(f.let(y.plus(place))).le(0)),
        );
        if (mask === 'kept') f.store4Partial(f.let(d.plus(place)), value, left);
        const mu = f.load4Partial(f.let(tables.plus(at)), left);
        const difference = f.let(f.load4Partial(f.let(x.plus(place)), left).minus(mu));
        const [a, b] = [halves(value), halves(difference)];
        for (const half of [0, 1]) addToSums(f, target, 0, half, a[half], a[half].times(b[half]));
      });
    },
  );
}

function writeBlock(m: ModuleBuilder, mask: Mask) {
  return m.func(
    `reduce ${mask} block`,
    { x: i32, y: i32, dy: i32, d: i32, count: i32, stride: i32, table: i32, sums: i32 },
    (f, { x, y, dy, d, count, stride, table, sums }) => {
      const mu = loadTable(f, table, stride, 0);
      const first = zeros2(f);
      const second = zeros2(f);
      // One row at a time: with two, the loads of both take the registers of the sums.
      const end = f.let(dy.plus(count.times(stride)));
      f.while(dy.ltU(end), () => {
        for (const v of VECTORS) {
          f.block(() => {
            const gradient = f.load4(dy, 16 * v);
            const value = f.let(mask === 'plain' ? gradient : gradient.andNot(f.load4(y, 16 * v).le(0)));
            if (mask === 'kept') f.store4(d, value, 16 * v);
            first[v].set(first[v].plus(value));
            second[v].set(
              f
                .load4(x, 16 * v)
                .minus(mu[v])
                .madd(value, second[v]),
            );
          });
        }
        for (const pointer of [dy, x, ...(mask === 'plain' ? [] : [y]), ...(mask === 'kept' ? [d] : [])]) {
          pointer.set(pointer.plus(stride));
        }
      });
      for (const v of VECTORS) {
        const [a, b] = [halves(first[v]), halves(second[v])];
        for (const half of [0, 1]) addToSums(f, sums, v, half, a[half], b[half]);
      }
    },
  );
}
