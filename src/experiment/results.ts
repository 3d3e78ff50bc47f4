import { type Summary, summarize } from '../report/statistics.ts';
import type { Score } from '../train/metrics.ts';
import type { RunStatus } from '../train/result.ts';
import type { Grid, Point } from './define.ts';
import { type MeasureName, measures, type Scores } from './measures.ts';

/** What is kept of a finished run: enough for every claim and figure, and small. */
export interface RunRecord {
  point: Point;
  seed: number;
  /** Whose colour and marker it has in figures. */
  norm: string;
  status: RunStatus;
  /** At the end; null where no epoch was completed. */
  train: Score | null;
  test: Score | null;
  /** After every epoch. */
  epochs: readonly { epoch: number; train: Score; test: Score }[];
  /** The mean over the training steps since the line before; only where the figure needs them. */
  steps?: readonly { step: number; train: Score }[];
  seconds: number;
  /** Of the final weights. */
  digest: string;
}

/** The finished runs of an experiment, and the questions that claims ask of them. */
export interface Results<G extends Grid = Grid> {
  runs: readonly RunRecord[];
  /** The runs at these values; axes that are not named may have any. */
  where(point: Partial<Point<G>>): RunRecord[];
  /** Over the seeds of those runs, at their end. A run that diverged is counted apart. */
  summary(point: Partial<Point<G>>, measure: MeasureName): Summary;
  /** NaN where no run came to an end: then no claim about it holds. */
  mean(point: Partial<Point<G>>, measure: MeasureName): number;
  /** Over the points that have these values: the greatest mean minus the least. */
  range(point: Partial<Point<G>>, measure: MeasureName): number;
}

export function resultsOf(runs: readonly RunRecord[]): Results {
  const where = (wanted: Partial<Point>) =>
    runs.filter(({ point }) => Object.entries(wanted).every(([axis, value]) => point[axis] === value));
  const summary = (point: Partial<Point>, measure: MeasureName) =>
    summarize(where(point).map((run) => finalValue(run, measure)));
  return {
    runs,
    where,
    summary,
    mean: (point, measure) => {
      const { mean, diverged } = summary(point, measure);
      return diverged > 0 ? Number.NaN : mean;
    },
    range: (wanted, measure) => {
      const points = new Map(where(wanted).map(({ point }) => [JSON.stringify(point), point]));
      const means = [...points.values()].map((point) => summary(point, measure).mean);
      return Math.max(...means) - Math.min(...means);
    },
  };
}

/** NaN for a run that diverged, also if it had completed epochs before. */
export function finalValue(run: { status: RunStatus } & Scores, measure: MeasureName): number {
  return run.status === 'diverged' ? Number.NaN : measures[measure].of(run);
}
