import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conv2d, tensor } from '../../src/autograd/index.ts';
import {
  channelsFirst,
  channelsLast,
  denseFirst,
  denseLast,
  kernelFirst,
  kernelLast,
  sampleChannelsFirst,
  sampleChannelsLast,
} from '../../src/nn/border.ts';

/** 0, 1, 2, ... in the given shape. */
function counting(shape: number[]) {
  return tensor(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
    shape,
  );
}

const lengths = (rank: number) =>
  fc.array(fc.integer({ min: 1, max: 4 }), { minLength: rank, maxLength: rank });

describe('across the border and back is where it was', () => {
  const pairs = {
    'activations [N, C]': [2, channelsLast, channelsFirst],
    'activations [N, C, L]': [3, channelsLast, channelsFirst],
    'activations [N, C, H, W]': [4, channelsLast, channelsFirst],
    'gamma [C, H, W]': [3, sampleChannelsLast, sampleChannelsFirst],
    'gamma [C]': [1, sampleChannelsLast, sampleChannelsFirst],
    'convolution weights': [4, kernelLast, kernelFirst],
    'dense weights': [2, denseLast, denseFirst],
  } as const;
  for (const [name, [rank, last, first]] of Object.entries(pairs)) {
    test(name, () => {
      fc.assert(
        fc.property(lengths(rank), (shape) => {
          const x = counting(shape);
          const back = first(last(x));
          expect([back.shape, back.toArray()]).toEqual([shape, x.toArray()]);
        }),
        { seed: 1 },
      );
    });
  }
});

test('channels move from the second place to the last', () => {
  const x = counting([2, 3, 4, 5]);
  const y = channelsLast(x);
  expect(y.shape).toEqual([2, 4, 5, 3]);
  const [n, c, h, w] = [1, 2, 3, 4];
  expect(y.data[((n * 4 + h) * 5 + w) * 3 + c]).toBe(((n * 3 + c) * 4 + h) * 5 + w);
});

test('a kernel [out, in, kh, kw] becomes [kh, kw, in, out]', () => {
  const w = kernelLast(counting([2, 3, 4, 5]));
  expect(w.shape).toEqual([4, 5, 3, 2]);
  const [o, i, a, b] = [1, 2, 3, 4];
  expect(w.data[((a * 5 + b) * 3 + i) * 2 + o]).toBe(((o * 3 + i) * 4 + a) * 5 + b);
  expect(() => conv2d(counting([1, 6, 6, 3]), w)).not.toThrow();
});
