import type { Explanation, Standardization } from './explanation.ts';
import { sumOfPaths } from './paths.ts';

/** The largest error of dx where a backward pass leaves out a path, or takes gamma out of the means. */
export function forgetting(
  paths: Standardization,
  gamma: ArrayLike<number> | undefined,
): Explanation['forgetting'] {
  const { direct, viaMean, viaVariance, xHat, g, sets } = paths;
  const size = (error: (i: number) => number) => Math.max(...direct.map((_, i) => Math.abs(error(i))));
  const result: Explanation['forgetting'] = [];
  if (viaMean) result.push({ what: 'the path through μ', error: size((i) => viaMean[i]) });
  if (viaVariance) {
    result.push({ what: 'the path through v', error: size((i) => viaVariance[i]) });
  }
  if (viaMean && viaVariance) {
    result.push({
      what: 'both',
      error: size((i) => viaMean[i] + viaVariance[i]),
    });
  }
  const features = gamma?.length ?? 0;
  const varies = sets.some(({ members }) =>
    members.some((i) => gamma?.[i % features] !== gamma?.[members[0] % features]),
  );
  if (gamma && varies && (viaMean || viaVariance)) {
    const wrong = new Array<number>(direct.length).fill(0);
    for (const { members, sigma } of sets) {
      const mean = (of: (i: number) => number) => members.reduce((sum, i) => sum + of(i), 0) / members.length;
      const dy = (i: number) => g[i] / gamma[i % features];
      const [level, slope] = [mean(dy), mean((i) => dy(i) * xHat[i])];
      for (const i of members) {
        const centre = viaMean ? level : 0;
        const scale = viaVariance ? xHat[i] * slope : 0;
        wrong[i] = (gamma[i % features] * (dy(i) - centre - scale)) / sigma;
      }
    }
    const right = sumOfPaths(paths);
    result.push({ what: 'γ pulled out of the means', error: size((i) => wrong[i] - right[i]) });
  }
  return result;
}
