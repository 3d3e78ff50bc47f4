import { expect, test } from 'vitest';
import type { ImageSet } from '../../src/data/dataset.ts';
import {
  applyTransform,
  channelStatistics,
  minMaxScale,
  rawValues,
  standardizePixels,
  symmetricScale,
} from '../../src/data/transforms.ts';
import { createRandom } from '../../src/random.ts';

function randomSet(channels: number): ImageSet {
  const random = createRandom(5);
  const [count, height, width] = [20, 3, 5];
  const images = Uint8Array.from(
    { length: count * height * width * channels },
    (_, i) => 20 + 10 * (i % channels) + random.integer(200),
  );
  const labels = new Uint8Array(count);
  return {
    name: 'x',
    split: 'train',
    count,
    height,
    width,
    channels,
    images,
    labels,
    classes: ['a'],
    warnings: [],
  };
}

const channelOf = (values: ArrayLike<number>, channels: number, c: number) =>
  Array.from(values).filter((_, i) => i % channels === c);
const meanOf = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

test('statistics per channel match their definition', () => {
  const set = randomSet(3);
  const statistics = channelStatistics(set);
  for (let c = 0; c < 3; c++) {
    const values = channelOf(set.images, 3, c).map((byte) => byte / 255);
    const mean = meanOf(values);
    expect(statistics.mean[c]).toBeCloseTo(mean, 13);
    expect(statistics.std[c]).toBeCloseTo(Math.sqrt(meanOf(values.map((x) => (x - mean) ** 2))), 13);
    expect(statistics.min[c]).toBe(Math.min(...values));
    expect(statistics.max[c]).toBe(Math.max(...values));
  }
});

test('unscaled: the values as they lie in the file, bytes and others', () => {
  const set = randomSet(3);
  expect([...applyTransform(set.images, rawValues(set))]).toEqual([...set.images]);
  const measured = { images: Float64Array.from([0.5, -3, 120_000, 7]), channels: 2 };
  expect([...applyTransform(measured.images, rawValues(measured))]).toEqual([...measured.images]);
});

test('standardized: mean 0 and standard deviation 1 in every channel', () => {
  const set = randomSet(3);
  const floats = applyTransform(set.images, standardizePixels(channelStatistics(set)));
  expect(floats).toBeInstanceOf(Float32Array);
  for (let c = 0; c < 3; c++) {
    const values = channelOf(floats, 3, c);
    expect(meanOf(values)).toBeCloseTo(0, 6);
    expect(meanOf(values.map((x) => x * x))).toBeCloseTo(1, 6);
  }
});

test('min-max: from 0 to 1 in every channel', () => {
  const set = randomSet(2);
  const floats = applyTransform(set.images, minMaxScale(channelStatistics(set)));
  for (let c = 0; c < 2; c++) {
    const values = channelOf(floats, 2, c);
    expect([Math.min(...values), Math.max(...values)]).toEqual([0, 1]);
  }
});

test('symmetric: black is -1 and white is 1, whatever the images', () => {
  const floats = applyTransform(Uint8Array.of(0, 255, 51, 0), symmetricScale(2));
  expect([...floats]).toEqual([-1, 1, Math.fround(-0.6), -1]);
});

test('a constant channel cannot be scaled', () => {
  const set = randomSet(1);
  set.images.fill(9);
  const statistics = channelStatistics(set);
  expect(() => standardizePixels(statistics)).toThrow(
    'Cannot standardize: every pixel of channel 0 is the same',
  );
  expect(() => minMaxScale(statistics)).toThrow('Cannot min-max scale');
});
