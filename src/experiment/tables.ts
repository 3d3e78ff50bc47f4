import { formatSummary, type Summary } from '../charts/statistics.ts';
import { seriesOf, xLabel } from './figure.ts';
import { measureLabel } from './measures.ts';
import { nameOf } from './point.ts';
import { type RunRecord, resultsOf } from './results.ts';
import type { Experiment } from './spec.ts';

/** The ends of all runs as a table: what a row and a column are called, and what is at their crossing. */
interface EndTable {
  corner: string;
  /** What the cells are. */
  title: string;
  rows: string[];
  columns: string[];
  cell: (row: string, column: string) => Summary;
}

/** A column per value of x where x is an axis of the grid; otherwise one per measure. */
export function endTable(experiment: Experiment, runs: readonly RunRecord[]): EndTable {
  const { grid, figure, columns = [] } = experiment;
  const series = seriesOf(experiment, runs);
  const rows = series.map(({ name }) => name);
  const runsOf = (row: string) => resultsOf(series.find(({ name }) => name === row)!.runs);
  const corner = Object.keys(grid).filter((axis) => axis !== figure.x)[0] ?? '';
  if (figure.x in grid) {
    const values = new Map(grid[figure.x].map((value) => [String(nameOf(value)), nameOf(value)]));
    return {
      corner,
      title: `${measureLabel(figure.y)} by ${xLabel(figure.x)}`,
      rows,
      columns: [...values.keys()],
      cell: (row, column) => runsOf(row).summary({ [figure.x]: values.get(column)! }, figure.y),
    };
  }
  const byLabel = new Map([figure.y, ...columns].map((measure) => [measureLabel(measure), measure]));
  return {
    corner,
    title: 'at the end',
    rows,
    columns: [...byLabel.keys()],
    cell: (row, column) => runsOf(row).summary({}, byLabel.get(column)!),
  };
}

/** Published numbers, and those of PyTorch's runs where there are some, beside ours: rows of text, with the heads of their columns. */
export function publishedTable(
  { published = [], figure }: Experiment,
  runs: readonly RunRecord[],
  inTorch: readonly RunRecord[] = [],
): { heads: string[]; rows: string[][] } {
  const [ours, theirs] = [resultsOf(runs), resultsOf(inTorch)];
  const hasTorch = inTorch.length > 0;
  const shown = published.filter((row) => hasTorch || row.published !== undefined);
  const isPrinted = shown.some((row) => row.published !== undefined);
  const rows = shown.map(({ what, published: printed, where, measure = figure.y }) => [
    what,
    ...(isPrinted ? [printed ?? '–'] : []),
    ...(hasTorch ? [formatSummary(theirs.summary(where, measure), { showN: true })] : []),
    formatSummary(ours.summary(where, measure), { showN: true }),
  ]);
  const heads = ['', ...(isPrinted ? ['published'] : []), ...(hasTorch ? ['PyTorch'] : []), 'normgrad'];
  return { heads, rows };
}
