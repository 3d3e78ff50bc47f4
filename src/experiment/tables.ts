import { decimalsFor, formatSummary, type Summary } from '../charts/statistics.ts';
import { type MinusTorch, minusTorch } from './besideTorch.ts';
import { seriesOf, xLabel } from './figure.ts';
import { measureLabel } from './measures.ts';
import { nameOf } from './point.ts';
import { type Results, type RunRecord, resultsOf } from './results.ts';
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

/**
 * Published numbers, those of PyTorch's runs, and ours, as far as there are some, side by side: rows of text, with the heads of their
 * columns. Ours minus PyTorch's with its 95 % interval comes last.
 */
export function publishedTable(
  { published = [], figure }: Experiment,
  runs: readonly RunRecord[],
  inTorch: readonly RunRecord[] = [],
): { heads: string[]; rows: string[][] } {
  const [ours, theirs] = [resultsOf(runs), resultsOf(inTorch)];
  const [hasOurs, hasTorch] = [runs.length > 0, inTorch.length > 0];
  const shown = published
    .filter((row) => hasTorch || row.published !== undefined)
    .map((row) => ({ ...row, measure: row.measure ?? figure.y }));
  type Row = (typeof shown)[number];
  const ends = (results: Results) => (row: Row) => formatSummary(results.summary(row.where, row.measure));
  const all: { head: string; isThere: boolean; cell: (row: Row) => string }[] = [
    { head: '', isThere: true, cell: ({ what }) => what },
    {
      head: 'published',
      isThere: shown.some((row) => row.published !== undefined),
      cell: (row) => row.published ?? '–',
    },
    { head: 'PyTorch', isThere: hasTorch, cell: ends(theirs) },
    { head: 'normgrad', isThere: hasOurs, cell: ends(ours) },
    {
      head: 'normgrad - PyTorch',
      isThere: hasOurs && hasTorch,
      cell: (row) => differenceText(minusTorch(runs, inTorch, row)),
    },
  ];
  const columns = all.filter(({ isThere }) => isThere);
  return {
    heads: columns.map(({ head }) => head),
    rows: shown.map((row) => columns.map(({ cell }) => cell(row))),
  };
}

/**
 * `+0.4 ± 0.9`: the mean with half of its 95 % interval; `0` where no seed differs; `+0.4 ± 0.9 (n=4, 1 without a value)` where a seed of
 * the row has none.
 */
function differenceText(difference: MinusTorch): string {
  const { n, mean, half, diverged, seeds } = difference;
  const lost = diverged > 0 ? [`${diverged} without a value`] : [];
  if (n === 0) return lost.join() || '–';
  const notes = n < seeds || n === 1 ? ` (${[`n=${n}`, ...lost].join(', ')})` : '';
  if (mean === 0 && !half) return `0${notes}`;
  const show = showing(difference);
  const text = show(mean);
  const signed = Number(text) === 0 ? text.replace('-', '') : `${mean > 0 ? '+' : ''}${text}`;
  return `${signed}${half === undefined ? '' : ` ± ${show(half)}`}${notes}`;
}

/** With as many digits as the interval allows, or more where fewer would hide on which side of 0 it ends; without one, with two. */
function showing({ mean, half }: MinusTorch): (x: number) => string {
  if (Math.abs(mean) < 1e-6) return (x) => x.toExponential(1);
  if (half === undefined) return (x) => String(Number(x.toPrecision(2)));
  const isTold = (decimals: number) =>
    Math.sign(Number(Math.abs(mean).toFixed(decimals)) - Number(half.toFixed(decimals))) ===
    Math.sign(Math.abs(mean) - half);
  const least = decimalsFor({ mean, std: half });
  const decimals = [least, least + 1, least + 2].find(isTold) ?? least;
  return (x) => x.toFixed(decimals);
}
