import { classCounts, type ImageSet } from '../data/dataset.ts';

type Tested = Pick<ImageSet, 'labels' | 'count' | 'classes'>;

/** The share of the most frequent class: what a network gets right that names one class whatever it sees. */
export function guessedAccuracy(tested: Tested): number {
  return Math.max(...classCounts(tested)) / tested.count;
}

/** Whether an accuracy on these images, less than 1, is above that by at most two standard deviations of a share of so many. */
export function isGuessing(accuracy: number, tested: Tested): boolean {
  const guessed = guessedAccuracy(tested);
  return accuracy < 1 && accuracy <= guessed + 2 * Math.sqrt((guessed * (1 - guessed)) / tested.count);
}
