import { type F32x4, type F64x2, type FunctionBuilder, f32x4, f64x2, i32, i32x4 } from '../builder/index.ts';

/**
 * Elementary functions on four float32 lanes. Each writes its steps into `f` and returns the result. Errors are
 * at most about 2 units in the last place (3 for sigmoid, tanh and erf, 6 for normalCdf); infinities and NaN come out as Math's functions
 * give them, and small arguments and results keep their denormals.
 *
 * Polynomials: exp, erf and erfcx are minimax fits made for this file (relative error below 1e-8 before
 * rounding); log and tanh are from S. Moshier's Cephes library (logf.c, tanhf.c, 1992).
 */

/** c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule. */
function polynomial(x: F32x4, coefficients: readonly number[]): F32x4 {
  let value: F32x4 = f32x4(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) value = value.madd(x, coefficients[i]);
  return value;
}

/** The same on two float64 lanes. */
export function polynomial64(x: F64x2, coefficients: readonly number[]): F64x2 {
  let value: F64x2 = f64x2(coefficients[coefficients.length - 1]);
  for (let i = coefficients.length - 2; i >= 0; i--) value = value.madd(x, coefficients[i]);
  return value;
}

const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.121944400546906e-4;
/** (e^r - 1 - r) / r^2 for |r| < 0.46 */
const EXP = [
  0.5000000346788356, 0.16666662263715906, 0.041665546087690485, 0.00833385103302566, 0.0013986106553165417,
  0.0001974777620605499,
];

/**
 * 2^n as a float, for whole n in -126..127. Adding 1.5 2^23 leaves n + 127 in the lowest bits of the sum, and the shift moves
 * it into the exponent: WebAssembly's own conversion to integers, which saturates, is eight instructions on x64.
 */
function powerOfTwo(f: FunctionBuilder, n: F32x4): F32x4 {
  return f.let(
    n
      .plus(1.5 * 2 ** 23 + 127)
      .asI32x4()
      .shl(i32(23))
      .asF32x4(),
  );
}

/** x (+ low) = n ln2 + r with |r| <= ln2 / 2 (+ |low|), and e^r - 1 = r + r^2 q(r). */
function reduceExp(f: FunctionBuilder, x: F32x4, low?: F32x4): { n: F32x4; expm1: F32x4 } {
  const n = f.let(x.times(Math.LOG2E).nearest());
  const rest = n.nmadd(LN2_LOW, n.nmadd(LN2_HIGH, x));
  const r = f.let(low === undefined ? rest : rest.plus(low));
  return { n, expm1: f.let(polynomial(r, EXP).madd(f.let(r.times(r)), r)) };
}

/** e^(x + low), where `low` is a small correction of x (|low| < 0.1). */
export function expOfSum(f: FunctionBuilder, x: F32x4, low?: F32x4): F32x4 {
  // e^89 is infinite and e^-104 is zero in float32. x.pmin keeps a NaN of x.
  const { n, expm1 } = reduceExp(f, f.let(x.pmin(89).pmax(-104)), low);
  // In two steps, since 2^n itself may be out of range where the result is a denormal, or just finite.
  const half = f.let(n.times(0.5).floor());
  const first = expm1.plus(1).times(powerOfTwo(f, half));
  return f.let(first.times(powerOfTwo(f, f.let(n.minus(half)))));
}

/** e^x. */
export function exp(f: FunctionBuilder, x: F32x4): F32x4 {
  return expOfSum(f, x);
}

/** e^x - 1 without cancellation near 0, for x <= 88 (ELU needs it for negative x only). */
export function expm1(f: FunctionBuilder, x: F32x4): F32x4 {
  const { n, expm1: rest } = reduceExp(f, f.let(x.pmin(88).pmax(-30)));
  const scale = powerOfTwo(f, n);
  // 2^n (e^r - 1) + (2^n - 1): the second term is exact, or the first is all that counts.
  return f.let(scale.madd(rest, f.let(scale.minus(1))));
}

/** log((1 + m)) / m^3 with the first two terms taken off: (log(1 + m) - m + m^2 / 2) / m^3 (Cephes logf.c). */
const LOG = [
  3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1, -1.2420140846e-1,
  1.167699874e-1, -1.151461031e-1, 7.0376836292e-2,
];

/** Natural logarithm: log 0 = -Infinity, NaN for negative x. */
export function log(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  const small = f.let(held.lt(2 ** -126));
  // Denormals are scaled into range, and 23 is taken off their exponent.
  const scaled = f.let(small.select(held.times(2 ** 23), held).asI32x4());
  // Shifting the bits so that sqrt(1/2) becomes a boundary of exponents puts the mantissa into [0.707, 1.414).
  const shifted = f.let(scaled.minus(SQRT_HALF_BITS));
  const exponent = f.let(shifted.shr(i32(23)));
  const m = f.let(
    scaled
      .minus(exponent.shl(i32(23)))
      .asF32x4()
      .minus(1),
  );
  const e = f.let(exponent.toF32x4().minus(small.asF32x4().and(f32x4(23))));
  const square = f.let(m.times(m));
  const tail = e.madd(LN2_LOW, polynomial(m, LOG).times(m).times(square));
  const value = f.let(e.madd(LN2_HIGH, m.plus(f.let(square.nmadd(0.5, tail)))));
  const finite = held.lt(Number.POSITIVE_INFINITY).and(held.gt(0));
  // At 0 -Infinity, at Infinity Infinity, else (negative or NaN) NaN.
  const edge = held.eq(0).select(f32x4(Number.NEGATIVE_INFINITY), held.sqrt());
  return f.let(finite.select(value, edge));
}

const SQRT_HALF_BITS = 0x3f3504f3;

/** log(1 + x) for 0 <= x <= 2^23 without cancellation near 0. */
export function log1p(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  const u = f.let(held.plus(1));
  // log u + (what rounding took from 1 + x) / u, first order (Kahan).
  const lost = held.minus(u.minus(1)).div(u);
  return f.let(log(f, u).plus(lost));
}

/** 1 / (1 + e^-x), exact in both tails. */
export function sigmoid(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  const z = exp(f, held.abs().neg());
  return f.let(held.ge(0).select(f32x4(1), z).div(z.plus(1)));
}

/** log(1 + e^x) */
export function softplus(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  return f.let(log1p(f, exp(f, held.abs().neg())).plus(held.max(0)));
}

/** tanh(x) = x + x^3 p(x^2) for |x| < 0.625 (Cephes tanhf.c) */
const TANH = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3];

export function tanh(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  const a = f.let(held.abs());
  const square = f.let(held.times(held));
  const near = f.let(polynomial(square, TANH).times(square).madd(held, held));
  const far = f32x4(1).minus(f32x4(2).div(exp(f, a.plus(a)).plus(1)));
  return f.let(a.lt(0.625).select(near, withSignOf(far, held)));
}

/** erf(x) / x - 1 in powers of x^2, for |x| < 0.85 */
const ERF = [
  0.1283791602301443, -0.3761257183607431, 0.11282717394438171, -0.026802547519376545, 0.005051094431860115,
  -0.0006315127183391719,
];

export function erf(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  const a = f.let(held.abs());
  const near = f.let(polynomial(f.let(held.times(held)), ERF).madd(held, held));
  const far = f32x4(1).minus(erfcOf(f, a, 1));
  return f.let(a.lt(0.85).select(near, withSignOf(far, held)));
}

/** The standard normal distribution function Phi(x) = erfc(-x / sqrt 2) / 2, keeping its digits in the left tail. */
export function normalCdf(f: FunctionBuilder, x: F32x4): F32x4 {
  const held = f.let(x);
  const tail = f.let(erfcOf(f, f.let(held.abs()), 0.5).times(0.5));
  return f.let(held.gt(0).select(f32x4(1).minus(tail), tail));
}

/** erfcx(a) / t with t = 1 / (1 + 0.4 a), for 0 <= a <= 10.2 */
const ERFCX = [
  0.22570555921560712, 0.22497829209444936, 0.21470065247329875, 0.13069952660917408, 0.26911494645413947,
  -0.2788673907666742, 0.5408229079112679, -0.4938530887236541, 0.1959047582981533, -0.02920615525910386,
];

/**
 * 1 - erf(a) with a^2 = scale x^2, for x >= 0, as e^(-a^2) erfcx(a). `scale` is 1 or 1/2, so that no rounding
 * of a gets into the exponent, where a large a would magnify it.
 */
function erfcOf(f: FunctionBuilder, x: F32x4, scale: 1 | 0.5): F32x4 {
  const root = Math.sqrt(scale);
  const held = f.let(x.pmin(10.2 / root));
  const t = f.let(f32x4(1).div(held.madd(0.4 * root, 1)));
  // x^2 has more digits than a float: the upper 12 bits of x square exactly, the rest is a correction.
  const high = f.let(held.and(i32x4(-4096)));
  const low = held.minus(high).times(held.plus(high));
  const gauss = expOfSum(f, f.let(high.times(high).times(-scale)), f.let(low.times(-scale)));
  return f.let(polynomial(t, ERFCX).times(t).times(gauss));
}

function withSignOf(magnitude: F32x4, sign: F32x4): F32x4 {
  return magnitude.or(sign.and(i32x4(-0x80000000)));
}
