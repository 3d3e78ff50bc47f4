import { describe, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { halve } from '../../src/data/shrink.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { dataKey, loadData, prepareData } from '../../src/train/data.ts';

const dataset = syntheticDigits({ seed: 1, train: 60, test: 40 });
const prepared = (options: TrainOptions) => {
  const config = resolveConfig({ dataset: 'synthetic', scaling: 'minmax', batchSize: 10, ...options });
  return prepareData(config, dataset);
};
const labelsOf = (options: TrainOptions) =>
  [...prepared(options).train.epoch(1)].flatMap(({ labels }) => [...labels]);
const sorted = (labels: Iterable<number>) => [...labels].toSorted((a, b) => a - b);

describe('prepareData', () => {
  it('halves the images of both splits', () => {
    const { imageShape, test } = prepared({ halve: true });
    expect(imageShape).toEqual([14, 14, 1]);
    const [{ images, size }] = test.epoch(0);
    const bytes = halve(dataset.test).images.subarray(0, images.length);
    expect(images).toHaveLength(size * 14 * 14);
    expect([...images].map((pixel) => Math.round(255 * pixel))).toEqual([...bytes]);
  });

  it('trains on the test images where told to, as many as the limit of training images says', () => {
    expect(sorted(labelsOf({ trainOn: 'test' }))).toEqual(sorted(dataset.test.labels));
    const few = sorted(dataset.test.labels.subarray(0, 20));
    expect(sorted(labelsOf({ trainOn: 'test', limit: 20, testLimit: 5 }))).toEqual(few);
    expect([...prepared({ trainOn: 'test', limit: 20, testLimit: 5 }).test.epoch(0)][0].size).toBe(5);
  });

  it('fills training batches with few classes, and no test batches', () => {
    const { train, test } = prepared({ classesPerBatch: 2, batchSize: 4 });
    for (const { labels } of train.epoch(1)) expect(new Set(labels).size).toBe(2);
    const [{ labels }] = test.epoch(1);
    expect(new Set(labels).size).toBeGreaterThan(2);
  });
});

it('loadData reads enough test images to train on', async () => {
  const config = resolveConfig({ dataset: 'synthetic', trainOn: 'test', limit: 30, testLimit: 5 });
  const { test } = await loadData(config);
  expect(test.count).toBe(30);
  expect(dataKey(config)).not.toBe(dataKey({ ...config, trainOn: 'train' }));
  expect(dataKey(config)).toBe(dataKey({ ...config, seed: 9, halve: true }));
});
