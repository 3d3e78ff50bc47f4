import { expect, test } from 'vitest';
import type { ImageSet } from '../../src/data/dataset.ts';
import { halve } from '../../src/data/shrink.ts';

function imageSet(height: number, width: number, channels: number, images: number[]): ImageSet {
  const count = images.length / (height * width * channels);
  return {
    name: 'test',
    split: 'train',
    count,
    height,
    width,
    channels,
    images: Uint8Array.from(images),
    labels: new Uint8Array(count),
    classes: ['a'],
    warnings: [],
  };
}

test('each pixel is the rounded mean of 2x2, per channel and image; odd rows and columns are left out', () => {
  // Two images of 3x3 pixels with two channels; the second channel is 100 more than the first
  const pixels = [1, 2, 9, 4, 6, 9, 9, 9, 9].flatMap((value) => [value, value + 100]);
  const half = halve(imageSet(3, 3, 2, [...pixels, ...pixels.map((value) => value + 1)]));
  expect(half).toMatchObject({ height: 1, width: 1, channels: 2, count: 2 });
  // (1 + 2 + 4 + 6) / 4 = 3.25
  expect([...half.images]).toEqual([3, 103, 4, 104]);
});

test('pixels stay where they are', () => {
  const rows = [10, 10, 20, 20, 10, 10, 20, 20, 30, 30, 40, 40, 30, 30, 40, 40];
  const half = halve(imageSet(4, 4, 1, rows));
  expect([...half.images]).toEqual([10, 20, 30, 40]);
});
