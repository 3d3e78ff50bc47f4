import * as v from 'valibot';
import { anyNumber, plainObject, wholeNumber } from '../storedFile.node.ts';
import { type Score, scoreSchema } from './metrics.ts';

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

export const runStatuses = ['done', 'diverged', 'interrupted'] as const satisfies readonly RunStatus[];

export const bestSchema = v.object({ loss: anyNumber, accuracy: anyNumber, epoch: wholeNumber });

const position = { epoch: wholeNumber, step: wholeNumber };

export const resultSchema: v.GenericSchema<unknown, TrainResult> = v.pipe(
  plainObject,
  v.object({
    status: v.picklist(runStatuses),
    test: v.nullable(scoreSchema),
    train: v.nullable(scoreSchema),
    best: v.nullable(bestSchema),
    diverged: v.nullable(v.object({ ...position, loss: anyNumber })),
    epochs: wholeNumber,
    steps: wholeNumber,
    digest: v.string(),
    parameters: wholeNumber,
    seconds: anyNumber,
  }),
  v.check(
    ({ status, diverged, train, test }) =>
      status !== 'done' || (diverged === null && train !== null && test !== null),
    'is done, and lacks scores',
  ),
);
