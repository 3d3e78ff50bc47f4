import { kernels } from '../../../kernels/active.ts';
import type { NDArray, Numbers } from '../../../kernels/contract.ts';

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

/** P x, or P^T x, along the last axis of x. */
export function pooled(x: NDArray, pool: NDArray, transpose = false): NDArray {
  const m = pool.shape[0];
  const rows = { shape: [x.data.length / m, m], data: x.data };
  return { shape: x.shape, data: kernels(x).matmul(rows, pool, { transposeB: !transpose }).data };
}

/** The matrix in the dtype of `like`. */
export function poolMatrix(pool: Pool, like: { data: Numbers }): NDArray {
  const flat = pool.flat();
  const data = like.data instanceof Float64Array ? Float64Array.from(flat) : Float32Array.from(flat);
  return { shape: [pool.length, pool.length], data };
}
