import { type BandName, bandEdges, bandMeanings } from './band.ts';
import type { SeriesStyle } from './colors.ts';
import type { Axis } from './scale.ts';

/** What a line chart shows, whether drawn as SVG (svgChart.ts) or in the terminal (terminalChart.ts). */
export interface LineChart {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
  /** What the bands show. Default std. */
  band?: BandName;
  /** A sentence under the chart: the setting. How many seeds were averaged is added by itself. */
  caption?: string;
}

interface Series {
  /** The name in the legend. */
  name: string;
  /** The norm whose colour, dash and marker the series gets; default: the norm called `name`. */
  norm?: string;
  /** In the order to be joined. */
  points: readonly Point[];
  /** What to draw otherwise than the norm's style says, for example another dash for the same norm in eval mode. */
  style?: Partial<SeriesStyle>;
}

/** One point of a curve; `meanCurve` in statistics.ts makes them from one curve per seed. */
export interface Point {
  x: number;
  /** The mean over the seeds. NaN (a run that diverged) leaves a gap. */
  y: number;
  /** Sample standard deviation of the seeds; no band around y where undefined. */
  std?: number;
  /** The value of every seed. */
  values?: readonly number[];
}

/** Every x that the chart must have room for. */
export function xValues(chart: LineChart): number[] {
  return chart.series.flatMap(({ points }) => points.map(({ x }) => x));
}

/** Every y that the chart must have room for: means, the edges of their bands, and the single seeds. */
export function yValues(chart: LineChart): number[] {
  return chart.series.flatMap(({ points }) =>
    points.flatMap((point) => [point.y, ...(bandEdges(point, chart.band) ?? []), ...(point.values ?? [])]),
  );
}

/** `mean of n = 5 seeds, band ± 1 sample standard deviation`, or nothing where no point says what it is a mean of. */
export function describeSeeds(chart: LineChart): string {
  const counts = chart.series
    .flatMap(({ points }) => points.map(({ values }) => values?.length ?? 0))
    .filter((count) => count > 0);
  if (counts.length === 0) return '';
  const least = counts.reduce((a, b) => Math.min(a, b));
  const most = counts.reduce((a, b) => Math.max(a, b));
  if (most === 1) return 'one seed (n = 1), so no spread is shown';
  const n = least === most ? `${most}` : `${least} to ${most}`;
  return [`mean of n = ${n} seeds`, bandMeanings[chart.band ?? 'std']].filter(Boolean).join(', ');
}

/** `accuracy (%)` */
export function axisTitle({ label, unit }: Axis): string {
  return unit ? `${label} (${unit})` : label;
}
