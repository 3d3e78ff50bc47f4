import { type F32x4, type F64x2, type FunctionBuilder, f32x4, i32, i32x4 } from '../builder/index.ts';
import { expOfSum, polynomial64 } from '../templates/math.ts';

/**
 * x^p = e^(p ln |x|), with the sign by p's parity where x is negative. An error of p ln |x|, which reaches 88, would come out
 * 88 times as large, so the logarithm is taken in float64 lanes: |x| = 2^e m with m in [0.707, 1.414) as in `log`, and
 * ln m = 2 artanh(s), s = (m - 1) / (m + 1), by its power series (|s| < 0.172, so the first term left out is below 3e-13).
 */
export function pow(f: FunctionBuilder, x: F32x4, p: F32x4): F32x4 {
  const base = f.let(x);
  const power = f.let(p);
  const magnitude = f.let(base.abs());
  const small = f.let(magnitude.lt(2 ** -126));
  // Denormals are scaled into range, and 23 is taken off their exponent.
  const bits = f.let(small.select(magnitude.times(2 ** 23), magnitude).asI32x4());
  const shift = f.let(bits.minus(SQRT_HALF_BITS).shr(i32(23)));
  const m = f.let(bits.minus(shift.shl(i32(23))).asF32x4());
  const e = f.let(shift.toF32x4().minus(small.asF32x4().and(f32x4(23))));
  const low = productOfLog(f, m, e, power);
  const high = productOfLog(f, upper(f, m), upper(f, e), upper(f, power));
  const sum = joinParts(f, low, high);
  const value = f.let(expOfSum(f, sum.large, sum.rest));

  // At 0 and infinity the logarithm above is not one: there x^p is 0 or infinity, as the signs say.
  const grows = magnitude.gt(1).asF32x4().xor(power.lt(0));
  const edge = grows.and(f32x4(Number.POSITIVE_INFINITY));
  const atEdge = f.let(magnitude.eq(0).or(magnitude.eq(Number.POSITIVE_INFINITY)));
  const positive = f.let(atEdge.select(edge, value));

  const whole = power.trunc().eq(power);
  const half = f.let(power.times(0.5));
  const odd = f.let(whole.and(half.trunc().ne(half)));
  const sign = base.and(i32x4(-0x80000000)).and(odd);
  // A negative number to a broken power is not a real number (an infinite power is whole).
  const broken = base.lt(0).andNot(whole).andNot(atEdge);
  const signed = f.let(broken.select(f32x4(Number.NaN), positive.or(sign)));
  const unordered = power.ne(power).or(base.ne(base));
  const proper = f.let(unordered.select(f32x4(Number.NaN), signed));
  return f.let(power.eq(0).select(f32x4(1), proper));
}

const SQRT_HALF_BITS = 0x3f3504f3;
/** 2 artanh(s) / s in powers of s^2. */
const ARTANH = [2, 2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13, 2 / 15];

/** p (e ln 2 + ln m) for lanes 0 and 1. */
function productOfLog(f: FunctionBuilder, m: F32x4, e: F32x4, p: F32x4): F64x2 {
  const mantissa = f.let(m.lowToF64x2());
  const s = f.let(mantissa.minus(1).div(mantissa.plus(1)));
  const log = s.times(polynomial64(f.let(s.times(s)), ARTANH));
  const product = f.let(e.lowToF64x2().madd(Math.LN2, log).times(p.lowToF64x2()));
  // e^-200 is 0 and e^200 is infinite in float32; the first operand of pmin and pmax keeps a NaN.
  return f.let(product.pmin(200).pmax(-200));
}

/** Lanes 2 and 3 in front. */
const upper = (f: FunctionBuilder, v: F32x4): F32x4 => f.let(v.shuffle(v, 2, 3, 2, 3));

/** Two pairs of float64 as float32 numbers and what their rounding took away. */
function joinParts(f: FunctionBuilder, low: F64x2, high: F64x2): { large: F32x4; rest: F32x4 } {
  const round = (v: F64x2) => {
    const large = f.let(v.toLowF32x4());
    return { large, rest: f.let(v.minus(large.lowToF64x2()).toLowF32x4()) };
  };
  const a = round(low);
  const b = round(high);
  return {
    large: f.let(a.large.shuffle(b.large, 0, 1, 4, 5)),
    rest: f.let(a.rest.shuffle(b.rest, 0, 1, 4, 5)),
  };
}
