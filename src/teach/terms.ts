import type { Standardization } from './explanation.ts';

/** One of the terms that dx is the sum of, in words. */
export interface Term {
  name: 'direct' | 'via μ' | 'via v';
  formula: string;
  /** null where the path is not there: in evaluation, or detached. */
  values: readonly number[] | null;
  /** The share of the direct path's energy that it takes away. */
  removes: number;
  /** The derivative of L by the statistic that the path goes through (docs/mathematics.md, B1). */
  stage: { formula: string; bySet: (number | null)[]; times: string } | null;
}

/** The direct path, and those through the mean and the variance where the norm has them. */
export function termsOf(s: Standardization, upstream: readonly number[]): Term[] {
  const g = nameOfG(s, upstream);
  const [deviation, difference] = s.centred ? ['σ', '(x−μ)'] : ['r', 'x'];
  const cube = s.epsInside ? `2${deviation}³` : `2√v·${deviation}²`;
  const inner = s.ddof === 1 ? `Σ${g}·x̂/(m−1)` : `mean(${g}·x̂)`;
  const direct: Term = {
    name: 'direct',
    formula: `${g}/${deviation}`,
    values: s.direct,
    removes: 0,
    stage: null,
  };
  const viaMean: Term = {
    name: 'via μ',
    formula: `−mean(${g})/σ`,
    values: s.viaMean,
    removes: s.energy.mean,
    stage: {
      formula: `dL/dμ = −Σ${g}/σ`,
      bySet: s.sets.map(({ dMean }) => dMean),
      times: 'dμ/dx = 1/m',
    },
  };
  const viaVariance: Term = {
    name: 'via v',
    formula: `−x̂·${inner}/${deviation}`,
    values: s.viaVariance,
    removes: s.energy.variance,
    stage: {
      formula: `dL/dv = −Σ${g}·${difference}/(${cube})`,
      bySet: s.sets.map(({ dVariance }) => dVariance),
      times: `dv/dx = 2${difference}/${s.ddof === 1 ? '(m−1)' : 'm'}`,
    },
  };
  return s.centred ? [direct, viaMean, viaVariance] : [direct, viaVariance];
}

/** How dL/dx̂ is called: dy itself where there is no γ, or γ is 1. */
export function nameOfG(s: Standardization, upstream: readonly number[]): 'g' | 'dy' {
  return s.g.some((value, i) => value !== upstream[i]) ? 'g' : 'dy';
}
