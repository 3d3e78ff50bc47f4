import { afterAll, describe, expect, it } from 'vitest';
import type { NDArray, SetView, StandardizeOptions } from '../../../src/kernels/contract.ts';
import { claimFresh, hasFresh } from '../../../src/kernels/ownership.ts';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { stopThreads } from '../../../src/kernels/wasm/runtime/threads.ts';
import { wasm } from '../../../src/kernels/wasm/wasm.ts';
import { createRandom } from '../../../src/random.ts';

afterAll(stopThreads);

const options: StandardizeOptions = { eps: 1e-5, epsInside: true, ddof: 0, center: true };
const through = { mean: true, variance: true };
const needs = { x: true, gamma: true, beta: true, residual: false };

const views: Record<string, SetView> = {
  BatchNorm: { n: 1, p: 2000, g: 6, k: 1 },
  InstanceNorm: { n: 4, p: 500, g: 6, k: 1 },
  GroupNorm: { n: 4, p: 300, g: 4, k: 4 },
  LayerNorm: { n: 50, p: 1, g: 1, k: 300 },
  'LayerNorm over a long row': { n: 2, p: 1, g: 1, k: 30_000 },
  'LayerNorm per sample': { n: 3, p: 200, g: 1, k: 10 },
};

function array(length: number, value: (i: number) => number): NDArray {
  const data = new Float32Array(length);
  for (let i = 0; i < length; i++) data[i] = value(i);
  return { shape: [length], data };
}

const double = (x: NDArray): NDArray => ({ shape: x.shape, data: Float64Array.from(x.data) });

function freeAll(): void {
  while (hasFresh()) release(claimFresh() as Float32Array);
}

function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < expected.length; i++) most = Math.max(most, Math.abs(actual[i] - expected[i]));
  return most;
}

function drawn(view: SetView, value: (i: number, normal: number) => number) {
  const random = createRandom('accuracy');
  const features = view.g * view.k;
  const size = view.n * view.p * features;
  return {
    view,
    options,
    x: array(size, (i) => value(i, random.normal())),
    dy: array(size, () => random.normal()),
    gamma: array(features, () => 1 + 0.4 * random.normal()),
    beta: array(features, () => random.normal()),
  };
}

/** Forward and backward, in float32 on WebAssembly and in double throughout. */
function both(input: ReturnType<typeof drawn>) {
  const exact = { ...input, x: double(input.x), dy: double(input.dy) };
  const [gamma, beta] = [double(input.gamma), double(input.beta)];
  const expected = reference.standardize({ ...exact, gamma, beta });
  const y = wasm.standardize(input);
  return {
    y: y.y,
    expected,
    statistics: y.statistics,
    gradients: wasm.standardizeBackward({ ...input, ...y, through, needs }),
    exact: reference.standardizeBackward({ ...exact, gamma, ...expected, through, needs }),
  };
}

describe('variance without cancellation', () => {
  // PyTorch issues 40302, 51102, 61521: with E[x^2] - E[x]^2 in float32 an offset of 1e4 leaves nothing.
  for (const [name, view] of Object.entries(views)) {
    it(`${name}: forward and backward at offsets up to 1e5, in float32`, () => {
      for (const offset of [0, 1e2, 1e3, 1e4, 1e5]) {
        const { y, expected, gradients, exact } = both(drawn(view, (_, normal) => offset + normal));
        expect(largestDifference(y.data, expected.y.data)).toBeLessThan(4e-6);
        expect(largestDifference(gradients.dx!.data, exact.dx!.data)).toBeLessThan(4e-6);
        const scale = Math.max(...exact.dgamma!.data.map(Math.abs), 1);
        expect(largestDifference(gradients.dgamma!.data, exact.dgamma!.data) / scale).toBeLessThan(2e-6);
        freeAll();
      }
    });
  }

  it('holds for data that a pivot taken from the first values would betray', () => {
    for (const view of Object.values(views)) {
      const m = view.p * view.k;
      const adverse: ((i: number, normal: number) => number)[] = [
        // The first values, the last ones, or one in 61 lie far from all others.
        (i, normal) => (i < 12 ? 1e4 : normal),
        (i, normal) => (i % (m * view.g) > m * view.g - 12 ? -1e4 : normal),
        (i, normal) => (i % 61 === 0 ? 1e4 + normal : normal),
        // A slope, steps, and two levels in turn.
        (i, normal) => i + normal,
        (i, normal) => 1e3 * Math.floor(i / 1000) + normal,
        (i, normal) => (i % 2 ? 1e4 : -1e4) + normal,
      ];
      for (const value of adverse) {
        const { statistics, expected, y } = both(drawn(view, value));
        const { mean, variance } = expected.statistics;
        for (let set = 0; set < variance.data.length; set++) {
          const v = variance.data[set];
          expect(Math.abs(statistics.variance.data[set] - v)).toBeLessThanOrEqual(1e-5 * v);
          expect(Math.abs(statistics.mean.data[set] - mean.data[set])).toBeLessThanOrEqual(
            1e-5 * Math.sqrt(v),
          );
        }
        const largest = Math.max(...Array.from(expected.y.data.subarray(0, 1000), Math.abs), 1);
        expect(largestDifference(y.data, expected.y.data)).toBeLessThan(1e-5 * largest);
        freeAll();
      }
    }
  });
});

describe('constant sets', () => {
  it('give exactly beta, and dx = (g - mean g) / sqrt(eps)', () => {
    for (const view of Object.values(views)) {
      for (const constant of [0, 0.1, 1234, -1e-6]) {
        const input = drawn(view, () => constant);
        const { y, statistics, gradients, exact } = both(input);
        const beta = input.beta.data;
        expect(y.data.every((value, i) => value === beta[i % beta.length])).toBe(true);
        expect(statistics.variance.data.every((value) => value === 0)).toBe(true);
        expect(statistics.mean.data.every((value) => value === Math.fround(constant))).toBe(true);
        const difference = largestDifference(gradients.dx!.data, exact.dx!.data);
        expect(difference * Math.sqrt(options.eps)).toBeLessThan(4e-6);
        freeAll();
      }
    }
  });

  it('in a set of one, dx is exactly 0', () => {
    for (const view of [
      { n: 3, p: 1, g: 5, k: 1 },
      { n: 1, p: 1, g: 1, k: 1 },
    ]) {
      const { gradients } = both(drawn(view, (_, normal) => normal));
      expect(gradients.dx!.data.every((value) => value === 0)).toBe(true);
      freeAll();
    }
  });
});

describe('long sums', () => {
  it('dgamma and dbeta over a million values', () => {
    const view = { n: 1, p: 1_000_003, g: 1, k: 1 };
    const random = createRandom('million');
    const input = drawn(view, (_, normal) => normal);
    // All products of one sign, so that a running float32 sum would stop growing.
    input.dy = array(view.p, (i) => (input.x.data[i] > 0 ? 1 : -1) * (1 + random.uniform()));
    const { gradients, exact } = both(input);
    expect(Math.abs(gradients.dgamma!.data[0] / exact.dgamma!.data[0] - 1)).toBeLessThan(1e-6);
    freeAll();
    input.dy = array(view.p, () => random.uniform());
    const { gradients: positive, exact: total } = both(input);
    expect(Math.abs(positive.dbeta!.data[0] / total.dbeta!.data[0] - 1)).toBeLessThan(1e-6);
    freeAll();
  });

  it('dgamma and dbeta over many rows', () => {
    const view = { n: 100_000, p: 1, g: 1, k: 3 };
    const input = drawn(view, (_, normal) => normal);
    input.dy = array(3 * view.n, (i) => 1 + (i % 7) / 7);
    const { gradients, exact } = both(input);
    for (const name of ['dgamma', 'dbeta'] as const) {
      const scale = Math.max(...exact[name]!.data.map(Math.abs));
      expect(largestDifference(gradients[name]!.data, exact[name]!.data)).toBeLessThan(1e-6 * scale + 1e-2);
    }
    freeAll();
  });

  // A float32 running sum of equal numbers stops at 2^24 of them.
  it('the mean of 2e7 copies of 0.473 is 0.473', () => {
    const x = { shape: [2e7], data: new Float32Array(2e7).fill(0.473) };
    const view = { n: 1, p: 2e7, g: 1, k: 1 };
    const { statistics } = wasm.standardize({ x, view, gamma: null, beta: null, options });
    expect(statistics.mean.data[0]).toBe(Math.fround(0.473));
    expect(statistics.variance.data[0]).toBe(0);
    freeAll();
  });
});
