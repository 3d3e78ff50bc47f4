import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BinaryOp, UnaryOp } from '../../../src/kernels/contract.ts';
import { erf, erfc } from '../../../src/kernels/reference/erf.ts';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { at, define, expectClose, expectNumbersClose, float32, normals, vector } from './arrays.ts';

const inputs = [-3.7, -1.2, -0.4, 0.3, 0.9, 2.5, 6];
const positive = [0.1, 0.7, 1, 3.5, 40];

/** The definitions, in the form that is easiest to recognise; stable or not does not matter at these inputs. */
const unaryDefinitions: Record<UnaryOp, { f: (x: number) => number; p?: number; q?: number; at?: number[] }> =
  {
    affine: { f: (x) => 2.5 * x - 1.5, p: 2.5, q: -1.5 },
    exp: { f: (x) => Math.E ** x },
    log: { f: (x) => Math.log2(x) * Math.LN2, at: positive },
    sqrt: { f: (x) => x ** 0.5, at: positive },
    abs: { f: (x) => (x < 0 ? -x : x) },
    square: { f: (x) => x ** 2 },
    pow: { f: (x) => Math.exp(1.7 * Math.log(x)), p: 1.7, at: positive },
    clamp: { f: (x) => [-1, x, 2].sort((a, b) => a - b)[1], p: -1, q: 2 },
    relu: { f: (x) => (x + Math.abs(x)) / 2 },
    leakyRelu: { f: (x) => Math.max(x, 0) + 0.1 * Math.min(x, 0), p: 0.1 },
    elu: { f: (x) => (x > 0 ? x : 1.3 * (Math.exp(x) - 1)), p: 1.3 },
    gelu: { f: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)) },
    geluTanh: {
      f: (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    },
    silu: { f: (x) => x / (1 + Math.exp(-x)) },
    mish: { f: (x) => x * Math.tanh(Math.log(1 + Math.exp(x))) },
    hardsigmoid: { f: (x) => [0, (x + 3) / 6, 1].sort((a, b) => a - b)[1] },
    hardswish: { f: (x) => (x * [0, x + 3, 6].sort((a, b) => a - b)[1]) / 6 },
    softplus: { f: (x) => Math.log(1 + Math.exp(x)) },
    sigmoid: { f: (x) => 1 / (1 + Math.exp(-x)) },
    tanh: { f: (x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1) },
    erf: { f: erf },
  };
const unaryOps = Object.keys(unaryDefinitions) as UnaryOp[];

describe('unary', () => {
  it.each(unaryOps)('%s: values and derivative', (op) => {
    const { f, p, q, at: points = inputs } = unaryDefinitions[op];
    const x = vector(...points);
    const y = reference.unary(op, x, p, q);
    expectNumbersClose(y.data, points.map(f), 1e-13);
    const dy = normals(op, x.shape);
    const h = 1e-5;
    const slopes = points.map((v, i) => (dy.data[i] * (f(v + h) - f(v - h))) / (2 * h));
    expectNumbersClose(reference.unaryBackward(op, dy, x, y, p, q).data, slopes, 1e-8);
  });

  it.each(unaryOps)('%s keeps NaN and the dtype', (op) => {
    const { p, q } = unaryDefinitions[op];
    const y = reference.unary(op, { shape: [1], data: new Float32Array([NaN]) }, p, q);
    expect(y.data).toEqual(new Float32Array([NaN]));
  });

  it('does not overflow far from zero', () => {
    const far = vector(-1e4, -800, 800, 1e4);
    const results: [UnaryOp, number[]][] = [
      ['sigmoid', [0, 0, 1, 1]],
      ['softplus', [0, 0, 800, 1e4]],
      ['elu', [-1, -1, 800, 1e4]],
      ['tanh', [-1, -1, 1, 1]],
      ['erf', [-1, -1, 1, 1]],
      ['silu', [0, 0, 800, 1e4]],
      ['gelu', [0, 0, 800, 1e4]],
      ['geluTanh', [0, 0, 800, 1e4]],
      ['mish', [0, 0, 800, 1e4]],
      ['hardsigmoid', [0, 0, 1, 1]],
      ['hardswish', [0, 0, 800, 1e4]],
    ];
    const ones = vector(1, 1, 1, 1);
    for (const [op, expected] of results) {
      const y = reference.unary(op, far);
      expectNumbersClose(y.data, expected, 0);
      expect([...reference.unaryBackward(op, ones, far, y).data].every(Number.isFinite)).toBe(true);
    }
    // log(1 + e^-30) to full relative precision, where 1 + e^-30 has lost it.
    expect(reference.unary('softplus', vector(-30)).data[0]).toBeCloseTo(9.357622968839737e-14, 28);
  });

  it("takes PyTorch's derivatives at the kinks", () => {
    const zero = vector(0);
    const slope = (op: UnaryOp, x: number, p?: number, q?: number) =>
      reference.unaryBackward(op, vector(1), vector(x), reference.unary(op, vector(x), p, q), p, q).data[0];
    expect(slope('relu', 0)).toBe(0);
    expect(slope('abs', 0)).toBe(0);
    expect(slope('leakyRelu', 0, 0.1)).toBe(0.1);
    expect(slope('clamp', -1, -1, 2)).toBe(1);
    expect(slope('clamp', 2, -1, 2)).toBe(1);
    expect(slope('pow', 0, 0)).toBe(0);
    expect([slope('hardsigmoid', -3), slope('hardsigmoid', 3)]).toEqual([0, 0]);
    expect([slope('hardswish', -3), slope('hardswish', 3)]).toEqual([-0.5, 1.5]);
    expect(reference.unary('relu', zero).data[0]).toBe(0);
  });
});

describe('erf', () => {
  // mpmath 1.3, 40 digits.
  const values: [number, number, number][] = [
    [1e-10, 1.1283791670955126e-10, 0.999999999887162],
    [0.25, 0.27632639016823696, 0.7236736098317631],
    [0.46875, 0.49261347321793797, 0.507386526782062],
    [0.5, 0.5204998778130465, 0.4795001221869535],
    [1, 0.8427007929497149, 0.15729920705028513],
    [2.5, 0.999593047982555, 0.0004069520174449589],
    [4.5, 0.9999999998033839, 1.9661604415428876e-10],
    [10, 1, 2.088487583762545e-45],
  ];

  it.each(values)('at %d', (x, expectedErf, expectedErfc) => {
    expect(Math.abs(erf(x) / expectedErf - 1)).toBeLessThan(1e-15);
    expect(Math.abs(erfc(x) / expectedErfc - 1)).toBeLessThan(1e-14);
    expect(erf(-x)).toBe(-erf(x));
    expect(erfc(-x)).toBe(2 - erfc(x));
  });

  it('is 0 at 0 and reaches 1', () => {
    expect(erf(0)).toBe(0);
    expect(erf(Infinity)).toBe(1);
    expect(erfc(-Infinity)).toBe(2);
    expect(erf(NaN)).toBeNaN();
  });
});

const binaryDefinitions: Record<BinaryOp, (a: number, b: number) => number> = {
  add: (a, b) => a - -b,
  sub: (a, b) => a + -b,
  mul: (a, b) => (b === 0 ? 0 : a / (1 / b)),
  div: (a, b) => a * (1 / b),
  pow: (a, b) => Math.exp(b * Math.log(a)),
  maximum: (a, b) => (a + b + Math.abs(a - b)) / 2,
  minimum: (a, b) => (a + b - Math.abs(a - b)) / 2,
  greater: (a, b) => Number(b < a),
  equal: (a, b) => Number(!(a < b || a > b)),
  where: (a, b) => a * Math.sign(Math.abs(b)),
};
const binaryOps = Object.keys(binaryDefinitions) as BinaryOp[];

/** Two shapes that broadcast to `full`: some axes 1, some leading axes left out. */
const broadcastPair = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }).chain((full) =>
  fc
    .tuple(
      fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }),
      fc.nat({ max: full.length }),
      fc.boolean(),
    )
    .map(([ones, dropped, swap]) => {
      const other = full.map((length, axis) => (ones[axis] ? 1 : length)).slice(dropped);
      return { full, shapes: swap ? [other, full] : [full, other] };
    }),
);

describe('binary', () => {
  it.each(binaryOps)('%s broadcasts as NumPy does', (op) => {
    fc.assert(
      fc.property(broadcastPair, fc.nat(), ({ full, shapes }, seed) => {
        // Rounded and positive, so that ties happen and powers exist.
        const [a, b] = shapes.map((shape, i) => {
          const x = normals(`${seed}/${i}`, shape);
          return { shape, data: x.data.map((v) => Math.round(Math.abs(v) * 2) / 2 + 0.5) };
        });
        const expected = define(full, (...index) =>
          binaryDefinitions[op](fromTheRight(a, index), fromTheRight(b, index)),
        );
        expectClose(reference.binary(op, a, b), expected);
      }),
      { numRuns: 40 },
    );
  });

  /** x at the last axes of the index; 0 where x has length 1. */
  function fromTheRight(
    x: { shape: readonly number[]; data: Float32Array | Float64Array },
    index: readonly number[],
  ) {
    const last = index.slice(index.length - x.shape.length);
    return at(x, ...last.map((i, axis) => (x.shape[axis] === 1 ? 0 : i)));
  }

  it('broadcasts both sides at once', () => {
    const column = { shape: [3, 1], data: Float64Array.of(1, 2, 3) };
    const sum = reference.binary('add', column, vector(10, 20));
    expectClose(
      sum,
      define([3, 2], (i, j) => i + 1 + (j + 1) * 10),
    );
  });

  it('lets NaN through maximum and minimum', () => {
    for (const op of ['maximum', 'minimum'] as const) {
      expect([...reference.binary(op, vector(NaN, 1), vector(1, NaN)).data]).toEqual([NaN, NaN]);
    }
  });

  it('names both shapes where they do not match', () => {
    const a = normals(0, [2, 3]);
    const b = normals(0, [2, 4]);
    expect(() => reference.binary('add', a, b)).toThrow('[2,4] does not broadcast to [2,3]');
  });

  it('gives the dtype of the first input', () => {
    const x = normals(0, [3]);
    expect(reference.binary('mul', float32(x), x).data).toBeInstanceOf(Float32Array);
    expect(reference.binary('mul', x, float32(x)).data).toBeInstanceOf(Float64Array);
  });

  it('addInto adds in place', () => {
    const a = Float32Array.of(1, 2);
    reference.addInto(a, Float32Array.of(10, 20));
    expect([...a]).toEqual([11, 22]);
  });
});
