import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type {
  NDArray,
  Numbers,
  SetView,
  StandardizeBackwardInput,
  StandardizeGradients,
  StandardizeInput,
  StandardizeOptions,
} from '../../../src/kernels/contract.ts';
import { claimFresh, hasFresh } from '../../../src/kernels/ownership.ts';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { allocate, release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { setThreadCount, stopThreads, threadCount } from '../../../src/kernels/wasm/runtime/threads.ts';
import { wasm } from '../../../src/kernels/wasm/wasm.ts';
import { expectSameBits, normals } from './compare.ts';

afterAll(stopThreads);

const plain: StandardizeOptions = { eps: 1e-5, epsInside: true, ddof: 0, center: true };
const all = { x: true, gamma: true, beta: true, residual: true };
const GRADIENTS = ['dx', 'dgamma', 'dbeta', 'dresidual'] as const;

function draw(view: SetView, seed: number | string, offset = 0) {
  const features = view.g * view.k;
  const size = view.n * view.p * features;
  return {
    x: normals(`x${seed}`, [size], offset),
    view,
    gamma: normals(`gamma${seed}`, [features]),
    beta: normals(`beta${seed}`, [features]),
    residual: normals(`residual${seed}`, [size]),
    dy: normals(`dy${seed}`, [size]),
  };
}

/** The arrays in memory of their own; the kernels' blocks are given back. */
function copied(arrays: readonly (NDArray | null)[]): (Numbers | null)[] {
  const copies = arrays.map((array) => array?.data.slice() ?? null);
  while (hasFresh()) release(claimFresh() as Float32Array);
  return copies;
}

function largest(data: Numbers): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]));
  return most;
}

/** The largest difference, as a share of `scale`. */
function difference(actual: ArrayLike<number>, expected: ArrayLike<number>, scale: number): number {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let i = 0; i < actual.length; i++) {
    const each = Math.abs(actual[i] - expected[i]);
    if (!(each <= most)) most = each;
  }
  return most / scale;
}

/** Sizes that meet every path: folded rows and tails, overlapping groups, single rows, sets of one, k beyond a block. */
const few = fc.integer({ min: 1, max: 5 });
const odd = fc.oneof(few, fc.constantFrom(10, 16, 17, 33, 100, 129));
const views: fc.Arbitrary<SetView> = fc.oneof(
  fc.record({ n: few, p: fc.integer({ min: 1, max: 200 }), g: odd, k: few }),
  fc.record({ n: fc.constant(1), p: fc.integer({ min: 1, max: 700 }), g: odd, k: fc.constant(1) }),
  fc.record({ n: odd, p: fc.constant(1), g: few, k: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ n: few, p: few, g: fc.constant(1), k: odd }),
);
const options = fc.record<StandardizeOptions>({
  eps: fc.constantFrom(1e-5, 1e-3, 0.5),
  epsInside: fc.boolean(),
  ddof: fc.constantFrom(0, 1),
  center: fc.boolean(),
});
const flags = fc.record({
  gamma: fc.boolean(),
  beta: fc.boolean(),
  residual: fc.boolean(),
  relu: fc.boolean(),
  given: fc.boolean(),
});

/**
 * Tolerances: the kernels round a handful of times where the reference, in double, does not, at 6e-8 each, and their float32
 * sums run over at most 64 values before they go on in double: 64 * 6e-8 = 4e-6 if all roundings pointed the same way.
 */
const TOLERANCE = 4e-6;

describe('standardize on WebAssembly', () => {
  it('equals the reference over random views and options', () => {
    fc.assert(
      fc.property(
        views,
        options,
        flags,
        fc.constantFrom(0, 3, 100),
        fc.nat(),
        (view, opts, use, offset, seed) => {
          const arrays = draw(view, seed, offset);
          const sets = view.n * view.g;
          fc.pre(view.p * view.k > opts.ddof);
          const positive = normals(`variance${seed}`, [sets]).data.map((v) => 0.1 + Math.abs(v));
          const given = { mean: normals(`mean${seed}`, [sets]), variance: { shape: [sets], data: positive } };
          const input: StandardizeInput = {
            ...arrays,
            gamma: use.gamma ? arrays.gamma : null,
            beta: use.beta ? arrays.beta : null,
            residual: use.residual ? arrays.residual : null,
            relu: use.relu,
            options: opts,
            given: use.given ? given : null,
          };
          const expected = reference.standardize(input);
          const { y, statistics } = wasm.standardize(input);
          const [data, mean, variance] = copied([y, statistics.mean, statistics.variance]);
          const scale = largest(expected.y.data) + 1;
          expect(difference(data!, expected.y.data, scale)).toBeLessThan(TOLERANCE);
          const spread = Math.sqrt(largest(expected.statistics.variance.data)) + 1e-3 + offset;
          expect(difference(mean!, expected.statistics.mean.data, spread)).toBeLessThan(TOLERANCE);
          expect(difference(variance!, expected.statistics.variance.data, spread ** 2)).toBeLessThan(
            TOLERANCE,
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('does not write past the end of y', () => {
    for (const [n, p, g, k] of [
      [1, 7, 3, 1],
      [3, 5, 1, 1],
      [5, 1, 1, 3],
      [2, 3, 1, 5],
      [1, 1, 1, 21],
      [1, 9, 33, 1],
    ]) {
      const view = { n, p, g, k };
      const { x, gamma, beta } = draw(view, 'end');
      const length = x.data.length;
      // The pool hands out last what was given back last: y takes this block's place.
      const block = allocate(length);
      const after = new Float32Array(block.buffer, block.byteOffset, Math.ceil(length / 16) * 16).fill(7);
      release(block);
      const { y } = wasm.standardize({ x, view, gamma, beta, options: plain });
      expect(y.data.byteOffset).toBe(after.byteOffset);
      expect([...after.subarray(length)].every((value) => value === 7)).toBe(true);
      copied([]);
    }
  });

  it('says what is wrong with a gamma of another size', () => {
    const view = { n: 2, p: 3, g: 4, k: 1 };
    const { x, beta } = draw(view, 'size');
    expect(() => wasm.standardize({ x, view, gamma: normals('g', [3]), beta, options: plain })).toThrow(
      /one value for each of the 4 features .* got shape \[3\]/,
    );
    copied([]);
  });
});

/** What a backward pass computes with these kernels, from the reference's forward pass. */
function backward(input: StandardizeBackwardInput): StandardizeGradients & { scale: number } {
  const g = input.dy.data.map((value, i) => value * (input.gamma?.data[i % input.gamma.data.length] ?? 1));
  const { eps, epsInside } = input.options;
  const sigma = [...input.statistics.variance.data].map((v) =>
    epsInside ? Math.sqrt(v + eps) : Math.sqrt(v) + eps,
  );
  // dx is a difference of numbers of this size, of which nearly nothing may be left (sets of two).
  return { ...reference.standardizeBackward(input), scale: (largest(g) + 1) / Math.min(...sigma) };
}

describe('standardizeBackward on WebAssembly', () => {
  it('equals the reference over random views, options, paths and needs', () => {
    const bits = fc.record({
      x: fc.boolean(),
      gamma: fc.boolean(),
      beta: fc.boolean(),
      residual: fc.boolean(),
    });
    const paths = fc.record({ mean: fc.boolean(), variance: fc.boolean() });
    const needs = fc.oneof(fc.constant(all), bits);
    fc.assert(
      fc.property(views, options, flags, paths, needs, fc.nat(), (view, opts, use, through, wanted, seed) => {
        fc.pre(view.p * view.k > opts.ddof);
        const arrays = draw(view, seed, seed % 3);
        const forward = {
          ...arrays,
          gamma: use.gamma ? arrays.gamma : null,
          residual: use.residual ? arrays.residual : null,
          relu: use.relu,
          options: opts,
        };
        const { y, statistics } = reference.standardize(forward);
        // B2's last term is steep where s is hardly there.
        fc.pre(opts.epsInside || [...statistics.variance.data].every((v) => v === 0 || v > 1e-4));
        const input = { ...forward, y, statistics, through, needs: wanted };
        const expected = backward(input);
        const actual = wasm.standardizeBackward(input);
        if (actual.dresidual && !use.relu) expect(actual.dresidual).toBe(arrays.dy);
        const results = copied(GRADIENTS.map((name) => actual[name]));
        GRADIENTS.forEach((name, i) => {
          expect(results[i] === null).toBe(expected[name] === null);
          if (!expected[name]) return;
          const scale = name === 'dx' ? expected.scale : largest(expected[name].data) + 1;
          expect(difference(results[i]!, expected[name].data, scale)).toBeLessThan(2 * TOLERANCE);
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe('threads', () => {
  it('give the same bits, whatever their number', () => {
    const before = threadCount();
    // Images whole and in parts, rows whole and in chunks; with tails.
    const shapes = [
      [40, 300, 4, 3],
      [1, 9000, 5, 1],
      [2, 5000, 2, 4],
      [3, 30001, 1, 2],
      [700, 1, 1, 65],
      [2, 1, 1, 40003],
    ];
    for (const [n, p, g, k] of shapes) {
      const view = { n, p, g, k };
      const arrays = { ...draw(view, 'threads', 1), options: plain, relu: true };
      const runs = [1, 2, 3].map((count) => {
        setThreadCount(count);
        const { y, statistics } = wasm.standardize(arrays);
        const through = { mean: true, variance: true };
        const gradients = wasm.standardizeBackward({ ...arrays, y, statistics, through, needs: all });
        return copied([y, statistics.mean, statistics.variance, ...GRADIENTS.map((name) => gradients[name])]);
      });
      setThreadCount(before);
      runs[0].forEach((bits, i) => {
        for (const other of [runs[1], runs[2]]) expectSameBits(other[i]!, bits!);
      });
    }
  });
});
