import { checkOptions, requireFields } from '../options.ts';
import { createRandom } from '../random.ts';
import type { Augmentation } from './augment.ts';
import { classBatchCount, classOrder } from './classBatches.ts';
import { type ImageSet, roomFor } from './dataset.ts';
import { requireValid } from './errors.ts';
import { mixUp } from './mixup.ts';
import type { PixelTransform } from './transforms.ts';
import { applyTransform } from './transforms.ts';

export interface Batch {
  /** [size, height, width, channels], owned by the batch. */
  images: Float32Array;
  /** [size]. */
  labels: Int32Array;
  size: number;
  /** Where every image is mixed with another one (mixup.ts): the others' labels, and the share of the images' own. */
  mixed?: { labels: Int32Array; share: number };
}

/** What happens to a last batch that is not full; 'dropIfOne' drops only a single image, which BatchNorm cannot train on. */
export type LastBatch = 'keep' | 'drop' | 'dropIfOne';

export interface BatchOptions {
  batchSize: number;
  transform: PixelTransform;
  /** A seed shuffles every epoch; without one the images keep their order. */
  shuffleSeed?: number | string;
  last?: LastBatch;
  /** So many classes in every batch (classBatches.ts); all batches are full then, whatever `last` says. Needs `shuffleSeed`. */
  classesPerBatch?: number;
  /** Needs `shuffleSeed`, from which the changes are drawn. */
  augment?: Augmentation;
  /** Mixes the images of each batch in pairs: alpha (mixup.ts). Needs `shuffleSeed`. */
  mixup?: number;
}

export interface Batches {
  perEpoch: number;
  /**
   * The batches of an epoch, made one at a time, from batch number `from` on. A batch depends only on the seed, the
   * epoch and its number, so a resumed run sees what the uninterrupted one would have seen.
   */
  epoch(epoch: number, from?: number): Generator<Batch, void, undefined>;
}

export function createBatches(set: ImageSet, options: BatchOptions): Batches {
  requireFields('createBatches', set, 'images', ['images', 'labels', 'count']);
  checkOptions('createBatches', options, [
    'batchSize',
    'transform',
    'shuffleSeed',
    'augment',
    'mixup',
    'classesPerBatch',
    'last',
  ]);
  const { batchSize, transform, shuffleSeed, augment, mixup = 0, classesPerBatch, last = 'keep' } = options;
  const draws = shuffleSeed !== undefined;
  requireValid(
    Number.isInteger(batchSize) && batchSize >= 1,
    `Batch size ${batchSize}: expected a whole number of at least 1.`,
  );
  requireValid(
    transform.channels === set.channels,
    `The transform has ${transform.channels} channels, the images of ${set.name} have ${set.channels}. Make it from this dataset's statistics.`,
  );
  requireValid(draws || !augment, 'Augmentation draws random numbers: give shuffleSeed as well.');
  requireValid(draws || mixup === 0, 'Mixup draws random numbers: give shuffleSeed as well.');
  requireValid(
    mixup >= 0 && mixup <= 1,
    `mixup ${mixup}: expected alpha from 0 to 1. 0 mixes nothing, 0.2 a little, 1 by any share alike.`,
  );
  requireValid(
    draws || classesPerBatch === undefined,
    'Batches of few classes are drawn at random: give shuffleSeed as well.',
  );
  const perEpoch =
    classesPerBatch === undefined
      ? batchCount(set.count, batchSize, last)
      : classBatchCount(set, batchSize, classesPerBatch);
  requireValid(
    perEpoch > 0,
    `No batch is left: ${set.count} images of ${set.name}, batch size ${batchSize}, last batch '${last}'. Use a smaller batch, more images, or keep the last batch.`,
  );
  const pixels = set.height * set.width * set.channels;

  return {
    perEpoch,
    *epoch(epoch, from = 0) {
      let order = shuffleSeed === undefined ? undefined : epochOrder(set.count, shuffleSeed, epoch);
      if (classesPerBatch !== undefined) {
        const random = epochRandom(shuffleSeed!, epoch).fork('classes');
        order = classOrder(set, order!, batchSize, classesPerBatch, random);
      }
      for (let number = from; number < perEpoch; number++) {
        const start = number * batchSize;
        const size = Math.min(batchSize, (order?.length ?? set.count) - start);
        const random = augment && epochRandom(shuffleSeed!, epoch).fork(`batch ${number}`);
        const values = roomFor(set.images, size * pixels);
        const labels = new Int32Array(size);
        for (let i = 0; i < size; i++) {
          const index = order ? order[start + i] : start + i;
          const image = set.images.subarray(index * pixels, (index + 1) * pixels);
          values.set(random ? augment(image, set, random) : image, i * pixels);
          labels[i] = set.labels[index];
        }
        const batch = { images: applyTransform(values, transform), labels, size };
        yield mixup > 0
          ? mixUp(batch, mixup, epochRandom(shuffleSeed!, epoch).fork(`mixup ${number}`))
          : batch;
      }
    },
  };
}

/** The order in which `epoch` visits `count` images: a permutation of 0 .. count-1. */
export function epochOrder(count: number, seed: number | string, epoch: number): Uint32Array {
  return epochRandom(seed, epoch).fork('order').permutation(count);
}

/** How many batches `count` images make. */
function batchCount(count: number, batchSize: number, last: LastBatch): number {
  const full = Math.floor(count / batchSize);
  const rest = count % batchSize;
  const keepsRest = rest > 0 && (last === 'keep' || (last === 'dropIfOne' && rest > 1));
  return keepsRest ? full + 1 : full;
}

function epochRandom(seed: number | string, epoch: number) {
  return createRandom(seed).fork(`epoch ${epoch}`);
}
