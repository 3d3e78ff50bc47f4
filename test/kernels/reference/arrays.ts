import { expect } from 'vitest';
import type { NDArray, Numbers, Shape } from '../../../src/kernels/contract.ts';
import { sizeOf } from '../../../src/kernels/contract.ts';
import { createRandom } from '../../../src/random.ts';

type Index = readonly number[];

/** Standard normal numbers, float64. */
export function normals(seed: number | string, shape: Shape): NDArray {
  const random = createRandom(seed);
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, () => random.normal()) };
}

export function vector(...values: number[]): NDArray {
  return { shape: [values.length], data: Float64Array.from(values) };
}

export function matrix(...rows: number[][]): NDArray {
  return { shape: [rows.length, rows[0].length], data: Float64Array.from(rows.flat()) };
}

export function float32(x: NDArray): NDArray {
  return { shape: x.shape, data: Float32Array.from(x.data) };
}

/** All indices of a shape, in row-major order. */
function indices(shape: Shape): Index[] {
  return shape.reduce<Index[]>(
    (all, length) => all.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The array whose value at each index is f(index): a definition, written down. */
export function define(shape: Shape, f: (...index: number[]) => number): NDArray {
  return { shape, data: Float64Array.from(indices(shape), (index) => f(...index)) };
}

/** x[index], or 0 outside: images are surrounded by zeros. */
export function at(x: NDArray, ...index: number[]): number {
  let flat = 0;
  for (let axis = 0; axis < x.shape.length; axis++) {
    if (index[axis] < 0 || index[axis] >= x.shape[axis]) return 0;
    flat = flat * x.shape[axis] + index[axis];
  }
  return x.data[flat];
}

export function inner(a: NDArray, b: NDArray): number {
  expect(a.shape).toEqual(b.shape);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}

/** The same shape, and the largest difference at most `tolerance` of the largest value. */
export function expectClose(actual: NDArray | null, expected: NDArray, tolerance = 1e-12): void {
  expect(actual).not.toBeNull();
  if (!actual) return;
  expect([...actual.shape]).toEqual([...expected.shape]);
  expectNumbersClose(actual.data, expected.data, tolerance);
}

export function expectNumbersClose(actual: Numbers, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  let largest = 1;
  let difference = 0;
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    largest = Math.max(largest, Math.abs(expected[i]));
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
  }
  expect(difference).toBeLessThanOrEqual(tolerance * largest);
}

/** (f(x + h) - f(x - h)) / 2h for every value of x in turn; f gives a number. */
export function numericalGradient(f: (x: NDArray) => number, x: NDArray, h = 1e-5): NDArray {
  const data = Float64Array.from(x.data, (_, i) => {
    const moved = (step: number) =>
      f({ shape: x.shape, data: x.data.map((v, j) => (i === j ? v + step : v)) });
    return (moved(h) - moved(-h)) / (2 * h);
  });
  return { shape: x.shape, data };
}
