import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type NDArray, type ReduceOp, sizeOf } from '../../../src/kernels/contract.ts';
import * as reference from '../../../src/kernels/reference/reduce.ts';
import { reduce } from '../../../src/kernels/wasm/reduce/reduce.ts';
import { collect, expectNear, normals, onAllThreadCounts } from './compare.ts';

const ops: ReduceOp[] = ['sum', 'mean', 'max', 'min'];

/** Eight summands at a time are added in float32: three roundings of their size, so the error grows as the sum's own size. */
function expectReduced(op: ReduceOp, actual: NDArray, expected: NDArray, folded: number): void {
  const exact = op === 'max' || op === 'min';
  expectNear(actual, expected, exact ? 0 : 5e-7, op === 'sum' ? Math.sqrt(folded) : 1 / Math.sqrt(folded));
}

test('reductions over any axes equal the reference', () => {
  const cases = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean()), { maxLength: 5 })
    .map((axes) => ({
      shape: axes.map(([length]) => length),
      axes: axes.flatMap(([, reduced], axis) => (reduced ? [axis] : [])),
    }));
  fc.assert(
    fc.property(fc.constantFrom(...ops), cases, (op, { shape, axes }) => {
      const x = normals('x', shape);
      const expected = reference.reduce(op, x, axes);
      const folded = sizeOf(shape) / expected.data.length;
      expectReduced(
        op,
        collect(() => reduce(op, x, axes)),
        expected,
        folded,
      );
    }),
    { numRuns: 500 },
  );
});

test.each([
  [[100_003], [0]],
  [[3, 70_001], [1]],
  [[5000, 17], [1]],
  [[20_000, 16], [0]],
  [[9001, 3], [0]],
  [[33, 5003], [0]],
  [[7, 1000, 20], [1]],
  [[2, 9000, 5], [1]],
  [
    [6, 14, 14, 9],
    [1, 2],
  ],
  [
    [6, 14, 14, 9],
    [0, 2],
  ],
  [
    [6, 14, 14, 9],
    [0, 1, 2],
  ],
])('[%s] over axes [%s] on several threads', (shape, axes) => {
  const x = normals('x', shape);
  for (const op of ops) {
    const expected = reference.reduce(op, x, axes);
    const folded = sizeOf(shape) / expected.data.length;
    expectReduced(
      op,
      onAllThreadCounts(() => reduce(op, x, axes)),
      expected,
      folded,
    );
  }
});

test('a million summands with an offset keep float32 precision', () => {
  const x = normals('x', [1 << 20]);
  for (let i = 0; i < x.data.length; i++) x.data[i] += 1e4;
  expectNear(
    collect(() => reduce('mean', x, [0])),
    reference.reduce('mean', x, [0]),
    1.3e-7,
  );
  const matrix = { shape: [1 << 16, 16], data: x.data };
  expectNear(
    collect(() => reduce('mean', matrix, [0])),
    reference.reduce('mean', matrix, [0]),
    1.3e-7,
  );
});

test('NaN comes through, and empty reductions are what they should be', () => {
  const x = normals('x', [3, 21]);
  x.data[25] = Number.NaN;
  for (const op of ops) {
    expectNear(
      collect(() => reduce(op, x, [1])),
      reference.reduce(op, x, [1]),
      1e-6,
      1,
    );
    expectNear(
      collect(() => reduce(op, x, [0])),
      reference.reduce(op, x, [0]),
      1e-6,
      1,
    );
  }
  const empty = { shape: [0, 3], data: new Float32Array(0) };
  expect([...collect(() => reduce('sum', empty, [0])).data]).toEqual([0, 0, 0]);
  expect(() => reduce('max', empty, [0])).toThrow('there is no max of no values');
});
