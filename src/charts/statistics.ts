import type { Point } from './lineChart.ts';

/** What several seeds gave. Runs that diverged (NaN or infinite) are not averaged over, and counted apart. */
export interface Summary {
  /** Number of finite values: what mean and std are of. */
  n: number;
  /** NaN when n is 0. */
  mean: number;
  /** Sample standard deviation; undefined for n < 2, where there is none. */
  std: number | undefined;
  /** Number of values that were NaN or infinite. */
  diverged: number;
  /** Number of runs that ended in an error, where there are such: they gave no value. */
  failed?: number;
  /** The finite values, in the order given. */
  values: readonly number[];
}

/** Arithmetic mean; NaN for no values. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Sample standard deviation, sqrt(sum (x - mean)^2 / (n - 1)), in two passes; undefined for fewer than two values:
 * one run says nothing about the spread of runs.
 */
export function sampleStd(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const center = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - center) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

export function summarize(values: readonly number[]): Summary {
  const finite = values.filter(Number.isFinite);
  return {
    n: finite.length,
    mean: mean(finite),
    std: sampleStd(finite),
    diverged: values.length - finite.length,
    values: finite,
  };
}

/**
 * The differences `ours - baseline` over the seeds that both have. With the same seed both arms saw the same data in
 * the same order, so the spread of the differences is usually far smaller than that of either arm.
 */
export function pairedDifference(
  ours: ReadonlyMap<number, number>,
  baseline: ReadonlyMap<number, number>,
): Summary {
  const shared = [...ours.keys()].filter((seed) => baseline.has(seed));
  return summarize(shared.map((seed) => ours.get(seed)! - baseline.get(seed)!));
}

/**
 * One curve per seed, `[{ x, y }, …]`, taken one after the other, made into the points of a chart: at every x the mean, the standard deviation
 * and the values of the seeds that have a finite y there. Where none has, y is NaN, which a chart draws as a gap.
 */
export function meanCurve(curves: Iterable<readonly { x: number; y: number }[]>): Point[] {
  const byX = new Map<number, number[]>();
  for (const curve of curves) {
    for (const { x, y } of curve) {
      const values = byX.get(x);
      if (values) values.push(y);
      else byX.set(x, [y]);
    }
  }
  return [...byX].map(([x, ys]) => {
    const { mean: y, std, values } = summarize(ys);
    return { x, y, std, values };
  });
}

/**
 * Decimals that suit numbers with this spread: two significant digits of the standard deviation if its first is 1,
 * otherwise one. More digits of the mean than its spread supports are noise. Without a spread: 4 significant digits.
 */
export function decimalsFor({ mean: center, std }: Pick<Summary, 'mean' | 'std'>): number {
  const clamp = (decimals: number) => Math.min(Math.max(decimals, 0), 8);
  if (std !== undefined && std > 0 && Number.isFinite(std)) {
    const exponent = Math.floor(Math.log10(std));
    return clamp((std / 10 ** exponent < 2 ? 1 : 0) - exponent);
  }
  if (center === 0 || !Number.isFinite(center)) return 1;
  return clamp(3 - Math.floor(Math.log10(Math.abs(center))));
}

export interface SummaryFormat {
  /** Digits after the point; by default those that `decimalsFor` finds. */
  decimals?: number;
  /** Write `n=…` also for several seeds. One seed and diverged runs are always stated. */
  showN?: boolean;
}

/** Below this a number is written with its power of ten. */
const TINY = 1e-6;

/** `91.2 ± 0.6`, `91.2 ± 0.6 (n=5)`, `91.2 (n=1)`, `61.4 ± 9.8 (n=3, 2 diverged)`, `2 diverged`, `–`. */
export function formatSummary(summary: Summary, format: SummaryFormat = {}): string {
  const { n, std, diverged, failed = 0 } = summary;
  const lost = [
    ...(diverged > 0 ? [`${diverged} diverged`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  if (n === 0) return lost.join(', ') || '–';
  const decimals = format.decimals ?? decimalsFor(summary);
  const notes = [...(format.showN || n === 1 || lost.length > 0 ? [`n=${n}`] : []), ...lost];
  // With fixed decimals, 1.7e-17 would be a row of zeros.
  const shown = (value: number) => (isTiny(summary) ? value.toExponential(1) : value.toFixed(decimals));
  const spread = std === undefined ? '' : ` ± ${shown(std)}`;
  return `${shown(summary.mean)}${spread}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`;
}

/**
 * The cells of a table, row by row, with the same number of decimals in a whole column. Where all have the same n, no cell
 * repeats it.
 */
export function formatSummaries(rows: readonly (readonly Summary[])[]): string[][] {
  const showN = new Set(rows.flat().map(({ n }) => n)).size > 1;
  const decimals = (rows[0] ?? []).map((_, j) =>
    upperQuartile(rows.flatMap((row) => (row[j].n > 0 && !isTiny(row[j]) ? [decimalsFor(row[j])] : []))),
  );
  return rows.map((row) => row.map((summary, j) => formatSummary(summary, { decimals: decimals[j], showN })));
}

/** One spread that is far smaller should not set the digits of a whole column, nor a few wide ones round the others to 97 ± 0. */
function upperQuartile(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(0.75 * sorted.length)] ?? 0;
}

function isTiny({ mean: center }: Summary): boolean {
  return center !== 0 && Math.abs(center) < TINY;
}
