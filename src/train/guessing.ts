import { classCounts, type ImageSet } from '../data/dataset.ts';
import type { TrainResult } from './result.ts';

type Tested = Pick<ImageSet, 'labels' | 'count' | 'classes'>;

/** After fewer, it is no wonder that nothing is learned yet. */
const ENOUGH_STEPS = 100;

/**
 * What one class for all test images would get right, where a run of enough steps is no better: its accuracy, less than 1, is above
 * that by at most two standard deviations of a share of so many images. undefined of all other runs.
 */
export function guessedAccuracy(
  { status, steps, test }: Pick<TrainResult, 'status' | 'steps' | 'test'>,
  tested: Tested,
): number | undefined {
  if (status !== 'done' || steps < ENOUGH_STEPS || test === null) return undefined;
  const guessed = Math.max(...classCounts(tested)) / tested.count;
  const deviation = Math.sqrt((guessed * (1 - guessed)) / tested.count);
  return test.accuracy < 1 && test.accuracy <= guessed + 2 * deviation ? guessed : undefined;
}
