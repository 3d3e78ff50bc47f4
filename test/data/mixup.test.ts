import { describe, expect, test } from 'vitest';
import { gradcheck, randn } from '../../src/autograd/index.ts';
import type { Batch } from '../../src/data/batches.ts';
import { createBatches } from '../../src/data/batches.ts';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { mixUp } from '../../src/data/mixup.ts';
import { rawValues } from '../../src/data/transforms.ts';
import { createRandom } from '../../src/random.ts';
import { batchLoss, lossOf } from '../../src/train/loss.ts';
import { accuracyOf, batchAccuracy } from '../../src/train/score.ts';

/** Image i is one pixel of value i, with label i. */
const counting = (size: number): Batch => ({
  images: Float32Array.from({ length: size }, (_, i) => i),
  labels: Int32Array.from({ length: size }, (_, i) => i),
  size,
});

describe('mixup', () => {
  test('an image is its share of itself and the rest of another, whose label is named', () => {
    const { images, labels, mixed } = mixUp(counting(20), 0.5, createRandom(1));
    const { share, labels: others } = mixed!;
    expect(labels).toEqual(counting(20).labels);
    expect([...others].sort((a, b) => a - b)).toEqual([...labels]);
    expect(others).not.toEqual(labels);
    images.forEach((value, i) => {
      expect(value).toBeCloseTo(share * i + (1 - share) * others[i], 5);
    });
  });

  test.each([0.2, 0.5, 1])('the shares are those of Beta(alpha, alpha), alpha = %d', (alpha) => {
    const random = createRandom(2);
    const shares = Array.from({ length: 4000 }, () => mixUp(counting(1), alpha, random).mixed!.share);
    const mean = shares.reduce((a, b) => a + b) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
  });

  test('a very small alpha ends, and mixes next to nothing', () => {
    const { share } = mixUp(counting(2), 1e-3, createRandom(3)).mixed!;
    expect(Math.min(share, 1 - share)).toBeLessThan(1e-3);
  });

  test('a batch depends on seed, epoch and number only, and 0 leaves it as it was', () => {
    const { train } = syntheticDigits({ seed: 1, train: 30, test: 1 });
    const batches = (mixup: number) =>
      createBatches(train, { batchSize: 10, transform: rawValues(train), shuffleSeed: 4, mixup });
    const [, , third] = batches(0.4).epoch(2);
    const [again] = batches(0.4).epoch(2, 2);
    expect(again).toEqual(third);
    expect(new Set([...batches(0.4).epoch(1)].map(({ mixed }) => mixed!.share)).size).toBe(3);
    const [plain] = batches(0).epoch(1);
    expect(plain.mixed).toBeUndefined();
    expect(plain).toEqual(
      [...createBatches(train, { batchSize: 10, transform: rawValues(train), shuffleSeed: 4 }).epoch(1)][0],
    );
  });

  test('says what it takes', () => {
    const { train } = syntheticDigits({ seed: 1, train: 10, test: 1 });
    const options = { batchSize: 5, transform: rawValues(train) };
    expect(() => createBatches(train, { ...options, mixup: 0.2 })).toThrow('give shuffleSeed');
    expect(() => createBatches(train, { ...options, shuffleSeed: 1, mixup: 2 })).toThrow('alpha from 0 to 1');
  });
});

describe('the loss of mixed images', () => {
  const batch = {
    labels: Int32Array.from([0, 2, 1]),
    mixed: { labels: Int32Array.from([1, 2, 0]), share: 0.7 },
  };
  const logits = () => randn([3, 4], createRandom(6), { dtype: 'float64', requiresGrad: true });

  test('is that of targets which are shared in the same way', () => {
    const x = logits();
    const [{ data }, loss] = [
      x,
      batchLoss(lossOf({ loss: 'cross-entropy', labelSmoothing: 0.1 }), x, batch).item(),
    ];
    let expected = 0;
    for (let n = 0; n < 3; n++) {
      const row = [...data.subarray(4 * n, 4 * n + 4)];
      const log = Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
      row.forEach((z, c) => {
        const own = 0.7 * Number(c === batch.labels[n]) + 0.3 * Number(c === batch.mixed.labels[n]);
        expected -= ((0.9 * own + 0.1 / 4) * (z - log)) / 3;
      });
    }
    expect(loss).toBeCloseTo(expected, 12);
  });

  test('has the gradient of differences; without others it is the usual one', () => {
    const fn = lossOf({ loss: 'cross-entropy', labelSmoothing: 0 });
    expect(gradcheck(({ x }) => batchLoss(fn, x, batch), { x: logits() })[0].passed).toBe(true);
    const x = logits();
    expect(batchLoss(fn, x, { labels: batch.labels }).item()).toBe(fn(x, batch.labels).item());
    const [own, others] = [batch.labels, batch.mixed.labels].map((labels) => accuracyOf(x, labels));
    expect(batchAccuracy(x, batch)).toBeCloseTo(0.7 * own + 0.3 * others, 12);
    expect(batchAccuracy(x, { labels: batch.labels })).toBe(own);
  });
});
