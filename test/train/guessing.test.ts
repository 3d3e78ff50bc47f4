import { expect, test } from 'vitest';
import { guessedAccuracy, isGuessing } from '../../src/train/guessing.ts';

const tested = (labels: number[]) => ({
  labels: Uint8Array.from(labels),
  count: labels.length,
  classes: ['a', 'b', 'c'],
});

test('what one class for all gets right: the share of the most frequent one', () => {
  expect(guessedAccuracy(tested([0, 1, 1, 2]))).toBe(0.5);
  expect(guessedAccuracy({ ...tested([0, 1, 1, 2]), count: 1 })).toBe(1);
});

test('an accuracy by chance is one within two standard deviations of that share', () => {
  const balanced = tested(Array.from({ length: 900 }, (_, i) => i % 3));
  const deviation = Math.sqrt((1 / 3) * (2 / 3) * (1 / 900)); // 0.0157
  expect(isGuessing(1 / 3, balanced)).toBe(true);
  expect(isGuessing(1 / 3 + 1.9 * deviation, balanced)).toBe(true);
  expect(isGuessing(1 / 3 + 2.1 * deviation, balanced)).toBe(false);
  const rare = tested(Array.from({ length: 100 }, (_, i) => Number(i === 0)));
  expect(isGuessing(0.99, rare)).toBe(true);
  expect(isGuessing(1, rare)).toBe(false);
});
