import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NDArray, Window } from '../../../src/kernels/contract.ts';
import { referenceImages as reference } from '../../../src/kernels/reference/images.ts';
import { at, define, expectClose, inner, normals } from './arrays.ts';
import { outputSize, slidingWindows, tapsOf } from './window.ts';

const pools = fc
  .record({ sliding: slidingWindows, channels: fc.constantFrom(1, 3, 5), ties: fc.boolean() })
  .map(({ sliding, channels, ties }) => {
    const { batch, size, window, seed } = sliding;
    const values = normals(`x${seed}`, [batch, ...size, channels]);
    const x = ties ? { ...values, data: values.data.map(Math.round) } : values;
    return { x, window, outShape: [batch, ...outputSize(size, window), channels], seed };
  });

/** The taps that lie on the image, in row-major order. */
function pixels(x: NDArray, window: Window, oy: number, ox: number) {
  return tapsOf(window, oy, ox).filter(
    (tap) => tap.y >= 0 && tap.x >= 0 && tap.y < x.shape[1] && tap.x < x.shape[2],
  );
}

const twoByTwo: Window = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0], dilation: [1, 1] };

describe('maxPool2d', () => {
  it('takes the maximum; its gradient goes to the first one', () => {
    fc.assert(
      fc.property(pools, ({ x, window, outShape, seed }) => {
        const y = reference.maxPool2d(x, window);
        const maxima = define(outShape, (n, oy, ox, c) =>
          Math.max(...pixels(x, window, oy, ox).map((tap) => at(x, n, tap.y, tap.x, c))),
        );
        expectClose(y, maxima, 0);

        const dy = normals(`dy${seed}`, outShape);
        const dx = define(x.shape, (n, row, column, c) => {
          let sum = 0;
          for (let oy = 0; oy < outShape[1]; oy++) {
            for (let ox = 0; ox < outShape[2]; ox++) {
              const first = pixels(x, window, oy, ox).find(
                (tap) => at(x, n, tap.y, tap.x, c) === at(maxima, n, oy, ox, c),
              );
              if (first?.y === row && first.x === column) sum += at(dy, n, oy, ox, c);
            }
          }
          return sum;
        });
        expectClose(reference.maxPool2dBackward(dy, x, y, window), dx);
      }),
    );
  });

  it('lets NaN through, and gives it the gradient', () => {
    const x = { shape: [1, 2, 2, 1], data: Float64Array.of(5, NaN, 1, 2) };
    const y = reference.maxPool2d(x, twoByTwo);
    expect(y.data[0]).toBeNaN();
    const dx = reference.maxPool2dBackward({ shape: [1, 1, 1, 1], data: Float64Array.of(3) }, x, y, twoByTwo);
    expect([...dx.data]).toEqual([0, 3, 0, 0]);
  });

  it('refuses a window larger than the image', () => {
    expect(() => reference.maxPool2d(normals(0, [1, 1, 4, 2]), twoByTwo)).toThrow('2x2 window');
  });
});

describe('avgPool2d', () => {
  it('divides by the window, or by the pixels in it', () => {
    fc.assert(
      fc.property(pools, fc.boolean(), ({ x, window, outShape }, countPadding) => {
        const expected = define(outShape, (n, oy, ox, c) => {
          const taps = pixels(x, window, oy, ox);
          const sum = taps.reduce((total, tap) => total + at(x, n, tap.y, tap.x, c), 0);
          return sum / (countPadding ? window.kernel[0] * window.kernel[1] : taps.length || 1);
        });
        expectClose(reference.avgPool2d(x, window, countPadding), expected);
      }),
    );
  });

  it('has the adjoint as its backward', () => {
    fc.assert(
      fc.property(pools, fc.boolean(), ({ x, window, outShape, seed }, countPadding) => {
        const dy = normals(`dy${seed}`, outShape);
        const dx = reference.avgPool2dBackward(dy, x.shape, window, countPadding);
        const product = inner(reference.avgPool2d(x, window, countPadding), dy);
        expect(Math.abs(inner(x, dx) - product)).toBeLessThan(1e-12 * (1 + x.data.length));
      }),
    );
  });
});
