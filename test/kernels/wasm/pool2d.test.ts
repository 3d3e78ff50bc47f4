import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NDArray } from '../../../src/kernels/contract.ts';
import { referenceImages as reference } from '../../../src/kernels/reference/images.ts';
import {
  avgPool2d,
  avgPool2dBackward,
  maxPool2d,
  maxPool2dBackward,
} from '../../../src/kernels/wasm/pool2d/pool2d.ts';
import { outputSize, slidingWindows } from '../reference/window.ts';
import { collect, expectNear, normals, onAllThreadCounts } from './compare.ts';

const poolings = fc
  .record({ sliding: slidingWindows, channels: fc.constantFrom(1, 3, 4, 5, 8, 18) })
  .map(({ sliding, channels }) => {
    const { batch, size, window, seed } = sliding;
    const x = normals(`x${seed}`, [batch, ...size, channels]);
    const dy = normals(`dy${seed}`, [batch, ...outputSize(size, window), channels]);
    return { x, dy, window };
  });

/** A window sums at most nine values: one float32 rounding (6e-8) for each. */
const TOLERANCE = 1e-6;

/** Few distinct values, so that maxima tie, with NaN and infinities among them. */
function coarse(x: NDArray, seed: number): NDArray {
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const values = Float32Array.from(x.data, (v, i) =>
    (i + seed) % 11 === 0 ? special[i % 3] : Math.round(v),
  );
  return { shape: x.shape, data: values };
}

describe('pooling in WebAssembly', () => {
  it('gives the same maxima as the reference, bit by bit, NaN and infinities included', () => {
    fc.assert(
      fc.property(poolings, fc.boolean(), fc.nat(10), ({ x, window }, isCoarse, seed) => {
        const images = isCoarse ? coarse(x, seed) : x;
        const y = collect(() => maxPool2d(images, window));
        expect([...y.data]).toEqual([...reference.maxPool2d(images, window).data]);
      }),
    );
  });

  it('gives the gradient of a maximum to its first place', () => {
    fc.assert(
      fc.property(poolings, fc.boolean(), fc.nat(10), ({ x, dy, window }, isCoarse, seed) => {
        const images = isCoarse ? coarse(x, seed) : x;
        const y = reference.maxPool2d(images, window);
        const expected = reference.maxPool2dBackward(dy, images, y, window);
        expectNear(
          collect(() => maxPool2dBackward(dy, images, y, window)),
          expected,
          TOLERANCE,
        );
      }),
    );
  });

  it('averages as the reference does, with padding counted and not', () => {
    fc.assert(
      fc.property(poolings, fc.boolean(), ({ x, dy, window }, countPadding) => {
        expectNear(
          collect(() => avgPool2d(x, window, countPadding)),
          reference.avgPool2d(x, window, countPadding),
          TOLERANCE,
          1,
        );
        expectNear(
          collect(() => avgPool2dBackward(dy, x.shape, window, countPadding)),
          reference.avgPool2dBackward(dy, x.shape, window, countPadding),
          TOLERANCE,
          1,
        );
      }),
    );
  });

  it('gives the same bits on 1, 2 and 3 threads', () => {
    const window = { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1], dilation: [1, 1] } as const;
    const x = normals('x', [3, 41, 40, 36]);
    const dy = normals('dy', [3, 21, 20, 36]);
    const y = onAllThreadCounts(() => maxPool2d(x, window));
    onAllThreadCounts(() => maxPool2dBackward(dy, x, y, window));
    onAllThreadCounts(() => avgPool2d(x, window, false));
    onAllThreadCounts(() => avgPool2dBackward(dy, x.shape, window, false));
  });

  it('averages the whole of a large image without losing digits', () => {
    const x = normals('x', [1, 120, 110, 5]);
    x.data.forEach((v, i) => void (x.data[i] = 100 + v));
    const window = { kernel: [120, 110], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] } as const;
    const y = collect(() => avgPool2d(x, window, true));
    expectNear(y, reference.avgPool2d(x, window, true), 1e-6);
  });
});
