import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { at, define, expectClose, float32, normals } from './arrays.ts';

const length = fc.integer({ min: 1, max: 9 });

describe('matmul', () => {
  it('multiplies matrices, transposed or not, with bias and relu', () => {
    const cases = fc.record({
      leading: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      m: length,
      k: length,
      n: length,
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      withBias: fc.boolean(),
      relu: fc.boolean(),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ leading, m, k, n, transposeA, transposeB, withBias, relu, seed }) => {
        const a = normals(`a${seed}`, [...leading, ...(transposeA ? [k, m] : [m, k])]);
        const b = normals(`b${seed}`, [...leading, ...(transposeB ? [n, k] : [k, n])]);
        const bias = withBias ? normals(`bias${seed}`, [n]) : null;
        const expected = define([...leading, m, n], (...index) => {
          const [i, j] = index.slice(-2);
          const batch = index.slice(0, -2);
          let sum = bias ? at(bias, j) : 0;
          for (let l = 0; l < k; l++) {
            sum +=
              at(a, ...batch, ...(transposeA ? [l, i] : [i, l])) *
              at(b, ...batch, ...(transposeB ? [j, l] : [l, j]));
          }
          return relu ? Math.max(sum, 0) : sum;
        });
        expectClose(reference.matmul(a, b, { transposeA, transposeB, bias, relu }), expected);
      }),
    );
  });

  it('sums float32 products in double', () => {
    // 1e8 + 1 - 1e8: a float32 sum gives 0.
    const a = { shape: [1, 3], data: Float32Array.of(1e8, 1, -1e8) };
    const b = { shape: [3, 1], data: Float32Array.of(1, 1, 1) };
    expect(reference.matmul(a, b).data).toEqual(Float32Array.of(1));
  });

  it('keeps NaN behind the relu, and the dtype of a', () => {
    const a = { shape: [1, 1], data: Float32Array.of(NaN) };
    expect(reference.matmul(a, a, { relu: true }).data).toEqual(Float32Array.of(NaN));
    expect(reference.matmul(float32(normals(0, [2, 2])), normals(1, [2, 2])).data).toBeInstanceOf(
      Float32Array,
    );
  });

  it('names both shapes where they do not match', () => {
    expect(() => reference.matmul(normals(0, [2, 3]), normals(0, [2, 3]))).toThrow(
      'matmul of [2,3] and [2,3]',
    );
    expect(() => reference.matmul(normals(0, [2, 2, 3]), normals(0, [3, 3, 4]))).toThrow('leading axes');
  });
});
