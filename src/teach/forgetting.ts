import type { Explanation, Standardization } from './explanation.ts';
import { gradients, type Subject } from './subject.ts';

/** The largest error of dx where a backward pass leaves out a path, or takes gamma out of the means. */
export function forgetting(
  subject: Subject,
  paths: Standardization,
  dx: readonly number[],
): Explanation['forgetting'] {
  const { viaMean, viaVariance } = paths;
  const size = (error: (i: number) => number) => Math.max(...dx.map((_, i) => Math.abs(error(i))));
  const result: Explanation['forgetting'] = [];
  if (viaMean) result.push({ what: 'the path through μ', error: size((i) => viaMean[i]) });
  if (viaVariance) result.push({ what: 'the path through v', error: size((i) => viaVariance[i]) });
  if (viaMean && viaVariance) {
    result.push({ what: 'both', error: size((i) => viaMean[i] + viaVariance[i]) });
  }
  const gamma = subject.layer.namedTensors().get('gamma')?.data;
  if (gamma && result.length > 0) {
    const kept = gamma.slice();
    gamma.fill(1);
    const plain = gradients(subject).dx;
    gamma.set(kept);
    const error = size((i) => gamma[i % gamma.length] * plain[i] - dx[i]);
    // gamma that is the same in a whole set may be pulled out
    if (error > 1e-9 * size((i) => dx[i])) result.push({ what: 'γ pulled out of the means', error });
  }
  return result;
}
