import type { LineChart, Point } from '../charts/lineChart.ts';
import { meanCurve } from '../charts/statistics.ts';
import { ConfigError } from '../errors.ts';
import { runFiles } from '../runs/record.ts';
import { readMetrics } from '../train/metrics.ts';
import { xLabel } from './figure.ts';
import type { FinishedFolderRun } from './folderRuns.ts';
import { type MeasureName, measures } from './measures.ts';
import { finalValue } from './results.ts';
import {
  checkField,
  compareValues,
  differingFields,
  type Field,
  groupRuns,
  settingText,
} from './seedGroups.ts';

interface PlotChoice extends Partial<Pick<LineChart, 'title' | 'band' | 'caption'>> {
  /** The course of every run over `epoch` or `step`, or its end over the values of a setting. */
  x: string;
  y: MeasureName;
  /** A curve for each combination of these settings; by default those that differ, as far as x and the others do not say them. */
  by?: readonly string[];
  logY?: boolean;
}

/** A chart of finished runs: the mean over their seeds. Throws a ConfigError for what cannot be drawn. */
export function plotRuns(runs: readonly FinishedFolderRun[], choice: PlotChoice): LineChart {
  const { x, y, band, logY, title, caption } = choice;
  const across = x === 'epoch' || x === 'step' ? undefined : checkAxis(x);
  const fields = (choice.by ?? tellingFields(runs, across)).map(checkField);
  const { label, unit } = measures[y];
  const valuesOf = ({ config }: FinishedFolderRun) => fields.map((field) => settingText(config[field]));
  const groups = groupRuns(runs, fields, across).sort(([a], [b]) => compareValues(valuesOf(a), valuesOf(b)));
  const places = across && placesOf(runs, across);
  return {
    title: title ?? `${label[0].toUpperCase()}${label.slice(1)} over ${xLabel(x)}`,
    caption,
    band,
    x: places ? { label: xLabel(x), type: 'category', names: places.names } : { label: x },
    y: { label, unit, type: logY ? 'log10' : 'linear' },
    series: groups.map((group) => ({
      name: seriesName(group[0], fields),
      norm: fields.includes('norm') ? settingText(group[0].config.norm) : undefined,
      points: places
        ? endPoints(group, y, ({ config }) => places.at(settingText(config[across!])))
        : coursePoints(group, x as 'epoch' | 'step', y),
    })),
  };
}

/** `batch, batchSize 32`: what its runs have in common and others have not. */
function seriesName({ config }: FinishedFolderRun, fields: readonly Field[]): string {
  const parts = fields.map((field) =>
    typeof config[field] === 'string' ? settingText(config[field]) : `${field} ${settingText(config[field])}`,
  );
  return parts.join(', ') || 'all runs';
}

/** Every value of a setting has a place on the axis: numbers by size, names by the alphabet. */
function placesOf(runs: readonly FinishedFolderRun[], field: Field) {
  const values = [...new Set(runs.map(({ config }) => settingText(config[field])))];
  const names = values.sort((a, b) => compareValues([a], [b]));
  const places = new Map(names.map((name, i) => [name, i]));
  return { names, at: (value: string) => places.get(value)! };
}

function endPoints(
  runs: readonly FinishedFolderRun[],
  y: MeasureName,
  place: (run: FinishedFolderRun) => number,
): Point[] {
  const ends = runs.map((run) => {
    const { status, train, test } = run.result;
    const steps = measures[y].needsSteps ? readMetrics(runFiles(run.path).metrics, 'step') : [];
    return [{ x: place(run), y: finalValue({ status, train, test, steps }, y) }];
  });
  // Categories stand in the order in which they come.
  return meanCurve(ends).sort((a, b) => a.x - b.x);
}

/** Test scores exist at the end of an epoch only, also where the x axis is the step. */
function coursePoints(runs: readonly FinishedFolderRun[], x: 'epoch' | 'step', y: MeasureName): Point[] {
  const { of, needsSteps } = measures[y];
  if (needsSteps) {
    throw new ConfigError('y', `${y} is a number at the end of a run, without a course over ${x}`, [
      'as --x, name a setting, such as batchSize',
    ]);
  }
  // One after the other: all lines of thousands of runs at once would not fit into memory.
  function* courses() {
    for (const { path } of runs) {
      const { metrics } = runFiles(path);
      const steps = x === 'step' ? readMetrics(metrics, 'step') : [];
      const within = steps.map(({ step, train }) => ({ x: step, y: of({ train, test: null }) }));
      if (within.some((point) => !Number.isNaN(point.y))) yield within;
      else yield readMetrics(metrics, 'epoch').map((line) => ({ x: line[x], y: of(line) }));
    }
  }
  return meanCurve(courses());
}

function checkAxis(name: string): Field {
  try {
    return checkField(name);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError('x', error.problem, [`or: epoch, step`, ...error.hint]);
  }
}

/**
 * The settings that tell runs apart beside x, without those that follow from the others: where the learning rate is in proportion
 * to the batch, a curve over the batch size has no rate of its own.
 */
function tellingFields(runs: readonly FinishedFolderRun[], across: Field | undefined): Field[] {
  const differing = differingFields(runs).filter((field) => field !== across);
  const key = ({ config }: FinishedFolderRun, fields: readonly Field[]) =>
    JSON.stringify((across ? [...fields, across] : fields).map((field) => settingText(config[field])));
  const all = new Set(runs.map((run) => key(run, differing))).size;
  // The last settings of a configuration are the least telling: the norm goes last.
  return [...differing].reverse().reduce((kept, field) => {
    const without = kept.filter((each) => each !== field);
    return new Set(runs.map((run) => key(run, without))).size === all ? without : kept;
  }, differing);
}
