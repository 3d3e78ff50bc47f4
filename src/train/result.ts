import * as v from 'valibot';
import { anyNumber, plainObject, wholeNumber } from '../storedFile.node.ts';
import { type Score, scoreSchema } from './metrics.ts';

/** done: all epochs. diverged: the loss or the gradient became NaN or infinite. interrupted: stopped from outside. */
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
  /** Where the run went astray; null where it did not. */
  diverged: Diverged | null;
  /** Of a run that learned nothing that shows: what one class for all test images would get right (guessing.ts). */
  guessing?: number;
  /** Complete epochs. */
  epochs: number;
  steps: number;
  /** Of the final weights (digest.ts). */
  digest: string;
  parameters: number;
  /** From the first step to the last evaluation. */
  seconds: number;
}

/** Where the loss, or the norm of the gradient that `clip` measures, stopped being a number: the step, counted from 1. */
export interface Diverged {
  step: number;
  epoch: number;
  loss: number;
  /** Where the loss was still one. */
  gradientNorm?: number;
}

/** `loss NaN at step 12` */
export function whereDiverged({ step, loss, gradientNorm }: Diverged): string {
  const what = gradientNorm === undefined ? `loss ${loss}` : `norm of the gradient ${gradientNorm}`;
  return `${what} at step ${step}`;
}

/** What is wrong with how a run ended, in a few words. */
export function whatIsWrong({
  diverged,
  guessing,
}: Pick<TrainResult, 'diverged' | 'guessing'>): string | undefined {
  if (diverged) return whereDiverged(diverged);
  return guessing === undefined ? undefined : `guesses: one class for all gets ${guessing.toFixed(4)}`;
}

export const runStatuses = ['done', 'diverged', 'interrupted'] as const satisfies readonly RunStatus[];

/** @internal */
export const bestSchema = v.object({ loss: anyNumber, accuracy: anyNumber, epoch: wholeNumber });

const position = { epoch: wholeNumber, step: wholeNumber };

/** @internal */
export const resultSchema: v.GenericSchema<unknown, TrainResult> = v.pipe(
  plainObject,
  v.object({
    status: v.picklist(runStatuses),
    test: v.nullable(scoreSchema),
    train: v.nullable(scoreSchema),
    best: v.nullable(bestSchema),
    diverged: v.nullable(v.object({ ...position, loss: anyNumber, gradientNorm: v.optional(anyNumber) })),
    guessing: v.optional(anyNumber),
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
