import { codeName } from '../train/code/names.ts';
import type { ProbeLine, Score } from '../train/metrics.ts';
import type { ProbeName } from '../train/probes/names.ts';

/** A number read off a run: at its end, or along its curve. */
export interface Measure {
  label: string;
  unit?: string;
  /** NaN where there is nothing to read. */
  of: (scores: Scores) => number;
  /** Its course within the run, where that is not one of the usual scores over epochs or steps. */
  curve?: (scores: Scores) => readonly { x: number; y: number }[];
  /** What a run that diverged counts as. By default it has no value, and no claim about it is decided. */
  ifDiverged?: number;
  /** Reads the lines between the ends of epochs, which are then kept. */
  needsSteps?: boolean;
}

/** At the end of a run, or somewhere in it: null before the first epoch is complete, `test` also between the ends of epochs. */
export interface Scores {
  train: Score | null;
  test: Score | null;
  /** Only of a whole run: the scores after every epoch. */
  epochs?: readonly { epoch: number; train: Score; test: Score }[];
  /** Only of a whole run: means over the steps since the line before. */
  steps?: readonly { step: number; train: Score }[];
  /** What the probes (src/train/probes) measured on the way, in the order of the steps. */
  probes?: readonly ProbeLine[];
}

/** Of the test images after an epoch, or of the training images during it (dropout and augmentation included). */
const table = {
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
} satisfies Record<string, Measure>;

export type MeasureName = keyof typeof table;
export const measures: Readonly<Record<MeasureName, Measure>> = table;

/** How soon it learns: the mean over the steps of the first epoch. */
export const firstEpochLoss: Measure = {
  label: 'training loss, first epoch',
  of: ({ epochs = [] }) => epochs[0]?.train.loss ?? Number.NaN,
};

/** By its name, or an experiment's own. */
export type MeasureChoice = MeasureName | Measure;

export function measureOf(choice: MeasureChoice): Measure {
  return typeof choice === 'string' ? measures[choice] : choice;
}

/** `test error (%)` */
export function measureLabel(choice: MeasureChoice): string {
  const { label, unit } = measureOf(choice);
  return unit ? `${label} (${unit})` : label;
}

/** What a probe, by its name or its file, recorded: at the end its last value, and over the steps all of them. */
export function probed(
  probe: ProbeName | (string & {}),
  read: (values: ProbeLine['values']) => number,
  names: { label: string; unit?: string },
): Measure {
  const lines = ({ probes = [] }: Scores) => probes.filter((line) => line.probe === codeName(probe));
  return {
    ...names,
    of: (scores) => {
      const last = lines(scores).at(-1);
      return last ? read(last.values) : Number.NaN;
    },
    curve: (scores) => lines(scores).map(({ step, values }) => ({ x: step, y: read(values) })),
  };
}
