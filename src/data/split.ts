import { requireFields } from '../options.ts';
import { createRandom } from '../random.ts';
import { type Dataset, type ImageSet, type Labels, roomFor } from './dataset.ts';
import { requireValid } from './errors.ts';

/** What part of the examples is kept for the test, where the data have none of their own. */
export const usualTestFraction = 0.2;

/**
 * Takes a part of every class for the test, drawn in a way that is the same for every seed and on every machine. A class keeps at
 * least one example for training, and gives one if it has two. Both sets are in random order, so that their first n are a fair sample
 * also where a file was sorted.
 */
export function splitTest(set: ImageSet, fraction = usualTestFraction): Dataset {
  requireFields('splitTest', set, 'a set of images', ['images', 'labels', 'classes', 'count']);
  requireValid(
    fraction > 0 && fraction < 1,
    `${set.name}: a test fraction of ${fraction}, expected more than 0 and less than 1, as 0.2 for a fifth.`,
  );
  const sizes = set.classes.map(() => 0);
  for (const label of set.labels) sizes[label]++;
  requireValid(
    sizes.some((size) => size > 1),
    `${set.name}: no class has two examples, expected one for training and one for the test. Check which column or array has the labels.`,
  );
  const left = sizes.map((size) => Math.min(Math.max(Math.round(fraction * size), 1), size - 1));
  const order = fixedOrder(set.count);
  const isTest = order.map((index) => (left[set.labels[index]]-- > 0 ? 1 : 0));
  return {
    train: pick(
      set,
      'train',
      order.filter((_, i) => isTest[i] === 0),
    ),
    test: pick(
      set,
      'test',
      order.filter((_, i) => isTest[i] === 1),
    ),
  };
}

/** 0 .. count-1 in an order that is random and always the same. */
export function fixedOrder(count: number): Uint32Array {
  return createRandom('the order of data without one').permutation(count);
}

/** The images at these places, in this order. */
function pick(set: ImageSet, split: ImageSet['split'], places: Uint32Array): ImageSet {
  const size = set.height * set.width * set.channels;
  const images = roomFor(set.images, places.length * size);
  const labels: Labels = new (set.labels instanceof Uint8Array ? Uint8Array : Int32Array)(places.length);
  places.forEach((place, i) => {
    images.set(set.images.subarray(place * size, (place + 1) * size), i * size);
    labels[i] = set.labels[place];
  });
  return { ...set, split, count: places.length, images, labels };
}
