import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NDArray } from '../../../src/kernels/contract.ts';
import * as reference from '../../../src/kernels/reference/matmul.ts';
import { matmul } from '../../../src/kernels/wasm/gemm/matmul.ts';
import { collect, expectNear, normals, onAllThreadCounts } from './compare.ts';

interface Product {
  m: number;
  k: number;
  n: number;
  leading: number[];
  transposeA: boolean;
  transposeB: boolean;
  bias: boolean;
  relu: boolean;
}

function operands({ m, k, n, leading, transposeA, transposeB, bias, relu }: Product) {
  const a = normals('a', [...leading, ...(transposeA ? [k, m] : [m, k])]);
  const b = normals('b', [...leading, ...(transposeB ? [n, k] : [k, n])]);
  return { a, b, options: { transposeA, transposeB, relu, bias: bias ? normals('bias', [n]) : null } };
}

/**
 * Sums of at most 512 products in float32 each, added up: rounding behaves like a random walk of that many steps of half a
 * unit (6e-8) of the partial sums, which are sqrt(k) or smaller; the largest of many results may take four standard deviations.
 */
function expectProduct(product: Product, actual: NDArray, expected: NDArray): void {
  const { k } = product;
  const steps = Math.min(k, 512) + Math.ceil(k / 512);
  expectNear(actual, expected, 6e-8 * Math.sqrt(steps + 1) * 2, Math.sqrt(k));
}

test('products in all transpositions, with bias and relu, equal the reference', () => {
  const size = (max: number) => fc.integer({ min: 1, max });
  const products = fc.record({
    m: size(20),
    k: fc.oneof(size(12), size(300)),
    n: size(40),
    leading: fc.array(size(3), { maxLength: 2 }),
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
    bias: fc.boolean(),
    relu: fc.boolean(),
  });
  fc.assert(
    fc.property(products, (product) => {
      const { a, b, options } = operands(product);
      expectProduct(
        product,
        collect(() => matmul(a, b, options)),
        reference.matmul(a, b, options),
      );
    }),
    { numRuns: 400 },
  );
});

test.each([
  [32, 784, 100],
  [60, 100, 10],
  [100, 60, 784],
  [7, 1000, 33],
  [1, 2000, 129],
  [61, 515, 67],
  [50, 270, 261], // B into panels
  [49, 300, 517], // and by blocks of columns
  [5, 1283, 70], // k in pieces, the last one shorter
])('%d x %d x %d on several threads', (m, k, n) => {
  for (const [transposeA, transposeB] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ]) {
    const product = { m, k, n, leading: [], transposeA, transposeB, bias: true, relu: !transposeA };
    const { a, b, options } = operands(product);
    expectProduct(
      product,
      onAllThreadCounts(() => matmul(a, b, options)),
      reference.matmul(a, b, options),
    );
  }
});

test('an empty inner length gives the bias; NaN passes the relu', () => {
  const bias: NDArray = { shape: [3], data: Float32Array.of(1, -2, Number.NaN) };
  const a = { shape: [2, 0], data: new Float32Array(0) };
  const b = { shape: [0, 3], data: new Float32Array(0) };
  expect([...collect(() => matmul(a, b, { bias, relu: true })).data]).toEqual([
    1,
    0,
    Number.NaN,
    1,
    0,
    Number.NaN,
  ]);
});

test('shapes that do not fit are refused as by the reference', () => {
  const a = normals('a', [2, 3]);
  expect(() => matmul(a, normals('b', [4, 2]))).toThrow('the inner lengths and the leading axes must agree');
  expect(() => matmul(a, normals('b', [2, 3, 2]))).toThrow(
    'the inner lengths and the leading axes must agree',
  );
});
