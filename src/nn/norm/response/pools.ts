import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { inPrecisionOf, special, type Values } from '../core/calculus.ts';

/**
 * Which features a feature is pooled with, and with which weights: a matrix [m, m], row i for feature i. Pooling along the
 * last axis is (P x)_i = sum_j P_ij x_j.
 */
export type Pool = readonly (readonly number[])[];

/** Weight 1 for the neighbours from i - before to i + after, as far as they exist. */
export function windowPool(features: number, before: number, after: number): Pool {
  const inWindow = (i: number, j: number) => j >= i - before && j <= i + after;
  return Array.from({ length: features }, (_, i) =>
    Array.from({ length: features }, (_, j) => (inWindow(i, j) ? 1 : 0)),
  );
}

/** Each row divided by its sum: means instead of sums. */
export function averaging(pool: Pool): Pool {
  return pool.map((row) => {
    const total = row.reduce((a, b) => a + b, 0);
    return row.map((weight) => weight / total);
  });
}

/** The matrix in the precision of `like`. */
export function poolMatrix(pool: Pool, like: NDArray): NDArray {
  return { shape: [pool.length, pool.length], data: inPrecisionOf(like, pool.flat()) };
}

/** Pooling as steps of the calculus, under the matrix's name: Q(x) is Q x and Q^T(x) is Q^T x, along the last axis. */
export function pooling(name: string, pool: NDArray) {
  const along = (a: Values, transposeB: boolean): Values => ({
    shape: a.shape,
    data: kernels(a).matmul(rowsOf(a), pool, { transposeB }).data,
  });
  return {
    of: (a: Values) => special(name, [a], along(a, true)),
    back: (a: Values) => special(`${name}^T`, [a], along(a, false)),
  };
}

/** sum a_i b_j over all positions: the gradient of a pool's matrix, [m, m]. */
export function pairs(a: Values, b: Values): Values {
  return special('pairs', [a, b], kernels(a).matmul(rowsOf(a), rowsOf(b), { transposeA: true }));
}

/** [positions, m] */
function rowsOf({ shape, data }: Values): NDArray {
  const m = shape[shape.length - 1];
  return { shape: [data.length / m, m], data };
}
