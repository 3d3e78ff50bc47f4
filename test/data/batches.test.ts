import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { padAndCrop } from '../../src/data/augment.ts';
import { createBatches, epochOrder, type LastBatch } from '../../src/data/batches.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import { standardizePixels } from '../../src/data/transforms.ts';

/** Image i is a 1 x 2 picture of bytes i, 2i with label i. */
function countingSet(count: number): ImageSet {
  const labels = Uint8Array.from({ length: count }, (_, i) => i);
  const images = Uint8Array.from({ length: 2 * count }, (_, i) => (i % 2 ? 2 : 1) * Math.floor(i / 2));
  const classes = Array.from(labels, String);
  return {
    name: 'counting',
    split: 'train',
    count,
    height: 1,
    width: 2,
    channels: 1,
    images,
    labels,
    classes,
    warnings: [],
  };
}
/** Leaves the bytes as they are, as floats. */
const transform = standardizePixels({ mean: [0], std: [1 / 255] });

const lengths = (count: number, batchSize: number, last: LastBatch) => {
  const batches = createBatches(countingSet(count), { batchSize, last, transform });
  const sizes = Array.from(batches.epoch(0), ({ size }) => size);
  expect(sizes.length).toBe(batches.perEpoch);
  return sizes;
};

describe('createBatches', () => {
  test('an epoch visits each image once, with its own label and pixels', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(5),
        fc.option(fc.integer(), { nil: undefined }),
        (count, batchSize, epoch, shuffleSeed) => {
          const seen: number[] = [];
          const batches = createBatches(countingSet(count), { batchSize, shuffleSeed, transform });
          for (const { images, labels, size } of batches.epoch(epoch)) {
            expect([images.length, labels.length]).toEqual([2 * size, size]);
            labels.forEach((label, i) => {
              expect([images[2 * i], images[2 * i + 1]]).toEqual([label, 2 * label]);
            });
            seen.push(...labels);
          }
          const all = Array.from({ length: count }, (_, i) => i);
          expect(seen.toSorted((a, b) => a - b)).toEqual(all);
          if (shuffleSeed === undefined) expect(seen).toEqual(all);
          else expect(seen).toEqual([...epochOrder(count, shuffleSeed, epoch)]);
        },
      ),
    );
  });

  test('the last batch: kept, dropped, or dropped if it holds one image', () => {
    expect(lengths(10, 4, 'keep')).toEqual([4, 4, 2]);
    expect(lengths(10, 4, 'drop')).toEqual([4, 4]);
    expect(lengths(10, 4, 'dropIfOne')).toEqual([4, 4, 2]);
    expect(lengths(9, 4, 'keep')).toEqual([4, 4, 1]);
    expect(lengths(9, 4, 'dropIfOne')).toEqual([4, 4]);
    expect(lengths(8, 4, 'drop')).toEqual([4, 4]);
    expect(lengths(3, 1, 'dropIfOne')).toEqual([1, 1, 1]);
  });

  test('a resumed epoch goes on as the uninterrupted one, augmentation included', () => {
    const options = { batchSize: 4, shuffleSeed: 11, augment: padAndCrop(1), transform };
    const whole = [...createBatches(countingSet(30), options).epoch(3)];
    const resumed = [...createBatches(countingSet(30), options).epoch(3, 5)];
    expect(resumed).toEqual(whole.slice(5));
  });

  test('another epoch or seed gives another order and other augmentations', () => {
    const run = (seed: number, epoch: number) =>
      [...createBatches(countingSet(50), { batchSize: 50, shuffleSeed: seed, transform }).epoch(epoch)][0]
        .labels;
    expect(run(1, 1)).toEqual(run(1, 1));
    expect(run(1, 1)).not.toEqual(run(1, 2));
    expect(run(1, 1)).not.toEqual(run(2, 1));
  });

  test('every batch owns its memory', () => {
    const [first, second] = createBatches(countingSet(4), { batchSize: 2, transform }).epoch(0);
    first.images.fill(99);
    expect([...second.images]).toEqual([2, 4, 3, 6]);
  });

  test('refuses what cannot work', () => {
    const set = countingSet(3);
    expect(() => createBatches(set, { batchSize: 0, transform })).toThrow('Batch size 0');
    expect(() => createBatches(set, { batchSize: 4, last: 'drop', transform })).toThrow(
      /No batch is left: 3 images/,
    );
    expect(() => createBatches(set, { batchSize: 1, augment: padAndCrop(), transform })).toThrow(
      'give shuffleSeed',
    );
    const rgb = standardizePixels({ mean: [0, 0, 0], std: [1, 1, 1] });
    expect(() => createBatches(set, { batchSize: 1, transform: rgb })).toThrow(
      'The transform has 3 channels, the images of counting have 1.',
    );
  });
});
