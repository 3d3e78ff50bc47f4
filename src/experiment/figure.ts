import type { Point as ChartPoint, LineChart } from '../report/lineChart.ts';
import { meanCurve } from '../report/statistics.ts';
import type { Experiment, Point } from './define.ts';
import { measures } from './measures.ts';
import { nameOf, type PlannedRun } from './plan.ts';
import { finalValue, type RunRecord } from './results.ts';

/** A curve of the figure: the runs that differ in their seed only, and in x where that is an axis of the grid. */
export interface SeriesRuns {
  name: string;
  norm: string;
  runs: RunRecord[];
}

/** In the order of the grid. */
export function seriesOf(experiment: Experiment, runs: readonly RunRecord[]): SeriesRuns[] {
  const series = new Map<string, SeriesRuns>();
  for (const run of runs) {
    const name = seriesName(experiment, run.point);
    const known = series.get(name);
    if (known) known.runs.push(run);
    else series.set(name, { name, norm: run.norm, runs: [run] });
  }
  return [...series.values()];
}

/** `batch`, `layer, sgd 0.05`: what tells its runs from others, but for x. */
export function seriesName({ grid, figure }: Experiment, point: Point): string {
  const axes = Object.keys(grid).filter((axis) => axis !== figure.x);
  const parts = axes.map((axis) =>
    typeof point[axis] === 'number' ? `${axis} ${point[axis]}` : String(point[axis]),
  );
  return parts.join(', ') || 'all runs';
}

export function figureOf(experiment: Experiment, runs: readonly RunRecord[], caption: string): LineChart {
  const { title, figure } = experiment;
  const measure = measures[figure.y];
  const series = seriesOf(experiment, runs);
  // Where all have one norm, its colour would tell none of them apart.
  const byNorm = new Set(series.map(({ norm }) => norm)).size > 1;
  return {
    title,
    caption,
    x: xAxis(experiment),
    y: { label: measure.label, unit: measure.unit },
    series: series.map(({ name, norm, runs: own }) => ({
      name,
      norm: byNorm ? norm : name,
      points: pointsOf(experiment, own),
    })),
  };
}

function pointsOf(experiment: Experiment, runs: readonly RunRecord[]): ChartPoint[] {
  const { x, y } = experiment.figure;
  const { of } = measures[y];
  if (x === 'epoch') {
    return meanCurve(runs.map(({ epochs }) => epochs.map((line) => ({ x: line.epoch, y: of(line) }))));
  }
  if (x === 'step') {
    return meanCurve(
      runs.map(({ steps = [] }) =>
        steps.map(({ step, train }) => ({ x: step, y: of({ train, test: null }) })),
      ),
    );
  }
  return meanCurve(runs.map((run) => [{ x: xValue(experiment, run.point), y: finalValue(run, y) }]));
}

/** Values that are names are counted from 1, in the order of the grid. */
function xValue({ grid, figure: { x } }: Experiment, point: Point): number {
  const value = point[x];
  return typeof value === 'number' ? value : 1 + grid[x].findIndex((each) => nameOf(each) === value);
}

function xAxis({ grid, figure: { x, log } }: Experiment): LineChart['x'] {
  if (x === 'epoch' || x === 'step') return { label: x, type: log ? 'log10' : 'linear' };
  const numbers = grid[x].every((value) => typeof value === 'number');
  const names = numbers ? '' : `: ${grid[x].map((value, i) => `${i + 1} ${nameOf(value)}`).join(', ')}`;
  return { label: xLabel(x) + names, type: log ? 'log10' : 'category' };
}

/** An axis of the grid in words. */
export function xLabel(axis: string): string {
  const labels: Record<string, string> = { batchSize: 'batch size', lr: 'learning rate' };
  return labels[axis] ?? axis;
}

/** `mlp 128-128, sgd …`: the settings that all runs share, for the caption. */
export function describeSettings(plan: readonly PlannedRun[]): string {
  const configs = plan.map(({ config }) => config);
  const shared = <T>(read: (config: PlannedRun['config']) => T): T | undefined => {
    const values = configs.map(read);
    return new Set(values.map((value) => JSON.stringify(value))).size === 1 ? values[0] : undefined;
  };
  const limit = shared(({ limit }) => limit);
  const model = shared(({ model }) => model);
  const hidden = shared(({ hidden }) => hidden);
  const optimizer = shared(({ optimizer }) => optimizer);
  const momentum = optimizer === 'sgd' && shared(({ momentum }) => momentum);
  const batch = shared(({ batchSize }) => batchSize);
  const epochs = shared(({ epochs }) => epochs);
  const parts = [
    shared(({ dataset }) => dataset),
    limit ? `${limit.toLocaleString('en-US')} images` : '',
    [model, hidden?.join('-')].filter(Boolean).join(' '),
    momentum ? `${optimizer} with momentum ${momentum}` : optimizer,
    usualRate(configs.map(({ lr }) => lr)),
    batch === undefined ? '' : `batch ${batch}`,
    epochs === undefined ? '' : `${epochs} epoch${epochs === 1 ? '' : 's'}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** `lr 0.1`, or `lr 0.1 unless stated` where most runs have it. */
function usualRate(rates: readonly number[]): string {
  const count = (rate: number) => rates.filter((each) => each === rate).length;
  const usual = rates.find((rate) => count(rate) > rates.length / 2);
  if (usual === undefined) return '';
  return count(usual) === rates.length ? `lr ${usual}` : `lr ${usual} unless stated`;
}
