import type { Score } from './metrics.ts';

/** done: all epochs. diverged: the loss became NaN or infinite. interrupted: stopped from outside. */
export type RunStatus = 'done' | 'diverged' | 'interrupted';

/** What came out of a run: result.json. */
export interface TrainResult {
  status: RunStatus;
  /** The test set after the last complete epoch; null before the first. */
  test: Score | null;
  /** The mean over the steps of the last complete epoch; null before the first. */
  train: Score | null;
  /** The epoch with the best test accuracy, counted from 1. */
  best: (Score & { epoch: number }) | null;
  /** Where the loss stopped being a number: the step, counted from 1, and the loss there. */
  diverged: { step: number; epoch: number; loss: number } | null;
  /** Complete epochs. */
  epochs: number;
  steps: number;
  /** Of the final weights (digest.ts). */
  digest: string;
  parameters: number;
  /** From the first step to the last evaluation. */
  seconds: number;
}
