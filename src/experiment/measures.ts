import type { Score } from '../train/metrics.ts';

/** A number read off a run: at its end, or along its curve. */
export interface Measure {
  label: string;
  unit?: string;
  /** NaN where there is nothing to read. */
  of: (scores: Scores) => number;
  /** Reads the lines between the ends of epochs, which are then kept. */
  needsSteps?: boolean;
}

/** `test` is null between the ends of epochs. */
export interface Scores {
  train: Score | null;
  test: Score | null;
  /** Only of a whole run: means over the steps since the line before. */
  steps?: readonly { step: number; train: Score }[];
}

export type MeasureName =
  | 'testError'
  | 'testAccuracy'
  | 'testLoss'
  | 'trainAccuracy'
  | 'trainLoss'
  | 'endLoss';

/** Of the test images after an epoch, or of the training images during it (dropout and augmentation included). */
export const measures: Record<MeasureName, Measure> = {
  testError: { label: 'test error', unit: '%', of: ({ test }) => 100 * (1 - (test?.accuracy ?? Number.NaN)) },
  testAccuracy: { label: 'test accuracy', unit: '%', of: ({ test }) => 100 * (test?.accuracy ?? Number.NaN) },
  testLoss: { label: 'test loss', of: ({ test }) => test?.loss ?? Number.NaN },
  trainAccuracy: {
    label: 'training accuracy',
    unit: '%',
    of: ({ train }) => 100 * (train?.accuracy ?? Number.NaN),
  },
  trainLoss: { label: 'training loss', of: ({ train }) => train?.loss ?? Number.NaN },
  endLoss: {
    label: 'training loss, last 50 steps',
    of: ({ steps = [] }) => {
      const last = steps.filter(({ step }) => step > steps[steps.length - 1].step - 50);
      return last.reduce((sum, { train }) => sum + train.loss, 0) / last.length;
    },
    needsSteps: true,
  },
};
