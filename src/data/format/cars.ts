import { checkOptions } from '../../options.ts';
import { createRandom, type Random } from '../../random.ts';
import { type Dataset, type ImageSet, requireCount } from '../dataset.ts';

/**
 * Used cars, drawn: the example with which introductions to normalization begin, two columns of very different ranges. age [years] is
 * U(0, 15), mileage [km] a yearly 5,000 to 25,000 times age; what a car costs falls with both, give or take some 2,000, and the class is
 * whether that is above 15,000.
 */
export interface CarsOptions {
  seed: number | string;
  train?: number;
  test?: number;
}

/** Train and test split from independent streams of one seed. Fewer cars with the same seed are the first of more. */
export function usedCars(options: CarsOptions): Dataset {
  checkOptions('usedCars', options, ['seed', 'train', 'test']);
  const { seed, train = 1000, test = 1000 } = options;
  const random = createRandom(seed).fork('used cars');
  return {
    train: drawSet('train', train, random.fork('train')),
    test: drawSet('test', test, random.fork('test')),
  };
}

function drawSet(split: 'train' | 'test', count: number, random: Random): ImageSet {
  requireCount('cars', split, count);
  const images = new Float64Array(2 * count);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const age = 15 * random.uniform();
    const mileage = age * (5000 + 20_000 * random.uniform());
    const price = 30_000 - 1200 * age - 0.06 * mileage + 2000 * random.normal();
    images.set([age, mileage], 2 * i);
    labels[i] = price > 15_000 ? 1 : 0;
  }
  const shape = { height: 1, width: 1, channels: 2 };
  return { name: 'cars', split, count, ...shape, images, labels, classes: ['cheap', 'dear'], warnings: [] };
}
