import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { at, define, expectClose, inner, normals } from './arrays.ts';

const shapes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 });

describe('shape kernels', () => {
  it('permute moves the axes', () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
        fc.nat(),
      ),
    );
    fc.assert(
      fc.property(cases, ([shape, axes, seed]) => {
        const x = normals(seed, shape);
        const expected = define(
          axes.map((axis) => shape[axis]),
          (...index) => at(x, ...shape.map((_, axis) => index[axes.indexOf(axis)])),
        );
        expectClose(reference.permute(x, axes), expected, 0);
      }),
    );
  });

  it('broadcastTo repeats, and sum over the repeated axes is its adjoint', () => {
    const x = normals(1, [3, 1, 2]);
    const y = reference.broadcastTo(x, [4, 3, 5, 2]);
    expectClose(
      y,
      define([4, 3, 5, 2], (_, i, __, k) => at(x, i, 0, k)),
      0,
    );
    const dy = normals(2, y.shape);
    const dx = reference.reduce('sum', dy, [0, 2]);
    expect(inner(y, dy)).toBeCloseTo(inner(x, { shape: x.shape, data: dx.data }), 12);
    expectClose(
      reference.broadcastTo({ shape: [], data: Float64Array.of(7) }, [2]),
      define([2], () => 7),
      0,
    );
  });

  it('broadcastTo refuses what does not fit', () => {
    expect(() => reference.broadcastTo(normals(0, [3]), [4])).toThrow('3 against 4');
    expect(() => reference.broadcastTo(normals(0, [1, 4]), [4])).toThrow('more axes');
  });

  it('slice takes a box; pad puts it back; concat glues slices together', () => {
    const cases = shapes.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        cuts: fc.tuple(...shape.map((length) => fc.tuple(fc.nat(length), fc.nat(length)))),
        axis: fc.nat(shape.length - 1),
        seed: fc.nat(),
      }),
    );
    fc.assert(
      fc.property(cases, ({ shape, cuts, axis, seed }) => {
        const x = normals(seed, shape);
        const begin = cuts.map(([a, b]) => Math.min(a, b));
        const size = cuts.map(([a, b]) => Math.abs(a - b));
        const part = reference.slice(x, begin, size);
        expectClose(
          part,
          define(size, (...index) => at(x, ...index.map((i, d) => i + begin[d]))),
          0,
        );

        const after = shape.map((length, d) => length - begin[d] - size[d]);
        const inside = (index: number[]) => index.every((i, d) => i >= begin[d] && i < begin[d] + size[d]);
        const padded = define(shape, (...index) => (inside(index) ? at(x, ...index) : -3));
        expectClose(reference.pad(part, begin, after, -3), padded, 0);

        const cut = begin[axis];
        const head = reference.slice(
          x,
          shape.map(() => 0),
          shape.with(axis, cut),
        );
        const tail = reference.slice(
          x,
          shape.map((_, d) => (d === axis ? cut : 0)),
          shape.with(axis, shape[axis] - cut),
        );
        expectClose(reference.concat([head, tail], axis), x, 0);
      }),
    );
  });
});

describe('reduce', () => {
  it('folds any axes, which stay with length 1', () => {
    const cases = shapes.chain((shape) =>
      fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()]), fc.nat()),
    );
    const definitions = {
      sum: (values: number[]) => values.reduce((a, b) => a + b, 0),
      mean: (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length,
      max: (values: number[]) => values.toSorted((a, b) => b - a)[0],
      min: (values: number[]) => values.toSorted((a, b) => a - b)[0],
    };
    fc.assert(
      fc.property(cases, fc.constantFrom('sum', 'mean', 'max', 'min'), ([shape, axes, seed], op) => {
        const x = normals(seed, shape);
        const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
        const expected = define(kept, (...index) => {
          const folded = define(
            shape.map((length, axis) => (axes.includes(axis) ? length : 1)),
            (...offset) => at(x, ...index.map((i, axis) => i + offset[axis])),
          );
          return definitions[op as keyof typeof definitions]([...folded.data]);
        });
        expectClose(reference.reduce(op as keyof typeof definitions, x, axes), expected);
      }),
    );
  });

  it('sums in double: a float32 running sum of a million tenths gives 100958', () => {
    const tenths = { shape: [1e6], data: new Float32Array(1e6).fill(0.1) };
    expect(reference.reduce('sum', tenths, [0]).data[0]).toBe(Math.fround(Math.fround(0.1) * 1e6));
  });

  it('lets NaN through max and min', () => {
    const x = { shape: [3], data: Float64Array.of(1, NaN, 2) };
    expect(reference.reduce('max', x, [0]).data[0]).toBeNaN();
    expect(reference.reduce('min', x, [0]).data[0]).toBeNaN();
  });

  it('has no maximum of nothing, but a sum', () => {
    const empty = { shape: [0, 2], data: new Float64Array(0) };
    expect(() => reference.reduce('max', empty, [0])).toThrow('no max of no values');
    expect([...reference.reduce('sum', empty, [0]).data]).toEqual([0, 0]);
  });
});
