import {
  type F32x4,
  type FunctionBuilder,
  f32x4,
  f64x2,
  type I32,
  i32,
  type ModuleBuilder,
} from '../../builder/index.ts';
import { moved } from '../addresses.ts';
import type { Mask } from '../mask.ts';
import { halves } from '../vectors.ts';
import { BLOCK } from './moments.ts';
import { RECORD } from './record.ts';

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
};

/**
 * Along a row, with d = dy behind the relu and g = gamma d: adds sum g and sum g xHat to two float64 `sums` (from float32 sums
 * over 256 values), and d xHat and d to the float32 sums of each feature, dbeta `stride` bytes after dgamma. x and dy are read
 * once.
 *
 * One row and two vectors at a time. Two rows would share what belongs to the features, but V8 (11.3) moves the additions to
 * the sums to the end of the loop, so that everything they need has to stay in registers until there; two rows spilled, also
 * the sums themselves, and were 5 to 10 % slower.
 */
export function writeRowGradientSums(m: ModuleBuilder, mask: Mask) {
  const block = m.func(`rowGradientSumsBlock ${mask}`, signature, (f, p) => {
    const [mu, scale, shift] = [RECORD.mu, RECORD.scale, RECORD.shift].map((at) =>
      f.let(f.load4Splat(p.record, at)),
    );
    // Two of each, for even and odd vectors: one chain of additions would be longer than the rest of the loop.
    const sumG = [f.local(f32x4), f.local(f32x4)];
    const sumGXHat = [f.local(f32x4), f.local(f32x4)];
    const other = f.let(p.features.plus(p.stride));
    const at = f.local(i32);
    /** The next `count` vectors, or the first `left` lanes of one. Addresses are computed once for all of them. */
    const step = (count: number, left?: I32): void => {
      const place = (base: I32): I32 => f.let(base.plus(at));
      const [gamma, weights, biases, x, dy] = [p.gamma, p.features, other, p.x, p.dy].map(place);
      const y = mask === 'plain' ? at : place(p.y);
      const d = mask === 'kept' ? place(p.d) : at;
      for (let i = 0; i < count; i++) {
        f.block(() => {
          const load = (address: I32): F32x4 =>
            left === undefined ? f.load4(address, 16 * i) : f.let(f.load4Partial(address, left));
          const weight = f.let(load(gamma));
          // The features' sums are padded to whole vectors, and lanes past the end add zeros.
          const dgamma = f.let(f.load4(weights, 16 * i));
          const dbeta = f.let(f.load4(biases, 16 * i));
          const gradient = load(dy);
          const value = f.let(mask === 'plain' ? gradient : gradient.andNot(load(y).le(0)));
          if (mask === 'kept') {
            if (left === undefined) f.store4(d, value, 16 * i);
            else f.store4Partial(d, value, left);
          }
          const xHat = f.let(load(x).minus(mu).madd(scale, shift));
          const g = f.let(value.times(weight));
          sumG[i].set(sumG[i].plus(g));
          sumGXHat[i].set(g.madd(xHat, sumGXHat[i]));
          f.store4(weights, value.madd(xHat, dgamma), 16 * i);
          f.store4(biases, dbeta.plus(value), 16 * i);
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
    const [a, b] = [sumG, sumGXHat].map(([even, odd]) => laneSum(f, f.let(even.plus(odd))));
    f.store4(p.sums, f.load2d(p.sums).plus(f64x2(0).withLane(0, a).withLane(1, b)));
  });
  return m.func(`rowGradientSums ${mask}`, signature, (f, p) => {
    f.for(0, p.floats, BLOCK, (i) => {
      const { x, y, dy, d, gamma, features } = p;
      const left = f.let(p.floats.minus(i));
      const at = f.let(i.shl(2));
      f.call(block, {
        ...p,
        ...moved({ x, y, dy, d, gamma, features }, at),
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
