import type { Point } from './lineChart.ts';
import { isDrawable } from './scale.ts';

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
  if (n < 2) return undefined;
  const standardError = std / Math.sqrt(n);
  return band === 'sem' ? standardError : studentT(n - 1) * standardError;
}

/** The 97.5 % quantile of Student's t distribution for 1, 2, … degrees of freedom. */
const STUDENT_T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Beyond the table, from the normal quantile z: Abramowitz and Stegun 1964, 26.7.5. */
export function studentT(degrees: number): number {
  if (degrees <= STUDENT_T.length) return STUDENT_T[degrees - 1];
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * degrees) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3)
  );
}
