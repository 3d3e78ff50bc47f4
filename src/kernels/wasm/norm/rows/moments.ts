import { type F32x4, f32, f64x2, i32, i32x4, type ModuleBuilder } from '../../builder/index.ts';
import { halves, zeros2 } from '../vectors.ts';

/** Floats of a block: 64 additions at most in a lane of a float32 accumulator. */
export const BLOCK = 256;

/**
 * The sum of x - P and the sum of (x - P)^2 over consecutive values, added to two float64 sums; P is the first value of the
 * set. As in columns/moments.ts a block is summed in float32 around its own pivot, here the mean of its first 32 values (its
 * first value, where it has fewer), so that cancellation costs at most a factor 256 / 32 for any data, and moved to P in float64.
 */
export function writeRowMoments(m: ModuleBuilder) {
  const block = m.func(
    'rowBlockMoments',
    { x: i32, floats: i32, first: i32, sums: i32, center: f32 },
    (f, { x, floats, first, sums, center }) => {
      const q = f.let(f.load4Splat(x));
      f.if(floats.ge(32), () => {
        const [a, b, c, d, e, g, h, i] = [0, 1, 2, 3, 4, 5, 6, 7].map((v) => f.load4(x, 16 * v));
        const four = f.let(
          a
            .plus(b)
            .plus(c.plus(d))
            .plus(e.plus(g).plus(h.plus(i))),
        );
        const two = f.let(four.plus(four.shuffle(four, 1, 0, 3, 2)));
        q.set(two.plus(two.shuffle(two, 2, 3, 0, 1)).times(1 / 32));
      });
      q.set(q.times(center.splat()));
      const S = [...zeros2(f), ...zeros2(f)];
      const Q = [...zeros2(f), ...zeros2(f)];
      const add = (v: number, d: F32x4): void => {
        f.block(() => {
          const held = f.let(d);
          S[v].set(S[v].plus(held));
          Q[v].set(held.madd(held, Q[v]));
        });
      };
      const at = f.let(x);
      const end = f.let(x.plus(floats.shl(2)));
      const rounds = f.let(x.plus(floats.and(-16).shl(2)));
      f.forRange(at, at, rounds, 64, () => {
        for (let v = 0; v < 4; v++) add(v, f.load4(at, 16 * v).minus(q));
      });
      f.if(floats.and(8), () => {
        add(0, f.load4(at).minus(q));
        add(1, f.load4(at, 16).minus(q));
        at.set(at.plus(32));
      });
      f.if(floats.and(4), () => {
        add(2, f.load4(at).minus(q));
        at.set(at.plus(16));
      });
      f.if(floats.and(3), () => {
        const mask = i32x4(0, 1, 2, 3).lt(end.minus(at).shrU(2).splat());
        add(3, f.load4(at).minus(q).and(mask));
      });
      // Lanes: (sum, sum of squares).
      const [s0, s1] = halves(f.let(S[0].plus(S[1]).plus(S[2].plus(S[3]))));
      const [q0, q1] = halves(f.let(Q[0].plus(Q[1]).plus(Q[2].plus(Q[3]))));
      const s = f.let(s0.plus(s1));
      const squares = f.let(q0.plus(q1));
      const n = f.let(floats.toF64());
      const delta = f.let(q.lane(0).toF64().minus(f.loadF32(first).times(center).toF64()));
      const sum = f.let(s.lane(0).plus(s.lane(1)));
      const moved = f.let(n.times(delta));
      const second = squares
        .lane(0)
        .plus(squares.lane(1))
        .plus(delta.times(sum.plus(sum).plus(moved)));
      f.store4(sums, f.load2d(sums).plus(f64x2(0).withLane(0, sum.plus(moved)).withLane(1, second)));
    },
  );
  return m.func(
    'rowMoments',
    { x: i32, floats: i32, first: i32, sums: i32, center: f32 },
    (f, { x, floats, first, sums, center }) => {
      f.store4(sums, f64x2(0));
      f.for(0, floats, BLOCK, (i) => {
        const left = f.let(floats.minus(i));
        const count = f.select(left.lt(BLOCK), left, i32(BLOCK));
        f.call(block, { x: x.plus(i.shl(2)), floats: count, first, sums, center });
      });
    },
  );
}
