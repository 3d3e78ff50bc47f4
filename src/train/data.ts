import { type Tensor, wrap } from '../autograd/index.ts';
import { type Augmentation, horizontalFlip, inOrder, padAndCrop } from '../data/augment.ts';
import { type Batch, type Batches, createBatches } from '../data/batches.ts';
import { type Dataset, takeFirst } from '../data/dataset.ts';
import { loadDataset } from '../data/load.node.ts';
import { channelStatistics, minMaxScale, standardize } from '../data/transforms.ts';
import type { TrainConfig } from './config.ts';

/** Batches as a run sees them. */
export interface TrainData {
  train: Batches;
  test: Batches;
  /** [height, width, channels] */
  imageShape: readonly [number, number, number];
  classes: number;
}

/** Large enough to be quick, small enough to stay in memory and to stop soon after Ctrl-C. */
const TEST_BATCH = 100;

/** Reads the dataset from disk, or draws it. The drawing's seed is fixed: seeds compare runs on the same data. */
export function loadData({ dataset, dataDir, limit, testLimit }: TrainConfig): Promise<Dataset> {
  return loadDataset(dataset, {
    dataDir: dataDir ?? undefined,
    limitTrain: limit ?? undefined,
    limitTest: testLimit ?? undefined,
  });
}

/** `dataset` may hold more images than the limits allow. */
export function prepareData(config: TrainConfig, dataset: Dataset): TrainData {
  const train = takeFirst(dataset.train, config.limit ?? undefined);
  const test = takeFirst(dataset.test, config.testLimit ?? undefined);
  const statistics = channelStatistics(train);
  const transform = config.scaling === 'minmax' ? minMaxScale(statistics) : standardize(statistics);
  return {
    train: createBatches(train, {
      batchSize: config.batchSize,
      transform,
      shuffleSeed: `${config.seed}/batches`,
      last: config.lastBatch,
      augment: augmentation(config.augment),
    }),
    test: createBatches(test, { batchSize: TEST_BATCH, transform }),
    imageShape: [train.height, train.width, train.channels],
    classes: train.classes.length,
  };
}

/** A batch's images [N, H, W, C] as a tensor, without a copy. */
export function imagesOf(data: TrainData, batch: Batch): Tensor {
  return wrap(batch.images, [batch.size, ...data.imageShape]);
}

function augmentation(name: TrainConfig['augment']): Augmentation | undefined {
  if (name === 'crop') return padAndCrop();
  if (name === 'flip') return horizontalFlip();
  return name === 'crop-flip' ? inOrder(padAndCrop(), horizontalFlip()) : undefined;
}
