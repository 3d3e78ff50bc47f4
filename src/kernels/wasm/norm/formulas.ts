import { type F32, type F64, type FunctionBuilder, f64, type Var } from '../builder/index.ts';
import type { Reader } from '../templates/parameters.ts';

/**
 * The mathematics of a set, written once for rows and columns (docs/mathematics.md), in float64. Each function reads the
 * options of the call, and gives the formula for one set.
 */

/** mu and v from the sum of x - P and the sum of (x - P)^2. P is the set's first value, or 0 where mu is 0. */
export function statisticsFormula(
  f: FunctionBuilder,
  { double }: Reader<never, 'center' | 'perCount' | 'perDegree'>,
) {
  const [center, perCount, perDegree] = [double('center'), double('perCount'), double('perDegree')];
  return (first: F32, sum: Var<F64>, squares: F64): { mean: F64; variance: F64 } => {
    const shift = f.let(sum.times(center).times(perCount));
    return {
      mean: first.toF64().times(center).plus(shift),
      variance: squares.minus(shift.times(sum)).max(0).times(perDegree),
    };
  };
}

/** xHat = (x - mu) rstd - lost rstd */
export interface Deviation {
  /** The mean, rounded to float32, so that x - mu is exact or nearly so. */
  mu: Var<F32>;
  /** What the rounding took off it. */
  lost: Var<F64>;
  /** 1 / sigma */
  rstd: Var<F64>;
}

/** sigma = sqrt(v + inside) + outside: one of the two eps is 0. */
export function deviationFormula(f: FunctionBuilder, { double }: Reader<never, 'epsInside' | 'epsOutside'>) {
  const [inside, outside] = [double('epsInside'), double('epsOutside')];
  return (mean: F64, variance: F64): Deviation => {
    const exact = f.let(mean);
    const rstd = f.let(f64(1).div(variance.plus(inside).sqrt().plus(outside)));
    const mu = f.let(exact.toF32());
    return { mu, rstd, lost: f.let(exact.minus(mu.toF64())) };
  };
}

/**
 * The gradient of x from the sums of g and of g xHat over its set, g = gamma d (d = dy behind the relu):
 *   dx = rstd [ g - mean(g) - xHat sum(g xHat) ratio / (m - ddof) ] = A g + B (x - mu) + C
 * with ratio = sigma / s for eps outside the root, s = sqrt(v) (B2; 0 at s = 0), else 1. A path that is closed has no term.
 */
export function gradientFormula(
  f: FunctionBuilder,
  read: Reader<'count', 'epsOutside' | 'perCount' | 'perDegree' | 'throughMean' | 'throughVariance'>,
) {
  const { word, double } = read;
  const [throughMean, throughVariance] = [double('throughMean'), double('throughVariance')];
  const [perCount, perDegree, outside] = [double('perCount'), double('perDegree'), double('epsOutside')];
  const alone = f.let(word('count').eq(1).and(throughMean.gt(0)));
  return ({ rstd, lost }: Deviation, variance: F64, sumG: F64, sumGXHat: F64) => {
    const meanG = f.select(throughMean.gt(0), sumG.times(perCount), f64(0));
    const slope = f.let(f.select(throughVariance.gt(0), sumGXHat.times(perDegree), f64(0)));
    f.if(outside.gt(0), () => {
      const s = f.let(variance.sqrt());
      slope.set(slope.times(f.select(s.gt(0), s.plus(outside).div(s), f64(0))));
    });
    const B = f.let(rstd.times(rstd).times(slope).neg());
    // In a set of one, g - mean(g) is exactly 0, which A g + C would miss by a rounding times 1 / eps.
    const A = f.let(f.select(alone, f64(0), rstd));
    const C = A.times(meanG).plus(B.times(lost)).neg();
    return { A: A.toF32(), B: B.toF32(), C: C.toF32() };
  };
}
