import type { Point } from './lineChart.ts';
import { isDrawable } from './scale.ts';
import { halfInterval } from './studentT.ts';

/** What the band around the mean of some seeds shows. */
export const bandNames = ['std', 'sem', 'ci95', 'minmax', 'none'] as const;
export type BandName = (typeof bandNames)[number];

/** For captions. */
export const bandMeanings: Record<BandName, string> = {
  std: 'band ± 1 sample standard deviation',
  sem: 'band ± 1 standard error of the mean',
  ci95: 'band: 95 % confidence interval of the mean (Student)',
  minmax: 'band from the least to the greatest seed',
  none: '',
};

/** The lower and the upper edge of the band at a point; undefined where there is none, as at a single seed. */
export function bandEdges(point: Point, band: BandName = 'std'): [number, number] | undefined {
  const { y, std, values = [] } = point;
  if (band === 'none') return undefined;
  if (band === 'minmax') {
    const shown = values.filter(isDrawable);
    const least = shown.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const greatest = shown.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return shown.length > 1 ? [least, greatest] : undefined;
  }
  const half = std === undefined ? undefined : halfHeight(std, values.length, band);
  return half !== undefined && half >= 0 && isDrawable(half) ? [y - half, y + half] : undefined;
}

/** Of the band around the mean of `n` values with this sample standard deviation. */
function halfHeight(std: number, n: number, band: 'std' | 'sem' | 'ci95'): number | undefined {
  if (band === 'std') return std;
  if (band === 'ci95') return halfInterval({ n, std });
  return n < 2 ? undefined : std / Math.sqrt(n);
}
