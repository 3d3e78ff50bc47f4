import { type F64, f64 } from '../builder/index.ts';

/** 1 / sigma. Of the two eps, one is 0. */
export function reciprocalDeviation(variance: F64, inside: F64, outside: F64): F64 {
  return f64(1).div(variance.plus(inside).sqrt().plus(outside));
}
