import { expect, test } from 'vitest';
import { loadDataset } from '../../src/data/files/load.node.ts';
import { usedCars } from '../../src/data/format/cars.ts';
import { channelStatistics } from '../../src/data/transforms.ts';

test('the seed decides every car, and fewer are the first of more', async () => {
  const one = usedCars({ seed: 1, train: 60, test: 30 });
  expect(usedCars({ seed: 1, train: 60, test: 30 })).toEqual(one);
  expect(usedCars({ seed: 2, train: 60, test: 30 }).train.images).not.toEqual(one.train.images);
  expect(one.test.images).not.toEqual(one.train.images.subarray(0, 60));
  const few = usedCars({ seed: 1, train: 10 });
  expect(one.train.images.subarray(0, 20)).toEqual(few.train.images);
  expect(await loadDataset('cars', { limitTrain: 60, limitTest: 30 })).toEqual(one);
});

test('years and kilometres, both of which make a car cheap, and about as many of each class', () => {
  const { train } = usedCars({ seed: 1 });
  const { mean, min, max } = channelStatistics(train);
  expect([min[0] >= 0, max[0] <= 15, max[1] / max[0] > 1000]).toEqual([true, true, true]);
  expect(mean[0]).toBeCloseTo(7.5, 0);
  const dear = [...train.labels].filter((label) => label === 1).length / train.count;
  expect(dear).toBeGreaterThan(0.35);
  expect(dear).toBeLessThan(0.65);
  const meanOf = (label: number, column: number) => {
    const own = [...train.labels].flatMap((each, i) => (each === label ? train.images[2 * i + column] : []));
    return own.reduce((a, b) => a + b) / own.length;
  };
  for (const column of [0, 1]) expect(meanOf(1, column)).toBeLessThan(0.7 * meanOf(0, column));
  expect(() => usedCars({ seed: 1, train: 0 })).toThrow('cars: 0 images to train');
});
