/**
 * The error function in double precision, relative error below 1e-15.
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969) 631-637; the
 * coefficients are those of his CALERF (SPECFUN, 1990). Three ranges of |x|, one rational function each.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a <= NEAR) return x * ratio(x * x, A, B);
  const tail = erfcTail(a);
  return x < 0 ? tail - 1 : 1 - tail;
}

/** 1 - erf(x), without the cancellation at large x. */
export function erfc(x: number): number {
  if (Math.abs(x) <= NEAR) return 1 - erf(x);
  const tail = erfcTail(Math.abs(x));
  return x < 0 ? 2 - tail : tail;
}

const NEAR = 0.46875;

/** erfc(x) for x > NEAR. */
function erfcTail(x: number): number {
  if (x > 27) return 0; // exp(-27^2) underflows
  if (x <= 4) return expMinusSquare(x) * ratio(x, C, D);
  const z = 1 / (x * x);
  return (expMinusSquare(x) * (1 / Math.sqrt(Math.PI) - z * ratio(z, P, Q))) / x;
}

/** exp(-x^2). x is split so that the square of its leading bits is exact: else the error grows with x^2. */
function expMinusSquare(x: number): number {
  const leading = Math.trunc(x * 16) / 16;
  return Math.exp(-leading * leading) * Math.exp(-(x - leading) * (x + leading));
}

/** A quotient of two polynomials, coefficients from the highest power down (Horner). */
function ratio(x: number, numerator: readonly number[], denominator: readonly number[]): number {
  let n = 0;
  for (const coefficient of numerator) n = n * x + coefficient;
  let d = 0;
  for (const coefficient of denominator) d = d * x + coefficient;
  return n / d;
}

const A = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694];
const B = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const C = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001,
  881.952221241769, 1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const D = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const P = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const Q = [
  1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];
