import type { Point as ChartPoint, LineChart } from '../charts/lineChart.ts';
import { meanCurve } from '../charts/statistics.ts';
import { codeName } from '../train/code/names.ts';
import { singlesOf } from './claim.ts';
import { type MeasureChoice, measureOf } from './measures.ts';
import type { Point } from './point.ts';
import { nameOf } from './point.ts';
import { finalValue, type RunRecord, resultsOf } from './results.ts';
import type { Experiment, Panel } from './spec.ts';

/** A curve of the figure: the runs that differ in their seed only, and in x where that is an axis of the grid. */
interface SeriesRuns {
  name: string;
  norm: string;
  runs: RunRecord[];
}

/** In the order of the grid. */
export function seriesOf(
  experiment: Experiment,
  runs: readonly RunRecord[],
  { x, where = {} }: Pick<Panel, 'x' | 'where'> = experiment.figure,
): SeriesRuns[] {
  const series = new Map<string, SeriesRuns>();
  for (const run of resultsOf(runs).where(where)) {
    const name = seriesName(experiment, run.point, [x, ...Object.keys(where)]);
    const known = series.get(name);
    if (known) known.runs.push(run);
    else series.set(name, { name, norm: run.norm, runs: [run] });
  }
  return [...series.values()];
}

/** `batch`, `layer, sgd 0.05`: what tells its runs from others, but for the axes in `without`. */
export function seriesName(
  { grid, figure }: Experiment,
  point: Point,
  without: readonly string[] = [figure.x],
): string {
  const axes = Object.keys(grid).filter((axis) => !without.includes(axis));
  const parts = axes.map((axis) =>
    typeof point[axis] === 'number' ? `${axis} ${point[axis]}` : codeName(String(point[axis])),
  );
  return parts.join(', ') || 'all runs';
}

/** The figure and the panels, in this order. `caption` goes under each. */
export function figuresOf(
  experiment: Experiment,
  runs: readonly RunRecord[],
  caption: string,
): [LineChart, ...LineChart[]] {
  const { title, panels = [] } = experiment;
  const { y, ...figure } = experiment.figure;
  const main = { ...figure, title, lines: [y] };
  return [
    chartOf(experiment, runs, main, caption),
    ...panels.map((panel) => chartOf(experiment, runs, panel, caption)),
  ];
}

function chartOf(
  experiment: Experiment,
  runs: readonly RunRecord[],
  panel: Panel,
  caption: string,
): LineChart {
  const { title, lines, y } = panel;
  const series = seriesOf(experiment, runs, panel);
  // Where all have one norm, its colour would tell none of them apart.
  const byNorm = new Set(series.map(({ norm }) => norm)).size > 1;
  const { label, unit } = measureOf(lines[0]);
  const lineName = (run: string, line: string) => {
    if (lines.length === 1) return run;
    return series.length === 1 ? line : `${run}: ${line}`;
  };
  return {
    title,
    caption,
    x: xAxis(experiment, panel),
    y: y ?? { label, unit },
    ...(isJudged(experiment, lines) && { band: 'ci95' as const }),
    series: series.flatMap(({ name, norm, runs: own }) =>
      lines.map((measure) => ({
        name: lineName(name, measureOf(measure).label),
        norm: byNorm ? norm : lineName(name, measureOf(measure).label),
        points: pointsOf(experiment, own, panel.x, measure),
      })),
    ),
  };
}

/** Whether a claim is about the level of one of these measures: then its band is what the claim is judged by. */
function isJudged({ claims }: Experiment, lines: Panel['lines']): boolean {
  return claims.flatMap(singlesOf).some((single) => 'level' in single && lines.includes(single.of));
}

function pointsOf(
  experiment: Experiment,
  runs: readonly RunRecord[],
  x: string,
  choice: MeasureChoice,
): ChartPoint[] {
  const { of, curve } = measureOf(choice);
  if (x in experiment.grid) {
    return meanCurve(
      runs.map((run) => [{ x: xValue(experiment, x, run.point), y: finalValue(run, choice) }]),
    );
  }
  if (curve) return meanCurve(runs.map(curve));
  if (x === 'epoch') {
    return meanCurve(runs.map(({ epochs }) => epochs.map((line) => ({ x: line.epoch, y: of(line) }))));
  }
  return meanCurve(
    runs.map(({ steps = [] }) => steps.map(({ step, train }) => ({ x: step, y: of({ train, test: null }) }))),
  );
}

/** Values that are names stand in the order of the grid. */
function xValue(experiment: Experiment, x: string, point: Point): number {
  const names = namesOf(experiment, x);
  return names ? names.indexOf(codeName(String(point[x]))) : Number(point[x]);
}

function xAxis(experiment: Experiment, { x, log }: Pick<Panel, 'x' | 'log'>): LineChart['x'] {
  const label = xLabel(x);
  if (!(x in experiment.grid)) return { label, type: log ? 'log10' : 'linear' };
  const names = namesOf(experiment, x);
  return names ? { label, type: 'category', names } : { label, type: log ? 'log10' : 'category' };
}

/** The values of an axis, unless they are numbers. */
function namesOf({ grid }: Experiment, x: string): string[] | undefined {
  if (grid[x].every((value) => typeof value === 'number')) return undefined;
  return grid[x].map((value) => codeName(String(nameOf(value))));
}

/** An axis of the grid in words. */
export function xLabel(axis: string): string {
  const labels: Record<string, string> = { batchSize: 'batch size', lr: 'learning rate' };
  return labels[axis] ?? axis;
}
