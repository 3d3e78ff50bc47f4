/** How sure a number is that a program makes of all seeds at once, such as a spread: by what it becomes without each of them. */
import { summarize } from '../charts/statistics.ts';
import { halfInterval } from '../charts/studentT.ts';

/**
 * The 95 % confidence interval of a statistic by the jackknife: Student's t of the pseudo-values n * all - (n - 1) * (without seed i)
 * (Tukey 1958, "Bias and confidence in not-quite large samples"), around the statistic of all seeds. For a ratio of spreads take
 * logarithms (Miller 1968, "Jackknifing variances"): the interval then asks for no normal distribution, as that of the F distribution
 * does, but where one seed in five lies far off it covers some 85 % only, with five seeds. Undefined where there are fewer than two seeds,
 * or the statistic is no number without one of them.
 */
export function jackknifeInterval(
  all: number,
  without: readonly number[],
): readonly [number, number] | undefined {
  const n = without.length;
  const { std, n: finite } = summarize(without.map((value) => n * all - (n - 1) * value));
  const half = halfInterval({ n, std });
  return half === undefined || finite < n ? undefined : [all - half, all + half];
}
