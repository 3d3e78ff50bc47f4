import {
  type Address,
  type FunctionBuilder,
  f32,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../builder/index.ts';
import { halves, zeros2 } from '../vectors.ts';
import { addToSums, CHAIN, eachGroup, eachRow, FIRST_CACHE, SUMS_BYTES, VECTORS } from './group.ts';

/**
 * For every column of some rows: the sum of x - P and the sum of (x - P)^2, added to float64 sums. P is the column's value
 * in the first row of the whole image, so parts of it add up.
 *
 * One pass over memory, and yet no cancellation. A block of up to 128 rows is summed in float32 around its own pivot q, the
 * mean of its first 8 rows (of its first row, where it has fewer than 8):
 *   S = sum (x - q),  Q = sum (x - q)^2 = M + n (q - mean)^2,  M = the block's own sum of squared deviations.
 * What is lost is the second term. By Cauchy and Schwarz the mean of s out of n values is off by at most
 * sqrt(M (n - s) / (n s)), so Q <= M n / s <= 16 M **for any data**: at most four bits, whatever the offset, and in most
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
    { x: i32, rows: i32, first: i32, sums: i32, stride: i32, center: f32 },
    (f, { x, rows, first, sums, stride, center }) => {
      // Two chains: even and odd rows.
      eachGroup(
        f,
        rows,
        stride,
        { bytes: FIRST_CACHE, rows: 2 * CHAIN },
        ({ offset, count, column, sums: own }) => {
          f.call(block, {
            x: x.plus(offset),
            count,
            stride,
            origin: first.plus(column),
            sums: sums.plus(own),
            center,
          });
        },
      );
    },
  );
}

/** One group of one block. A function of its own: engines keep accumulators in registers best where only one loop is. */
function writeBlockMoments(m: ModuleBuilder) {
  return m.func(
    'blockMoments',
    { x: i32, count: i32, stride: i32, origin: i32, sums: i32, center: f32 },
    (f, { x, count, stride, origin, sums, center }) => {
      const one = f.let(center.splat());
      const q = zeros2(f);
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
          for (const v of VECTORS) q[v].set(f.load4(x, 16 * v).times(one));
        },
      );
      const S = [zeros2(f), zeros2(f)];
      const Q = [zeros2(f), zeros2(f)];
      eachRow(f, count, stride, [x], ([row], odd) => {
        for (const v of VECTORS) {
          f.block(() => {
            const d = f.let(f.load4(row, 16 * v).minus(q[v]));
            const [sum, squares] = [S[odd][v], Q[odd][v]];
            sum.set(sum.plus(d));
            squares.set(d.madd(d, squares));
          });
        }
      });
      const n = f.let(count.toF64().splat());
      for (const v of VECTORS) {
        f.block(() => {
          const P = f.let(f.load4(origin, 16 * v).times(one));
          const joined = [S, Q].map(([even, odd]) => f.let(even[v].plus(odd[v])));
          const [s, squares, from, to] = [...joined, q[v], P].map(halves);
          for (const half of [0, 1]) {
            f.block(() => {
              const delta = f.let(from[half].minus(to[half]));
              const sum = f.let(s[half]);
              const moved = f.let(n.times(delta));
              const second = squares[half].plus(delta.times(sum.plus(sum).plus(moved)));
              addToSums(f, sums, v, half, sum.plus(moved), second);
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
    { x: i32, floats: i32, first: i32, sums: i32, center: f32 },
    (f, { x, floats, first, sums, center }) => {
      const one = f.let(center.splat());
      eachTailVector(f, floats, sums, ({ at, left, sums: to }) => {
        const value = f.let(f.load4Partial(x.plus(at), left));
        const P = f.let(f.load4Partial(first.plus(at), left).times(one));
        const [values, origins] = [halves(value), halves(P)];
        for (const half of [0, 1]) {
          const d = f.let(values[half].minus(origins[half]));
          addToSums(f, to, 0, half, d, d.times(d));
        }
      });
    },
  );
}

/** Runs `body` for every vector of a tail; `left` floats (which may be more than 4) are left from there on. */
export function eachTailVector(
  f: FunctionBuilder,
  floats: I32,
  sums: Address,
  body: (vector: { at: I32; left: I32; sums: I32 }) => void,
): void {
  f.for(0, floats, 4, (i) => {
    const at = f.let(i.shl(2));
    const to = f.let(sums.plus(i.shrU(3).times(SUMS_BYTES)).plus(i.and(7).shl(3)));
    body({ at, left: f.let(floats.minus(i)), sums: to });
  });
}
