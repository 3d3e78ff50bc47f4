import type { Random } from '../random.ts';
import type { ImageSet } from './dataset.ts';
import { requireValid } from './errors.ts';

/**
 * Batches that are not a fair sample: each has the same number of images of a few classes. Ioffe (2017, Batch Renormalization,
 * section 4.3) shows with such batches what depends on the others in the batch.
 *
 * Every class's images are cut into groups, and a batch is made of groups of different classes. What is left of a class
 * behind its last whole group, and groups for which no class is left to share a batch with, are not used in that epoch;
 * the next one shuffles again.
 */

/** How many such batches an epoch has. Throws a DataError where there can be none. */
export function classBatchCount(set: ImageSet, batchSize: number, classesPerBatch: number): number {
  requireValid(
    batchSize % classesPerBatch === 0,
    `Batches of ${batchSize} images cannot hold equally many of ${classesPerBatch} classes. Use a batch size that is a multiple of ${classesPerBatch}.`,
  );
  requireValid(
    classesPerBatch <= set.classes.length,
    `${classesPerBatch} classes per batch, but ${set.name} has only ${set.classes.length}.`,
  );
  const share = batchSize / classesPerBatch;
  const sizes = new Uint32Array(set.classes.length);
  for (let i = 0; i < set.count; i++) sizes[set.labels[i]]++;
  const groups = [...sizes].map((size) => Math.floor(size / share));
  // A batch takes a class once, so of each class no more groups count than there are batches.
  const suffices = (batches: number) =>
    groups.reduce((sum, each) => sum + Math.min(each, batches), 0) >= classesPerBatch * batches;
  let count = Math.floor(set.count / batchSize);
  while (count > 0 && !suffices(count)) count--;
  requireValid(
    count > 0,
    `No batch is left: a batch of ${batchSize} needs ${share} images of each of ${classesPerBatch} classes, and ${set.count} images of ${set.name} have not so many. Use a smaller batch or more images.`,
  );
  return count;
}

/** The images of an epoch, batch after batch; `shuffled` is a permutation of all of them. */
export function classOrder(
  set: ImageSet,
  shuffled: Uint32Array,
  batchSize: number,
  classesPerBatch: number,
  random: Random,
): Uint32Array {
  const count = classBatchCount(set, batchSize, classesPerBatch);
  const share = batchSize / classesPerBatch;
  const images: number[][] = set.classes.map(() => []);
  for (const index of shuffled) images[set.labels[index]].push(index);
  const order = new Uint32Array(count * batchSize);
  let at = 0;
  for (let left = count; left > 0; left--) {
    const groups = images.map((own) => Math.floor(own.length / share));
    for (const label of drawClasses(groups, left, classesPerBatch, random)) {
      order.set(images[label].splice(-share), at);
      at += share;
    }
  }
  return order;
}

/**
 * `wanted` classes for a batch, after which `left - 1` more follow. A class with as many groups as batches are left has to be in
 * each of them, or the last ones could not be filled; the others are drawn without replacement, with the chances of
 * their groups (Efraimidis and Spirakis 2006: the least of -log(u) / weight).
 */
function drawClasses(groups: readonly number[], left: number, wanted: number, random: Random): number[] {
  const keys = groups.map((weight) => {
    const u = random.uniform();
    return weight >= left ? u - 1 : -Math.log(1 - u) / weight;
  });
  const labels = groups.flatMap((weight, label) => (weight > 0 ? [label] : []));
  return labels.sort((a, b) => keys[a] - keys[b]).slice(0, wanted);
}
