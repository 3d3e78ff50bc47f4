import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as reference from '../../../src/kernels/reference/softmax.ts';
import { crossEntropy, crossEntropyBackward } from '../../../src/kernels/wasm/softmax/crossEntropy.ts';
import { softmax, softmaxBackward } from '../../../src/kernels/wasm/softmax/softmax.ts';
import { collect, expectNear, normals, onAllThreadCounts } from './compare.ts';

const shapes = fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 4 });

test('softmax, log softmax and their backward passes equal the reference along any axis', () => {
  fc.assert(
    fc.property(shapes, fc.nat(3), fc.boolean(), (shape, axisSeed, log) => {
      const axis = axisSeed % shape.length;
      const x = normals('x', shape);
      x.data.forEach((v, i) => {
        x.data[i] = 5 * v;
      });
      const y = reference.softmax(x, axis, log);
      // A few roundings of numbers up to 1 (probabilities) or of the largest logarithm.
      expectNear(
        collect(() => softmax(x, axis, log)),
        y,
        4e-7,
      );
      const dy = normals('dy', shape);
      const expected = reference.softmaxBackward(dy, y, axis, log);
      expectNear(
        collect(() => softmaxBackward(dy, y, axis, log)),
        expected,
        1e-6,
        1,
      );
    }),
    { numRuns: 300 },
  );
});

test.each([
  [[3000, 10], 1],
  [[5, 20_001], 1],
  [[4, 1000, 21], 1],
])('softmax of [%s] along axis %d on several threads', (shape, axis) => {
  const x = normals('x', shape);
  const y = onAllThreadCounts(() => softmax(x, axis, false));
  expectNear(y, reference.softmax(x, axis, false), 4e-7);
});

test('large and infinite logits', () => {
  const x = { shape: [2, 5], data: Float32Array.of(1e4, 1e4 - 1, -1e4, 0, 3, -Infinity, 0, 1, -Infinity, 2) };
  expectNear(
    collect(() => softmax(x, 1, false)),
    reference.softmax(x, 1, false),
    4e-7,
  );
  expectNear(
    collect(() => softmax(x, 1, true)),
    reference.softmax(x, 1, true),
    4e-7,
  );
});

test('cross-entropy and its backward pass equal the reference', () => {
  const cases = fc.record({
    batch: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(2000)),
    classes: fc.integer({ min: 1, max: 23 }),
    smoothing: fc.constantFrom(0, 0.1),
  });
  fc.assert(
    fc.property(cases, ({ batch, classes, smoothing }) => {
      const logits = normals('x', [batch, classes]);
      const labels = Int32Array.from({ length: batch }, (_, i) => (7 * i) % classes);
      const expected = reference.crossEntropy(logits, labels, smoothing);
      const loss = onAllThreadCounts(() => crossEntropy(logits, labels, smoothing).loss);
      expectNear(loss, expected.loss, 5e-7, 1e-7);
      const probabilities = collect(() => crossEntropy(logits, labels, smoothing).probabilities);
      expectNear(probabilities, expected.probabilities, 4e-7);
      const dloss = { shape: [], data: Float32Array.of(0.5) };
      const gradient = reference.crossEntropyBackward(dloss, expected.probabilities, labels, smoothing);
      expectNear(
        collect(() => crossEntropyBackward(dloss, expected.probabilities, labels, smoothing)),
        gradient,
        4e-7,
        1 / batch,
      );
    }),
    { numRuns: 100 },
  );
});

test('a class of probability zero counts only with smoothing, and labels are checked', () => {
  const logits = { shape: [1, 3], data: Float32Array.of(0, -Infinity, 1) };
  const loss = (smoothing: number) =>
    collect(() => crossEntropy(logits, Int32Array.of(0), smoothing).loss).data[0];
  expect(loss(0)).toBeCloseTo(Math.log(1 + Math.E), 6);
  expect(loss(0.1)).toBe(Infinity);
  expect(() => crossEntropy(logits, Int32Array.of(3), 0)).toThrow('label 3 of sample 0 is not one of 0 .. 2');
});
