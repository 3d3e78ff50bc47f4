import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BinaryOp, NDArray, UnaryOp } from '../../../src/kernels/contract.ts';
import { sizeOf } from '../../../src/kernels/contract.ts';
import * as reference from '../../../src/kernels/reference/elementwise.ts';
import { addInto } from '../../../src/kernels/wasm/elementwise/addInto.ts';
import { binary } from '../../../src/kernels/wasm/elementwise/binary.ts';
import { unary, unaryBackward } from '../../../src/kernels/wasm/elementwise/unary.ts';
import { collect, expectNear, inKernelMemory, normals, onAllThreadCounts } from './compare.ts';

/** Op, its parameters, and whether it takes positive numbers only. */
const unaryOps: [UnaryOp, number, number, boolean][] = [
  ['affine', -1.5, 0.25, false],
  ['exp', 1, 0, false],
  ['log', 1, 0, true],
  ['sqrt', 1, 0, true],
  ['abs', 1, 0, false],
  ['square', 1, 0, false],
  ['pow', 2.5, 0, true],
  ['pow', 3, 0, false],
  ['pow', -2, 0, false],
  ['pow', 0, 0, false],
  ['clamp', -0.5, 0.75, false],
  ['relu', 1, 0, false],
  ['leakyRelu', 0.125, 0, false],
  ['elu', 0.5, 0, false],
  ['gelu', 1, 0, false],
  ['geluTanh', 1, 0, false],
  ['silu', 1, 0, false],
  ['mish', 1, 0, false],
  ['hardsigmoid', 1, 0, false],
  ['hardswish', 1, 0, false],
  ['softplus', 1, 0, false],
  ['sigmoid', 1, 0, false],
  ['tanh', 1, 0, false],
  ['erf', 1, 0, false],
];

test.each(unaryOps)('%s(%d, %d) and its backward equal the reference', (op, p, q, positive) => {
  for (const size of [1, 3, 4, 5, 17, 1000, 70_001]) {
    const x = normals(`${op} ${size}`, [size]);
    if (positive)
      x.data.forEach((v, i) => {
        x.data[i] = Math.abs(v) + 0.01;
      });
    const y = reference.unary(op, x, p, q);
    // A few units in the last place of each result: relative, so that small values count as much as large ones.
    expectRelative(
      onAllThreadCounts(() => unary(op, x, p, q)),
      y,
      // e^u of a rounded u of up to 17: the left tail is that much less exact (PyTorch's 1 + tanh u has no digits there).
      op === 'geluTanh' ? 2e-6 : 6e-7,
    );
    const dy = normals(`dy ${size}`, [size]);
    const dx = reference.unaryBackward(op, dy, x, y, p, q);
    expectNear(
      collect(() => unaryBackward(op, dy, x, y, p, q)),
      dx,
      1e-6,
    );
  }
});

test('special numbers come through as they should', () => {
  const values = [0, -0, 1, -1, 0.5, -2, 3, Infinity, -Infinity, Number.NaN, 1e-40, -1e-40, 3e38, -3e38];
  const x: NDArray = { shape: [values.length], data: Float32Array.from(values) };
  for (const op of [
    'relu',
    'clamp',
    'abs',
    'exp',
    'log',
    'sigmoid',
    'tanh',
    'softplus',
    'erf',
    'elu',
    'leakyRelu',
    'geluTanh',
    'mish',
    'hardsigmoid',
    'hardswish',
  ] as const) {
    expectRelative(
      collect(() => unary(op, x, 0.5, 2)),
      reference.unary(op, x, 0.5, 2),
      6e-7,
    );
  }
  const pairs = values.flatMap((a) => values.map((b) => [a, b] as const));
  const a: NDArray = { shape: [pairs.length], data: Float32Array.from(pairs, (pair) => pair[0]) };
  const b: NDArray = { shape: [pairs.length], data: Float32Array.from(pairs, (pair) => pair[1]) };
  for (const op of ['maximum', 'minimum', 'greater', 'equal', 'where', 'div', 'pow'] as const) {
    expectRelative(
      collect(() => binary(op, a, b)),
      reference.binary(op, a, b),
      6e-7,
    );
  }
});

const binaryOps: BinaryOp[] = [
  ...(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'] as const),
  ...(['greater', 'equal', 'where'] as const),
];

/** A result shape, and for either side which axes have length 1 and how many leading axes are missing. */
const broadcasts = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 6 }),
    ones: fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 6, maxLength: 6 }),
    missing: fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })),
  })
  .map(({ shape, ones, missing }) =>
    [0, 1].map((side) => shape.map((length, i) => (ones[i][side] ? 1 : length)).slice(missing[side])),
  );

test('binary ops equal the reference for random broadcasts', () => {
  fc.assert(
    fc.property(fc.constantFrom(...binaryOps), broadcasts, fc.boolean(), (op, [shapeA, shapeB], own) => {
      const a = normals('a', shapeA);
      const b = normals('b', shapeB);
      if (op === 'pow')
        a.data.forEach((v, i) => {
          a.data[i] = Math.abs(v);
        });
      if (op === 'equal' || op === 'where') for (const { data } of [a, b]) data.set(data.map(Math.round));
      const expected = reference.binary(op, a, b);
      const actual = own
        ? inKernelMemory(a.data, (data) => collect(() => binary(op, { shape: shapeA, data }, b)))
        : collect(() => binary(op, a, b));
      expectRelative(actual, expected, 6e-7);
    }),
    { numRuns: 600 },
  );
});

test.each([
  [[40_001], [40_001]],
  [[40_001], [1]],
  [[], [70_000]],
  [[3001, 33], [33]],
  [[7], [9001, 7]],
  [[2000, 64], [64]],
  [[5, 6761], [6761]],
  [
    [2, 301, 33],
    [2, 1, 33],
  ],
  [
    [4000, 1],
    [4000, 20],
  ],
  [
    [3, 50, 1, 9],
    [3, 1, 70, 9],
  ],
])('add of [%s] and [%s] on several threads', (shapeA, shapeB) => {
  const a = normals('a', shapeA as number[]);
  const b = normals('b', shapeB as number[]);
  const expected = reference.binary('add', a, b);
  expectNear(
    onAllThreadCounts(() => binary('add', a, b)),
    expected,
    0,
  );
});

test('shapes that do not broadcast are refused as by the reference', () => {
  const a = normals('a', [2, 3]);
  const b = normals('b', [2, 4]);
  expect(() => binary('add', a, b)).toThrow('does not broadcast');
});

test('an empty array gives an empty array', () => {
  const empty: NDArray = { shape: [0, 3], data: new Float32Array(0) };
  expect(collect(() => binary('add', empty, normals('b', [3]))).shape).toEqual([0, 3]);
  expect(collect(() => unary('exp', empty)).data.length).toBe(0);
});

test('addInto adds in place, within larger arrays and in foreign ones', () => {
  for (const size of [1, 2, 3, 4, 5, 63, 40_003]) {
    const a = normals('a', [size]);
    const b = normals('b', [size]);
    const expected = reference.binary('add', a, b);
    const inside = inKernelMemory(a.data, (data) => {
      addInto(data, b.data);
      return { shape: [size], data: data.slice() };
    });
    expectNear(inside, expected, 0);
    addInto(a.data, b.data);
    expectNear(a, expected, 0);
  }
});

/** Every number within `tolerance` of the expected one, relative to it; NaN and infinities alike; denormals may be lost. */
function expectRelative(actual: NDArray, expected: NDArray, tolerance: number): void {
  expect([...actual.shape]).toEqual([...expected.shape]);
  expect(actual.data.length).toBe(sizeOf(expected.shape));
  for (let i = 0; i < actual.data.length; i++) {
    const [a, e] = [actual.data[i], expected.data[i]];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    if (!(Math.abs(a - e) <= tolerance * Math.abs(e) + 1e-44)) {
      expect.fail(`at ${i}: ${a} instead of ${e}`);
    }
  }
}
