import {
  type F32x4,
  type FunctionBuilder,
  f32x4,
  f64x2,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../builder/index.ts';
import type { Mask } from '../mask.ts';
import { halves } from '../vectors.ts';
import { BLOCK } from './moments.ts';

/**
 * What the backward pass knows of a set before its sums, as byte offsets: float32 mu, scale = 1 / sigma and shift, with
 * xHat = (x - mu) scale + shift; float64 1 / sigma, and what rounding took off mu.
 */
export const RECORD = { mu: 0, scale: 4, shift: 8, rstd: 16, lost: 24, bytes: 32 } as const;

const signature = {
  x: i32,
  y: i32,
  dy: i32,
  d: i32,
  gamma: i32,
  features: i32,
  stride: i32,
  floats: i32,
  sums: i32,
  record: i32,
  nextRow: i32,
  nextRecord: i32,
};

/**
 * Along one row, or along two that lie `nextRow` bytes apart, with d = dy behind the relu and g = gamma d: adds sum g and
 * sum g xHat to two float64 `sums` for each row (from float32 sums over 256 values), and d xHat and d to the float32 sums of each
 * feature, dbeta `stride` bytes after dgamma. x and dy are read once, and two rows share what belongs to the features.
 */
export function writeRowReduce(m: ModuleBuilder, mask: Mask, rows: number) {
  const block = m.func(`rowReduceBlock ${mask} ${rows}`, signature, (f, p) => {
    const each = Array.from({ length: rows }, (_, row) => {
      const record = row === 0 ? p.record : p.nextRecord;
      const [mu, scale, shift] = [RECORD.mu, RECORD.scale, RECORD.shift].map((at) =>
        f.let(f.load4Splat(record, at)),
      );
      const own = (base: I32): I32 => (row === 0 ? base : f.let(base.plus(p.nextRow)));
      return {
        mu,
        scale,
        shift,
        sumG: f.local(f32x4),
        sumGXHat: f.local(f32x4),
        x: own(p.x),
        dy: own(p.dy),
        y: mask === 'plain' ? p.y : own(p.y),
        d: mask === 'kept' ? own(p.d) : p.d,
      };
    });
    const other = f.let(p.features.plus(p.stride));
    const at = f.local(i32);
    const place = (base: I32): I32 => f.let(base.plus(at));
    /** The next `count` vectors, or the first `left` lanes of one. Addresses are computed once for all of them. */
    const step = (count: number, left?: I32): void => {
      const [gamma, weights, biases] = [p.gamma, p.features, other].map(place);
      const places = each.map(({ x, dy, y, d }) => ({
        x: place(x),
        dy: place(dy),
        y: mask === 'plain' ? at : place(y),
        d: mask === 'kept' ? place(d) : at,
      }));
      for (let i = 0; i < count; i++) {
        f.block(() => {
          const load = (address: I32): F32x4 =>
            left === undefined ? f.load4(address, 16 * i) : f.let(f.load4Partial(address, left));
          const weight = f.let(load(gamma));
          // The features' sums are padded to whole vectors, and lanes past the end add zeros.
          const dgamma = f.let(f.load4(weights, 16 * i));
          const dbeta = f.let(f.load4(biases, 16 * i));
          each.forEach(({ mu, scale, shift, sumG, sumGXHat }, row) => {
            const { x, dy, y, d } = places[row];
            const gradient = load(dy);
            const value = f.let(mask === 'plain' ? gradient : gradient.andNot(load(y).le(0)));
            if (mask === 'kept') {
              if (left === undefined) f.store4(d, value, 16 * i);
              else f.store4Partial(d, value, left);
            }
            const xHat = f.let(load(x).minus(mu).madd(scale, shift));
            const g = f.let(value.times(weight));
            sumG.set(sumG.plus(g));
            sumGXHat.set(g.madd(xHat, sumGXHat));
            dgamma.set(value.madd(xHat, dgamma));
            dbeta.set(dbeta.plus(value));
          });
          f.store4(weights, dgamma, 16 * i);
          f.store4(biases, dbeta, 16 * i);
        });
      }
    };
    const rounds = f.let(p.floats.and(-8).shl(2));
    f.forRange(at, at, rounds, 32, () => step(2));
    f.if(p.floats.and(4), () => {
      step(1);
      at.set(at.plus(16));
    });
    f.if(p.floats.and(3), () => step(1, f.let(p.floats.and(3))));
    each.forEach(({ sumG, sumGXHat }, row) => {
      const [a, b] = [sumG, sumGXHat].map((sum) => laneSum(f, sum));
      const to = 16 * row;
      f.store4(p.sums, f.load2d(p.sums, to).plus(f64x2(0).withLane(0, a).withLane(1, b)), to);
    });
  });
  return m.func(`rowReduce ${mask} ${rows}`, signature, (f, p) => {
    f.for(0, p.floats, BLOCK, (i) => {
      const left = f.let(p.floats.minus(i));
      const at = f.let(i.shl(2));
      f.call(block, {
        ...p,
        x: p.x.plus(at),
        y: p.y.plus(at),
        dy: p.dy.plus(at),
        d: p.d.plus(at),
        gamma: p.gamma.plus(at),
        features: p.features.plus(at),
        floats: f.select(left.lt(BLOCK), left, i32(BLOCK)),
      });
    });
  });
}

/** The sum of the four lanes, in float64. */
function laneSum(f: FunctionBuilder, v: F32x4) {
  const [low, high] = halves(v);
  const pair = f.let(low.plus(high));
  return pair.lane(0).plus(pair.lane(1));
}
