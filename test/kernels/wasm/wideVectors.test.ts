import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ConvGeometry, NDArray } from '../../../src/kernels/contract.ts';
import { claimFresh, hasFresh } from '../../../src/kernels/ownership.ts';
import { inPairs, setPairs } from '../../../src/kernels/wasm/builder/features.ts';
import { i32 } from '../../../src/kernels/wasm/builder/index.ts';
import { ModuleBuilder } from '../../../src/kernels/wasm/builder/module.ts';
import { conv2d, conv2dBackward } from '../../../src/kernels/wasm/conv/conv2d.ts';
import { matmul } from '../../../src/kernels/wasm/gemm/matmul.ts';
import { standardize, standardizeBackward } from '../../../src/kernels/wasm/norm/standardize.ts';
import { release } from '../../../src/kernels/wasm/runtime/memory.ts';
import { forgetAll } from '../../../src/kernels/wasm/runtime/remember.ts';
import { sampleOfKernels } from '../../../src/kernels/wasm/wide/sampleOfKernels.ts';
import { vectorSwitch } from '../../../src/kernels/wasm/wide/vectorSwitch.node.ts';
import { probe, widen } from '../../../src/kernels/wasm/wide/wideVectors.node.ts';
import { createRandom } from '../../../src/random.ts';

afterEach(() => {
  setPairs(false);
  forgetAll();
});

describe('kernels that are written in pairs give the same bits', () => {
  const draw = (seed: string, ...shape: number[]): NDArray => {
    const random = createRandom(seed);
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal());
    return { shape, data };
  };
  /** The results of `run`, written in the one way and in the other. */
  const inBothWays = (run: () => readonly (NDArray | null)[]): Int32Array[][] =>
    [false, true].map((pairs) => {
      setPairs(pairs);
      forgetAll();
      const bits = run().map((each) => {
        const { data } = each!;
        return new Int32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
      });
      while (hasFresh()) release(claimFresh() as Float32Array);
      return bits;
    });
  const expectSameBits = (run: () => readonly (NDArray | null)[]): void => {
    const [apart, joined] = inBothWays(run);
    expect(apart.length).toBeGreaterThan(0);
    joined.forEach((bits, i) => {
      expect(Buffer.compare(Buffer.from(bits.buffer), Buffer.from(apart[i].buffer))).toBe(0);
    });
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 13, 50])('products of %s rows', (m) => {
    expectSameBits(() =>
      [1, 4, 10, 15, 16, 33, 64, 300].flatMap((n) => {
        const bias = draw('bias', n);
        return [
          matmul(draw('a', m, 70), draw('b', 70, n), { bias, relu: true }),
          matmul(draw('a', 70, m), draw('b', n, 70), { transposeA: true, transposeB: true }),
        ];
      }),
    );
  });

  it.each<[string, number[], number, number, Partial<ConvGeometry>]>([
    ['Winograd by tiles', [3, 14, 14, 8], 24, 3, {}],
    ['Winograd, odd channels', [2, 13, 10, 13], 21, 3, {}],
    ['Winograd, 36 channels', [2, 12, 12, 36], 12, 3, {}],
    ['Winograd by channels', [1, 7, 7, 12], 40, 3, {}],
    ['Winograd by chunks', [8, 20, 20, 16], 16, 3, {}],
    ['direct, stride 2', [2, 9, 9, 5], 16, 3, { stride: [2, 2] }],
    ['direct, 1 to 10', [2, 10, 10, 1], 10, 3, {}],
    ['direct, 5x5', [2, 10, 10, 6], 22, 5, { padding: [2, 2, 2, 2] }],
    ['direct, 1x1', [2, 8, 8, 8], 32, 1, { padding: [0, 0, 0, 0] }],
    ['groups', [2, 8, 8, 16], 48, 3, { groups: 2 }],
    ['depthwise', [2, 8, 8, 20], 20, 3, { groups: 20 }],
  ])('convolutions: %s', (_, shape, out, kernel, different) => {
    const geometry: ConvGeometry = {
      ...{ kernel: [kernel, kernel], stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 },
      ...different,
    };
    const x = draw('x', ...shape);
    const w = draw('w', kernel, kernel, shape[3] / geometry.groups, out);
    expectSameBits(() => {
      const y = conv2d(x, w, draw('bias', out), geometry, true);
      const { dx, dw } = conv2dBackward(draw('dy', ...y.shape), x, w, geometry, { x: true, w: true });
      return [y, dx, dw];
    });
  });

  it.each([
    ['columns', { n: 1, p: 96, g: 24, k: 1 }],
    ['few columns', { n: 2, p: 49, g: 5, k: 1 }],
    ['groups', { n: 3, p: 16, g: 4, k: 8 }],
    ['rows', { n: 7, p: 1, g: 1, k: 37 }],
  ])('norms: %s', (_, view) => {
    const { n, p, g, k } = view;
    const [x, residual, dy] = ['x', 'residual', 'dy'].map((seed) => draw(seed, n, p, g * k));
    const [gamma, beta] = [draw('gamma', g * k), draw('beta', g * k)];
    const options = { eps: 1e-5, epsInside: true, ddof: 0 as const, center: true };
    expectSameBits(() =>
      [false, true].flatMap((relu) => {
        const common = { x, view, gamma, options, relu };
        const { y, statistics } = standardize({ ...common, beta, residual });
        const through = { mean: true, variance: true };
        const needs = { x: true, gamma: true, beta: true, residual: true };
        const gradients = standardizeBackward({ ...common, y, dy, statistics, through, needs });
        return [y, gradients.dx, gradients.dgamma, gradients.dbeta];
      }),
    );
  });
});

describe('the switch', () => {
  const fake = () => ({ joinPairs: vi.fn(), compileSoon: vi.fn() });

  it('stays on where the kernels give the same bits', () => {
    const vectors = fake();
    expect(widen(vectors, sampleOfKernels)).toBeUndefined();
    expect(inPairs()).toBe(true);
    expect(vectors.joinPairs.mock.calls).toEqual([[true]]);
    expect(vectors.compileSoon.mock.calls).toEqual([[true], [false]]);
  });

  it.each([1, 2, 3])('goes off again where a bit differs in run %s after it', (run) => {
    const vectors = fake();
    let runs = 0;
    const sample = () => Int32Array.of(1, 2, runs++ === run ? 4 : 3);
    expect(widen(vectors, sample)).toMatch(/other bits/);
    expect(inPairs()).toBe(false);
    expect(vectors.joinPairs.mock.calls).toEqual([[true], [false]]);
    expect(vectors.compileSoon.mock.calls).toEqual([[true], [false]]);
  });

  it('goes off again where kernels fail, and says how', () => {
    const vectors = fake();
    const sample = () => {
      if (inPairs()) throw new WebAssembly.CompileError('no such operation');
      return Int32Array.of(1);
    };
    expect(widen(vectors, sample)).toMatch(/no such operation/);
    expect(inPairs()).toBe(false);
    expect(vectors.joinPairs.mock.lastCall).toEqual([false]);
    expect(vectors.compileSoon.mock.lastCall).toEqual([false]);
  });

  it('is not touched where the engine has none', () => {
    const sample = vi.fn();
    expect(widen('it has none', sample)).toBe('it has none');
    expect(sample).not.toHaveBeenCalled();
    expect(inPairs()).toBe(false);
  });
});

describe('the engine is asked', () => {
  it('by its version', () => {
    expect(vectorSwitch(probe(), '22.23.3')).toBe('Node 22.23.3 cannot join vectors, 24 and newer can');
  });

  it('for a pair to join, and its word is not enough', () => {
    const nothing = new ModuleBuilder();
    nothing.func('run', { at: i32 }, () => {});
    const { bytes } = nothing.finish('nothing', { maximumPages: 1, shared: false });
    const answer =
      Number.parseInt(process.versions.node, 10) < 24
        ? /^Node 26.0.0 does not run with --experimental-wasm-revectorize \(.*bad option/
        : /^Node 26.0.0 joins no vectors on this processor/;
    expect(vectorSwitch(bytes, '26.0.0')).toMatch(answer);
  });

  it('and may not know the flag', () => {
    const told = vectorSwitch(probe(), '26.0.0', 'no-such-flag');
    expect(told).toMatch(/^Node 26.0.0 does not run with --no-such-flag \(.*bad option: --no-such-flag\)$/);
  });
});
