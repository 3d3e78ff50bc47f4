import { mean, type Summary, summarize } from '../charts/statistics.ts';
import type { RunStatus } from '../train/result.ts';
import { type MeasureChoice, measureOf, type Scores } from './measures.ts';
import type { Grid, Point } from './point.ts';

/** What is kept of a finished run: enough for every claim and figure, and small; `steps` only where one of them needs them. */
export interface RunRecord extends Scores {
  /** The run's name, which tells its settings. */
  run: string;
  point: Point;
  seed: number;
  /** Whose colour and marker it has in figures. */
  norm: string;
  status: RunStatus | 'failed';
  epochs: NonNullable<Scores['epochs']>;
  seconds: number;
  /** Of the final weights. */
  digest: string;
}

/** The finished runs of an experiment, and the questions that claims ask of them. */
export interface Results<G extends Grid = Grid> {
  runs: readonly RunRecord[];
  /** The runs at these values; axes that are not named may have any. */
  where(point: Partial<Point<G>>): RunRecord[];
  /** Over the seeds of those runs, at their end. Runs that diverged or failed are counted apart; in a check mean and std are then no numbers. */
  summary(point: Partial<Point<G>>, measure: MeasureChoice): Summary;
  /** NaN where a run diverged or failed: then no claim about it holds. */
  mean(point: Partial<Point<G>>, measure: MeasureChoice): number;
  /** Over the points that have these values: the greatest mean minus the least; NaN where one of them is. */
  range(point: Partial<Point<G>>, measure: MeasureChoice): number;
}

export function resultsOf(runs: readonly RunRecord[]): Results {
  const where = (wanted: Partial<Point>) =>
    runs.filter(({ point }) => Object.entries(wanted).every(([axis, value]) => point[axis] === value));
  const summary = (point: Partial<Point>, measure: MeasureChoice) => {
    const ended = where(point).filter(({ status }) => status !== 'failed');
    const values = summarize(ended.map((run) => finalValue(run, measure)));
    const failed = where(point).length - ended.length;
    return failed > 0 ? { ...values, failed } : values;
  };
  const meanOf = (point: Partial<Point>, measure: MeasureChoice) => {
    const { mean: ofTheRest, diverged, failed = 0 } = summary(point, measure);
    return diverged + failed > 0 ? Number.NaN : ofTheRest;
  };
  return {
    runs,
    where,
    summary,
    mean: meanOf,
    range: (wanted, measure) => {
      const points = new Map(where(wanted).map(({ point }) => [JSON.stringify(point), point]));
      const means = [...points.values()].map((point) => meanOf(point, measure));
      return Math.max(...means) - Math.min(...means);
    },
  };
}

/** For a check: where a run diverged or failed, its arm's summary is no number either, since to leave the run out would favour the arm. */
export function withoutTheRest(results: Results): Results {
  const summary: Results['summary'] = (point, measure) => {
    const found = results.summary(point, measure);
    const { diverged, failed = 0 } = found;
    return diverged + failed > 0 ? { ...found, mean: Number.NaN, std: undefined } : found;
  };
  return { ...results, summary };
}

/** NaN for a run that failed, also if it had completed epochs before, and for one that diverged if the measure says nothing of it. */
export function finalValue(run: Pick<RunRecord, 'status'> & Scores, choice: MeasureChoice): number {
  const { of, ifDiverged = Number.NaN } = measureOf(choice);
  if (run.status === 'done') return of(run);
  return run.status === 'diverged' ? ifDiverged : Number.NaN;
}

/** The value of every seed; NaN where one of its runs has none. */
export function bySeed(results: Results, arm: Partial<Point>, of: MeasureChoice): Map<number, number> {
  const values = new Map<number, number[]>();
  for (const run of results.where(arm)) {
    values.set(run.seed, [...(values.get(run.seed) ?? []), finalValue(run, of)]);
  }
  return new Map([...values].map(([seed, own]) => [seed, mean(own)]));
}
