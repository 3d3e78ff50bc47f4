import fc from 'fast-check';
import { test } from 'vitest';
import * as reference from '../../../src/kernels/reference/shape.ts';
import { broadcastTo, concat, pad, permute, slice } from '../../../src/kernels/wasm/shape/shape.ts';
import { collect, expectNear, normals, onAllThreadCounts } from './compare.ts';

const length = fc.integer({ min: 1, max: 9 });
const shapes = fc.array(length, { maxLength: 6 });

test('broadcastTo equals the reference', () => {
  const cases = fc.tuple(shapes, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), fc.nat(6));
  fc.assert(
    fc.property(cases, ([shape, ones, missing]) => {
      const x = normals('x', shape.map((n, i) => (ones[i] ? 1 : n)).slice(missing));
      expectNear(
        collect(() => broadcastTo(x, shape)),
        reference.broadcastTo(x, shape),
        0,
      );
    }),
    { numRuns: 200 },
  );
});

test('permute equals the reference', () => {
  const cases = shapes.chain((shape) =>
    fc.tuple(fc.constant(shape), fc.shuffledSubarray([...shape.keys()], { minLength: shape.length })),
  );
  fc.assert(
    fc.property(cases, ([shape, axes]) => {
      const x = normals('x', shape);
      expectNear(
        collect(() => permute(x, axes)),
        reference.permute(x, axes),
        0,
      );
    }),
    { numRuns: 300 },
  );
});

test('concat equals the reference', () => {
  const cases = fc.tuple(
    fc.array(length, { minLength: 1, maxLength: 4 }),
    fc.nat(3),
    fc.array(length, { minLength: 1, maxLength: 4 }),
  );
  fc.assert(
    fc.property(cases, ([shape, axisSeed, lengths]) => {
      const axis = axisSeed % shape.length;
      const xs = lengths.map((n, i) =>
        normals(
          i,
          shape.map((other, j) => (j === axis ? n : other)),
        ),
      );
      expectNear(
        collect(() => concat(xs, axis)),
        reference.concat(xs, axis),
        0,
      );
    }),
    { numRuns: 200 },
  );
});

test('slice and pad equal the reference', () => {
  const sides = fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(shapes, sides, (shape, margins) => {
      const before = shape.map((_, i) => margins[i][0]);
      const after = shape.map((_, i) => margins[i][1]);
      const x = normals('x', shape);
      const padded = reference.pad(x, before, after, 0.5);
      expectNear(
        collect(() => pad(x, before, after, 0.5)),
        padded,
        0,
      );
      expectNear(
        collect(() => slice(padded, before, shape)),
        x,
        0,
      );
    }),
    { numRuns: 200 },
  );
});

test('large copies on several threads', () => {
  const x = normals('x', [4, 33, 37, 19]);
  expectNear(
    onAllThreadCounts(() => permute(x, [0, 3, 1, 2])),
    reference.permute(x, [0, 3, 1, 2]),
    0,
  );
  expectNear(
    onAllThreadCounts(() => permute(x, [3, 2, 1, 0])),
    reference.permute(x, [3, 2, 1, 0]),
    0,
  );
  const row = normals('row', [33, 1, 19]);
  const shape = [7, 33, 41, 19];
  expectNear(
    onAllThreadCounts(() => broadcastTo(row, shape)),
    reference.broadcastTo(row, shape),
    0,
  );
  expectNear(
    onAllThreadCounts(() => concat([x, x], 2)),
    reference.concat([x, x], 2),
    0,
  );
});
