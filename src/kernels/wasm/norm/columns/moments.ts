import { f32, i32, type ModuleBuilder } from '../../builder/index.ts';
import { at8, moved } from '../addresses.ts';
import { halves, zeros4 } from '../vectors.ts';
import { addToSums, CHAIN, eachGroup, eachRow, FIRST_CACHE, pin, VECTORS } from './group.ts';

/**
 * For every column of some rows: the sum of x - P and the sum of (x - P)^2, added to float64 sums. P is the first value of the
 * column's set, so that parts of an image and the columns of a set add up.
 *
 * One pass over memory, and yet no cancellation. A block of up to 64 rows is summed in float32 around its own pivot q, the
 * mean of its first 8 rows (of its first row, where it has fewer than 8):
 *   S = sum (x - q),  Q = sum (x - q)^2 = M + n (q - mean)^2,  M = the block's own sum of squared deviations.
 * What is lost is the second term. By Cauchy and Schwarz the mean of s out of n values is off by at most
 * sqrt(M (n - s) / (n s)), so Q <= M n / s <= 8 M **for any data**: at most three bits, whatever the offset, and in most
 * data n / s is 1.1. (A pivot far from the data would cost everything, but a mean of members cannot be far from all.)
 *
 * Then the block is moved from q to P in float64, delta = q - P:
 *   sum (x - P) = S + n delta,  sum (x - P)^2 = Q + delta (2 S + n delta).
 * There the same bound holds with s = 1: at most a factor m, 20 bits for a million values, of float64's 53.
 * The sum of 8 rows is a tree, exact for equal values: a constant column has q = P and all sums exactly 0.
 */
export function writeMoments(m: ModuleBuilder) {
  const block = writeBlockMoments(m);
  return m.func(
    'moments',
    { x: i32, rows: i32, origins: i32, sums: i32, seconds: i32, stride: i32, center: f32 },
    (f, { x, rows, origins, sums, seconds, stride, center }) => {
      eachGroup(f, rows, stride, { bytes: FIRST_CACHE, rows: CHAIN }, ({ offset, count, column, next }) => {
        f.call(block, {
          x: x.plus(offset),
          count,
          stride,
          origins: origins.plus(column),
          ...moved({ sums, seconds }, next.shl(1)),
          center,
        });
      });
    },
  );
}

/** One group of one block. A function of its own: engines keep accumulators in registers best where only one loop is. */
function writeBlockMoments(m: ModuleBuilder) {
  return m.func(
    'blockMoments',
    { x: i32, count: i32, stride: i32, origins: i32, sums: i32, seconds: i32, center: f32 },
    (f, { x, count, stride, origins, sums, seconds, center }) => {
      const q = zeros4(f);
      f.if(
        count.ge(8),
        () => {
          const eighth = f.let(center.times(0.125).splat());
          const at = [x];
          for (let row = 1; row < 8; row++) at.push(f.let(at[row - 1].plus(stride)));
          for (const v of VECTORS) {
            const [a, b, c, d, e, g, h, i] = at.map((row) => f.load4(row, 16 * v));
            q[v].set(
              a
                .plus(b)
                .plus(c.plus(d))
                .plus(e.plus(g).plus(h.plus(i)))
                .times(eighth),
            );
          }
        },
        () => {
          for (const v of VECTORS) q[v].set(f.load4(x, 16 * v).times(center.splat()));
        },
      );
      const [S, Q] = [zeros4(f), zeros4(f)];
      eachRow(f, count, stride, [x], () => {
        for (const v of VECTORS) {
          f.block(() => {
            const d = f.let(f.load4(x, 16 * v).minus(q[v]));
            S[v].set(S[v].plus(d));
            Q[v].set(d.madd(d, Q[v]));
          });
          if (v === 1) pin(f, count, v, [S[0], Q[0], S[1], Q[1]], sums);
        }
      });
      const n = f.let(count.toF64().splat());
      for (const v of VECTORS) {
        f.block(() => {
          const P = f.let(f.load4(origins, 16 * v));
          const [s, squares, from, to] = [S[v], Q[v], q[v], P].map(halves);
          for (const half of [0, 1]) {
            f.block(() => {
              const delta = f.let(from[half].minus(to[half]));
              const sum = f.let(s[half]);
              const moved = f.let(n.times(delta));
              const second = squares[half].plus(delta.times(sum.plus(sum).plus(moved)));
              addToSums(f, sums, seconds, 32 * v + 16 * half, sum.plus(moved), second);
            });
          }
        });
      }
    },
  );
}

/** The same for the `floats` values after the last folded row, in float64 around P. */
export function writeTailMoments(m: ModuleBuilder) {
  return m.func(
    'tailMoments',
    { x: i32, floats: i32, origins: i32, sums: i32, seconds: i32 },
    (f, { x, floats, origins, sums, seconds }) => {
      f.for(0, floats, 4, (i) => {
        const at = f.let(i.shl(2));
        const left = f.let(floats.minus(i));
        const value = halves(f.let(f.load4Partial(x.plus(at), left)));
        const P = halves(f.let(f.load4Partial(origins.plus(at), left)));
        for (const half of [0, 1]) {
          const d = f.let(value[half].minus(P[half]));
          addToSums(f, at8(sums, i), at8(seconds, i), 16 * half, d, d.times(d));
        }
      });
    },
  );
}
