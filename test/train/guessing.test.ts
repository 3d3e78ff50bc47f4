import { expect, test } from 'vitest';
import { guessedAccuracy } from '../../src/train/guessing.ts';

const tested = (labels: number[]) => ({
  labels: Uint8Array.from(labels),
  count: labels.length,
  classes: ['a', 'b', 'c'],
});
const ended = (accuracy: number) => ({ status: 'done' as const, steps: 100, test: { loss: 1, accuracy } });

test('a run guesses whose accuracy is within two standard deviations of the most frequent class', () => {
  const balanced = tested(Array.from({ length: 900 }, (_, i) => i % 3));
  const deviation = Math.sqrt((1 / 3) * (2 / 3) * (1 / 900)); // 0.0157
  expect(guessedAccuracy(ended(1 / 3), balanced)).toBe(1 / 3);
  expect(guessedAccuracy(ended(1 / 3 + 1.9 * deviation), balanced)).toBe(1 / 3);
  expect(guessedAccuracy(ended(1 / 3 + 2.1 * deviation), balanced)).toBeUndefined();
  const rare = tested(Array.from({ length: 100 }, (_, i) => Number(i === 0)));
  expect(guessedAccuracy(ended(0.99), rare)).toBe(0.99);
  expect(guessedAccuracy(ended(1), rare)).toBeUndefined();
});

test('only the images that were tested count', () => {
  expect(guessedAccuracy(ended(0.5), { ...tested([0, 1, 1, 1]), count: 2 })).toBe(0.5);
});

test('no run is said to guess that was too short, did not end, or has no test', () => {
  const images = tested([0, 1, 2]);
  expect(guessedAccuracy(ended(0), images)).toBe(1 / 3);
  expect(guessedAccuracy({ ...ended(0), steps: 99 }, images)).toBeUndefined();
  expect(guessedAccuracy({ ...ended(0), status: 'diverged' }, images)).toBeUndefined();
  expect(guessedAccuracy({ ...ended(0), status: 'interrupted' }, images)).toBeUndefined();
  expect(guessedAccuracy({ ...ended(0), test: null }, images)).toBeUndefined();
});
