import { createHash } from 'node:crypto';
import { type Tensor, wrap } from '../autograd/index.ts';
import { type Augmentation, horizontalFlip, inOrder, padAndCrop } from '../data/augment.ts';
import { type Batch, type Batches, createBatches } from '../data/batches.ts';
import {
  type Dataset,
  type ImageSet,
  isTable,
  type Labels,
  takeFirst,
  type Values,
} from '../data/dataset.ts';
import { requireValid } from '../data/errors.ts';
import { type DatasetName, loadDataset } from '../data/files/load.node.ts';
import { halve } from '../data/shrink.ts';
import {
  channelStatistics,
  minMaxScale,
  type PixelTransform,
  rawValues,
  standardizePixels,
  symmetricScale,
} from '../data/transforms.ts';
import { toJson } from '../json.ts';
import { datasetOfCode } from './code/dataset.ts';
import { isCode } from './code/names.ts';
import type { TrainConfig } from './config.ts';

/** Batches as a run sees them. */
export interface TrainData {
  train: Batches;
  test: Batches;
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  classes: number;
  /** Images in the largest batch of training, and in one of the test. */
  largest: { train: number; test: number };
}

/** Large enough to be quick, small enough to stay in memory and to stop soon after Ctrl-C. */
const TEST_BATCH = 100;

/** Reads the dataset from disk, or draws it. The drawing's seed is fixed: seeds compare runs on the same data. */
export function loadData(config: TrainConfig): Promise<Dataset> {
  const { dataset, dataDir, limit, testLimit, trainOn, label, size, testFraction } = config;
  const both = limit !== null && testLimit !== null ? Math.max(limit, testLimit) : undefined;
  const options = {
    dataDir: dataDir ?? undefined,
    label: label ?? undefined,
    size: size ?? undefined,
    testFraction: testFraction ?? undefined,
    limitTrain: limit ?? undefined,
    limitTest: trainOn === 'test' ? both : (testLimit ?? undefined),
  };
  return isCode(dataset) ? datasetOfCode(dataset, options) : loadDataset(dataset as DatasetName, options);
}

/** The same for configurations whose `loadData` gives the same. */
export function dataKey(config: TrainConfig): string {
  return toJson([config.dataset, config.dataDir, usedImages(config)]);
}

/** Which images of its dataset a run uses. */
export function usedImages({ limit, testLimit, trainOn, label, size, testFraction }: TrainConfig): unknown[] {
  return [limit, testLimit, trainOn, label, size, testFraction];
}

const checksums = new WeakMap<Dataset, Map<string, string>>();

/**
 * 16 hex digits of SHA-256 of the images and labels that a run of `config` trains and tests on, in their order. A tenth of a second
 * for CIFAR-10; for further runs on the same dataset it is remembered.
 */
export function dataChecksum(config: TrainConfig, dataset: Dataset): string {
  const known = checksums.get(dataset) ?? new Map<string, string>();
  checksums.set(dataset, known);
  const key = toJson(usedImages(config));
  const found = known.get(key);
  if (found !== undefined) return found;
  const hash = createHash('sha256');
  for (const { count, height, width, channels, images, labels } of usedSets(config, dataset)) {
    hash.update(`${count} ${height} ${width} ${channels}\n`).update(bytesOf(images)).update(bytesOf(labels));
  }
  const checksum = hash.digest('hex').slice(0, 16);
  known.set(key, checksum);
  return checksum;
}

function bytesOf({ buffer, byteOffset, byteLength }: Values | Labels): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What of its dataset a run trains on and is tested on. */
export function usedSets({ trainOn, limit, testLimit }: TrainConfig, dataset: Dataset): [ImageSet, ImageSet] {
  return [takeFirst(dataset[trainOn], limit ?? undefined), takeFirst(dataset.test, testLimit ?? undefined)];
}

/** Remembers the last dataset: the runs of a sweep usually share it. */
export function onceInARow(load: typeof loadData): typeof loadData {
  let last: { key: string; dataset: Dataset } | undefined;
  return async (config) => {
    const key = dataKey(config);
    if (last?.key !== key) last = { key, dataset: await load(config) };
    return last.dataset;
  };
}

/** `dataset` may hold more images than the limits allow. */
export function prepareData(config: TrainConfig, dataset: Dataset): TrainData {
  const [train, test] = usedSets(config, dataset).map((set) => (config.halve ? halve(set) : set));
  requireValid(
    config.augment === 'none' || !isTable(train),
    `Cannot augment: ${train.name} is a table, and a crop or a mirror is of images. Leave out "augment".`,
  );
  const transform = pixelTransform(config.scaling, train);
  return {
    train: createBatches(train, {
      batchSize: config.batchSize,
      classesPerBatch: config.classesPerBatch ?? undefined,
      transform,
      shuffleSeed: `${config.seed}/batches`,
      last: config.lastBatch,
      augment: augmentation(config.augment),
      mixup: config.mixup,
    }),
    test: createBatches(test, { batchSize: TEST_BATCH, transform }),
    imageShape: [train.height, train.width, train.channels],
    classes: train.classes.length,
    largest: { train: Math.min(config.batchSize, train.count), test: Math.min(TEST_BATCH, test.count) },
  };
}

/** A batch's images [N, H, W, C] as a tensor, without a copy. */
export function imagesOf(data: TrainData, batch: Batch): Tensor {
  return wrap(batch.images, [batch.size, ...data.imageShape]);
}

function pixelTransform(scaling: TrainConfig['scaling'], train: ImageSet): PixelTransform {
  if (scaling === 'symmetric') {
    requireValid(
      train.images instanceof Uint8Array,
      `Cannot scale symmetrically: ${train.name} has measured values, which have no black and no white. Use scaling standardize or minmax.`,
    );
    return symmetricScale(train.channels);
  }
  if (scaling === 'none') return rawValues(train);
  const statistics = channelStatistics(train);
  return scaling === 'minmax' ? minMaxScale(statistics) : standardizePixels(statistics);
}

function augmentation(name: TrainConfig['augment']): Augmentation | undefined {
  if (name === 'crop') return padAndCrop();
  if (name === 'flip') return horizontalFlip();
  return name === 'crop-flip' ? inOrder(padAndCrop(), horizontalFlip()) : undefined;
}
