import { i32, type ModuleBuilder } from '../../builder/index.ts';
import { at8, moved } from '../addresses.ts';
import type { Mask } from '../mask.ts';
import { halves, zeros4 } from '../vectors.ts';
import { addToSums, CHAIN, eachGroup, eachRow, FIRST_CACHE, pin, VECTORS } from './group.ts';

/**
 * For every column of some rows, d = dy where y > 0 (all of dy without relu): the sums of d and of d (x - mu), in float32
 * over blocks of up to 64 rows, then added to float64 sums, so that a million rows lose no more than a block does.
 */
export function writeGradientSums(m: ModuleBuilder, mask: Mask) {
  const block = writeBlock(m, mask);
  return m.func(
    `gradientSums ${mask}`,
    {
      x: i32,
      y: i32,
      dy: i32,
      d: i32,
      rows: i32,
      tail: i32,
      stride: i32,
      means: i32,
      sums: i32,
      seconds: i32,
    },
    (f, { x, y, dy, d, rows, tail, stride, means, sums, seconds }) => {
      eachGroup(f, rows, stride, { bytes: FIRST_CACHE, rows: CHAIN }, ({ offset, count, column, next }) => {
        const at = f.let(offset);
        f.call(block, {
          ...moved({ x, y, dy, d }, at),
          ...{ count, stride, means: means.plus(column) },
          ...moved({ sums, seconds }, next.shl(1)),
        });
      });
      const done = f.let(rows.times(stride));
      f.for(0, tail, 4, (i) => {
        const at = f.let(i.shl(2));
        const left = f.let(tail.minus(i));
        const place = f.let(done.plus(at));
        const gradient = f.load4Partial(f.let(dy.plus(place)), left);
        const value = f.let(
          mask === 'plain' ? gradient : gradient.andNot(f.load4(f.let(y.plus(place))).le(0)),
        );
        if (mask === 'kept') f.store4Partial(f.let(d.plus(place)), value, left);
        const mu = f.load4Partial(f.let(means.plus(at)), left);
        const difference = f.let(f.load4Partial(f.let(x.plus(place)), left).minus(mu));
        const [a, b] = [halves(value), halves(difference)];
        for (const half of [0, 1]) {
          addToSums(f, at8(sums, i), at8(seconds, i), 16 * half, a[half], a[half].times(b[half]));
        }
      });
    },
  );
}

function writeBlock(m: ModuleBuilder, mask: Mask) {
  return m.func(
    `gradientSums ${mask} block`,
    { x: i32, y: i32, dy: i32, d: i32, count: i32, stride: i32, means: i32, sums: i32, seconds: i32 },
    (f, { x, y, dy, d, count, stride, means, sums, seconds }) => {
      const mu = VECTORS.map((v) => f.load4(means, 16 * v));
      const [first, second] = [zeros4(f), zeros4(f)];
      const pointers = [dy, x, ...(mask === 'plain' ? [] : [y]), ...(mask === 'kept' ? [d] : [])];
      eachRow(f, count, stride, pointers, () => {
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
          if (v < 3) pin(f, count, v, [...first.slice(0, v + 1), ...second.slice(0, v + 1)], sums);
        }
      });
      for (const v of VECTORS) {
        const [a, b] = [halves(first[v]), halves(second[v])];
        for (const half of [0, 1]) addToSums(f, sums, seconds, 32 * v + 16 * half, a[half], b[half]);
      }
    },
  );
}
