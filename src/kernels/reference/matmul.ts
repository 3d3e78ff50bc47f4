import { checkBias, productLengths } from '../checks.ts';
import type { MatmulOptions, NDArray } from '../contract.ts';
import { zerosLike } from './results.ts';

export function matmul(a: NDArray, b: NDArray, options: MatmulOptions = {}): NDArray {
  const { transposeA = false, transposeB = false, bias = null, relu = false } = options;
  const { m, k, n } = productLengths(a, b, options);
  checkBias('matmul', bias, n);
  const leading = a.shape.slice(0, -2);
  const y = zerosLike(a, [...leading, m, n]);
  const matrices = leading.reduce((product, length) => product * length, 1);
  const matrix = new Float64Array(k * n);
  const row = new Float64Array(k);
  const sums = new Float64Array(n);
  const [stepI, stepK] = transposeA ? [1, m] : [k, 1];
  for (let batch = 0; batch < matrices; batch++) {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < n; j++) {
        matrix[i * n + j] = b.data[batch * k * n + (transposeB ? j * k + i : i * n + j)];
      }
    }
    for (let i = 0; i < m; i++) {
      for (let l = 0; l < k; l++) row[l] = a.data[batch * m * k + i * stepI + l * stepK];
      startSums(sums, bias, 0);
      addRowTimesMatrix(sums, row, matrix);
      storeSums(y, (batch * m + i) * n, sums, relu);
    }
  }
  return y;
}

/** sums[j] = bias[offset + j], or 0 without a bias. */
export function startSums(sums: Float64Array, bias: NDArray | null, offset: number): void {
  for (let j = 0; j < sums.length; j++) sums[j] = bias ? bias.data[offset + j] : 0;
}

/** y[at + j] = sums[j], behind the relu where asked. NaN passes the relu. */
export function storeSums(y: NDArray, at: number, sums: Float64Array, relu: boolean): void {
  for (let j = 0; j < sums.length; j++) y.data[at + j] = relu && sums[j] <= 0 ? 0 : sums[j];
}

/**
 * sums[j] += sum_k row[k] matrix[k, j]: the loop that matmul and convolution spend their time in. Four k at a time, so
 * that sums[j] is read and written once for four products.
 */
export function addRowTimesMatrix(sums: Float64Array, row: Float64Array, matrix: Float64Array): void {
  const n = sums.length;
  let k = 0;
  for (; k + 4 <= row.length; k += 4) {
    const [at0, at1, at2, at3] = [k * n, (k + 1) * n, (k + 2) * n, (k + 3) * n];
    const [r0, r1, r2, r3] = [row[k], row[k + 1], row[k + 2], row[k + 3]];
    for (let j = 0; j < n; j++) {
      sums[j] += r0 * matrix[at0 + j] + r1 * matrix[at1 + j] + r2 * matrix[at2 + j] + r3 * matrix[at3 + j];
    }
  }
  for (; k < row.length; k++) {
    for (let j = 0; j < n; j++) sums[j] += row[k] * matrix[k * n + j];
  }
}

/** matrix[k, j] += row[k] columns[j]. */
export function addOuterProduct(matrix: Float64Array, row: Float64Array, columns: Float64Array): void {
  const n = columns.length;
  for (let k = 0; k < row.length; k++) {
    const r = row[k];
    for (let j = 0; j < n; j++) matrix[k * n + j] += r * columns[j];
  }
}
