import { describe, expect, it } from 'vitest';
import { checkDataset } from '../../src/data/checkDataset.ts';
import { syntheticDigits } from '../../src/data/format/digits.ts';

/** Two images of 2 x 3, of the classes 0 and 2. */
const set = (more: object = {}) => ({
  images: new Uint8Array(12),
  labels: [0, 2],
  height: 2,
  width: 3,
  ...more,
});
const check = (train: object, test: object = set()) => checkDataset('own', './own.mjs', { train, test });

describe('a dataset of a program', () => {
  it('is taken as it is', () => {
    const digits = syntheticDigits({ seed: 1, train: 20, test: 10 });
    const checked = checkDataset('synthetic', 'x', digits);
    expect(checked).toEqual(digits);
    expect(checked.train.images.buffer).toBe(digits.train.images.buffer);
  });

  it('gets what follows from the rest', () => {
    const { train, test } = check(set());
    expect(train).toMatchObject({
      name: 'own',
      split: 'train',
      count: 2,
      channels: 1,
      classes: ['0', '1', '2'],
      warnings: [],
    });
    expect(test).toMatchObject({ split: 'test', labels: Uint8Array.of(0, 2), classes: ['0', '1', '2'] });
  });

  it('has the classes that it names, or those of both splits', () => {
    expect(check(set({ classes: ['a', 'b', 'c', 'd'] })).test.classes).toEqual(['a', 'b', 'c', 'd']);
    expect(check(set(), set({ labels: [0, 4] })).train.classes).toHaveLength(5);
  });
});

it('takes measured values, and more classes than a byte has', () => {
  const images = Float64Array.from({ length: 12 }, (_, i) => i / 7);
  const { train } = check(set({ images, labels: [3, 300] }));
  expect(train.images).toBe(images);
  expect(train.labels).toEqual(Int32Array.of(3, 300));
  expect(train.classes).toHaveLength(301);
});

describe('what is wrong with it is said', () => {
  it.each([
    ['no object', 3, './own.mjs: got 3, expected a dataset, { train, test }.'],
    ['a list', [1], './own.mjs: got [1], expected a dataset'],
    [
      'no test data',
      { train: set() },
      './own.mjs: test: got undefined, expected a set of images, { images, labels, height, width }.',
    ],
  ])('%s', (_, value, message) => {
    expect(() => checkDataset('own', './own.mjs', value)).toThrow(message);
  });

  it.each([
    [
      'an image too many',
      { images: new Uint8Array(18) },
      'got 2 labels and 18 values of images, expected 2 images of 2 x 3 x 1, 12 values',
    ],
    ['numbers that are no bytes', { images: [0, 1] }, 'got images [0, 1], expected a Uint8Array'],
    ['no labels', { labels: undefined }, 'got labels undefined, expected a list of class numbers'],
    ['no images', { labels: [], images: new Uint8Array(0) }, 'got no labels, expected at least one image'],
    ['a height of 0', { height: 0 }, 'got height 0, expected a whole number of at least 1'],
    ['a width that is text', { width: '3' }, 'got width "3"'],
    ['a label below 0', { labels: [0, -1] }, 'label -1 of image 1, expected a whole number from 0 to 2'],
    [
      'a label between two',
      { labels: [0.5, 1] },
      'label 0.5 of image 0, expected a whole number from 0 to 2',
    ],
    ['a label that is NaN', { labels: [Number.NaN, 1] }, 'label NaN of image 0'],
    [
      'a label beyond the classes',
      { classes: ['a', 'b'] },
      'label 2 of image 1, expected a whole number from 0 to 1. There are 2 classes',
    ],
    [
      'more classes than any network has',
      { labels: [0, 1e9] },
      'label 1000000000 of image 1, expected a whole number from 0 to 65535',
    ],
    [
      'a value that is missing',
      { images: Float32Array.from({ length: 12 }, (_, i) => (i === 7 ? Number.NaN : i)) },
      'got value NaN at 7 of the images, expected finite numbers',
    ],
    ['classes that are no names', { classes: 10 }, 'got classes 10, expected a list of 1 to 65536 names'],
    ['a wrong count', { count: 5 }, 'got count 5, expected 2, the number of labels'],
    ['warnings that are no list', { warnings: 'old' }, 'got warnings "old", expected a list of texts'],
  ])('%s', (_, more, message) => {
    expect(() => check(set(more))).toThrow(`./own.mjs: train: `);
    expect(() => check(set(more))).toThrow(message);
  });

  it('images of two sizes', () => {
    expect(() => check(set(), set({ height: 3, width: 2 }))).toThrow(
      './own.mjs: got training images of 2 x 3 x 1 and test images of 3 x 2 x 1, expected one height, width and number of channels',
    );
  });
});
