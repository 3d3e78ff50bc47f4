import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBatches } from '../../src/data/batches.ts';
import { classBatchCount } from '../../src/data/classBatches.ts';
import type { ImageSet } from '../../src/data/dataset.ts';
import { standardizePixels } from '../../src/data/transforms.ts';

/** Image i is one pixel of value i; `sizes` says how many images each class has, class after class. */
function imageSet(sizes: readonly number[]): ImageSet {
  const labels = Uint8Array.from(sizes.flatMap((size, label) => Array(size).fill(label)));
  const count = labels.length;
  const images = Uint8Array.from({ length: count }, (_, i) => i);
  const classes = sizes.map((_, label) => String(label));
  const shape = { height: 1, width: 1, channels: 1 };
  return { name: 'blocks', split: 'train', count, ...shape, images, labels, classes, warnings: [] };
}
/** Leaves the bytes as they are, as floats. */
const transform = standardizePixels({ mean: [0], std: [1 / 255] });

const batchesOf = (sizes: readonly number[], batchSize: number, classesPerBatch: number, shuffleSeed = 7) =>
  createBatches(imageSet(sizes), { batchSize, classesPerBatch, shuffleSeed, transform });

/** By exhaustive search over which classes a batch takes: the most batches that these groups can make. */
function mostBatches(groups: readonly number[], wanted: number): number {
  const sorted = groups.filter((each) => each > 0).toSorted((a, b) => b - a);
  if (sorted.length < wanted) return 0;
  // Taking from the fullest is never worse.
  return (
    1 + mostBatches([...sorted.slice(0, wanted).map((each) => each - 1), ...sorted.slice(wanted)], wanted)
  );
}

describe('batches of few classes', () => {
  it('hold equally many images of each, every image at most once, and as many batches as can be', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(3),
        (...given) => {
          const [counts, share, classesPerBatch, epoch] = given;
          const batchSize = share * classesPerBatch;
          const groups = counts.map((size) => Math.floor(size / share));
          const most = mostBatches(groups, classesPerBatch);
          fc.pre(most > 0);
          const batches = batchesOf(counts, batchSize, classesPerBatch);
          expect(batches.perEpoch).toBe(most);
          const seen: number[] = [];
          let made = 0;
          for (const { images, labels, size } of batches.epoch(epoch)) {
            made++;
            expect(size).toBe(batchSize);
            const tally = new Map<number, number>();
            for (const label of labels) tally.set(label, (tally.get(label) ?? 0) + 1);
            expect([...tally.values()]).toEqual(Array(classesPerBatch).fill(share));
            seen.push(...images);
          }
          expect(made).toBe(most);
          expect(new Set(seen).size).toBe(seen.length);
        },
      ),
    );
  });

  it('go on after an interruption as the uninterrupted epoch does', () => {
    const whole = [...batchesOf([20, 20, 20], 4, 2).epoch(3)];
    expect([...batchesOf([20, 20, 20], 4, 2).epoch(3, 9)]).toEqual(whole.slice(9));
  });

  it('have other images and other company in another epoch or with another seed', () => {
    const first = (seed: number, epoch: number) => [...batchesOf([30, 30, 30, 30], 6, 2, seed).epoch(epoch)];
    expect(first(1, 1)).toEqual(first(1, 1));
    expect(first(1, 2)).not.toEqual(first(1, 1));
    expect(first(2, 1)).not.toEqual(first(1, 1));
    const pairs = first(1, 1).map(({ labels }) => [...new Set(labels)].toSorted().join('-'));
    expect(new Set(pairs).size).toBeGreaterThan(3);
  });

  it('leave no class behind for the end: ten classes of one size are all used up', () => {
    const sizes = Array(10).fill(20);
    expect(classBatchCount(imageSet(sizes), 8, 2)).toBe(25);
  });

  it('refuse what cannot work', () => {
    expect(() => batchesOf([9, 9], 5, 2)).toThrow('multiple of 2');
    expect(() => batchesOf([9, 9], 6, 3)).toThrow('3 classes per batch, but blocks has only 2');
    expect(() => batchesOf([9, 1], 4, 2)).toThrow(
      /No batch is left: a batch of 4 needs 2 images of each of 2 classes/,
    );
    expect(() => createBatches(imageSet([9, 9]), { batchSize: 4, classesPerBatch: 2, transform })).toThrow(
      'give shuffleSeed',
    );
  });
});
