import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { createRandom } from '../../../src/random.ts';
import { at, define, expectClose, inner, matrix, normals, numericalGradient, vector } from './arrays.ts';

const shapeAndAxis = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.nat(shape.length - 1), fc.boolean(), fc.nat()));

describe('softmax', () => {
  it('is e^x over its sum along the axis', () => {
    fc.assert(
      fc.property(shapeAndAxis, ([shape, axis, log, seed]) => {
        const x = normals(seed, shape);
        const expected = define(shape, (...index) => {
          let sum = 0;
          for (let i = 0; i < shape[axis]; i++) sum += Math.exp(at(x, ...index.with(axis, i)));
          const y = Math.exp(at(x, ...index)) / sum;
          return log ? Math.log(y) : y;
        });
        expectClose(reference.softmax(x, axis, log), expected);
      }),
    );
  });

  it.each([false, true])('has the right gradient (log: %s)', (log) => {
    const x = normals('x', [2, 4, 3]);
    const dy = normals('dy', x.shape);
    const dx = reference.softmaxBackward(dy, reference.softmax(x, 1, log), 1, log);
    expectClose(
      dx,
      numericalGradient((moved) => inner(reference.softmax(moved, 1, log), dy), x),
      1e-9,
    );
  });

  it('is stable at logits of 1e4', () => {
    const x = vector(1e4, 1e4 - Math.log(3), -1e4);
    expectClose(reference.softmax(x, 0, false), vector(0.75, 0.25, 0));
    expectClose(reference.softmax(x, 0, true), vector(Math.log(0.75), Math.log(0.25), -2e4 + Math.log(0.75)));
  });
});

describe('crossEntropy', () => {
  it('is the mean of -t log p, for any smoothing', () => {
    fc.assert(
      fc.property(
        fc.record({
          batch: fc.integer({ min: 1, max: 5 }),
          classes: fc.integer({ min: 1, max: 6 }),
          smoothing: fc.constantFrom(0, 0.1, 0.5, 1),
          seed: fc.nat(),
        }),
        ({ batch, classes, smoothing, seed }) => {
          const random = createRandom(seed);
          const logits = normals(`${seed}`, [batch, classes]);
          const labels = Int32Array.from({ length: batch }, () => random.integer(classes));
          const p = reference.softmax(logits, 1, false);
          const target = (n: number, c: number) =>
            (1 - smoothing) * Number(labels[n] === c) + smoothing / classes;
          const terms = define([batch, classes], (n, c) => -target(n, c) * Math.log(at(p, n, c)));
          const { loss, probabilities } = reference.crossEntropy(logits, labels, smoothing);
          expectClose(probabilities, p);
          expectClose(
            loss,
            define(
              [],
              () =>
                inner(
                  terms,
                  define(terms.shape, () => 1),
                ) / batch,
            ),
          );

          const dloss = { shape: [], data: Float64Array.of(1.7) };
          const dlogits = define([batch, classes], (n, c) => (1.7 * (at(p, n, c) - target(n, c))) / batch);
          expectClose(reference.crossEntropyBackward(dloss, probabilities, labels, smoothing), dlogits);
        },
      ),
    );
  });

  it('is finite at logits of 1e4, and where a class is ruled out', () => {
    const labels = Int32Array.of(0, 1);
    const { loss } = reference.crossEntropy(matrix([1e4, -1e4], [1e4, -1e4]), labels, 0);
    expect(loss.data[0]).toBe(1e4); // (0 + 2e4) / 2
    const ruledOut = reference.crossEntropy(matrix([0, -Infinity]), Int32Array.of(0), 0);
    expect(ruledOut.loss.data[0]).toBe(0);
  });

  it('names a label that is no class', () => {
    const logits = normals(0, [2, 3]);
    expect(() => reference.crossEntropy(logits, Int32Array.of(0, 3), 0)).toThrow('label 3 of sample 1');
    expect(() => reference.crossEntropy(logits, Int32Array.of(-1, 0), 0)).toThrow('label -1 of sample 0');
  });
});
