import type { Standardization } from './explanation.ts';

/** The derivative of L by one statistic: the step between the incoming gradient and a path of dx. */
export interface Stage {
  /** `dL/dμ = −Σdy/σ`. */
  formula: string;
  /** One number for each set. */
  values: number[];
  /** What a path multiplies it with: `dμ/dx = 1/m`. */
  times: string;
}

/** dL/dμ and dL/dv of the staged form (docs/mathematics.md, B1); null where there is no such path. `g`: how dL/dx̂ is called. */
export function stagesOf(s: Standardization, g: string): { mean: Stage | null; variance: Stage | null } {
  const { centred, epsInside, ddof, sets } = s;
  const numbers = (values: (number | null)[]) => values.flatMap((value) => value ?? []);
  const difference = centred ? '(x−μ)' : 'x';
  const deviation = centred ? 'σ' : 'r';
  const cube = epsInside ? `2${deviation}³` : `2√v·${deviation}²`;
  return {
    mean: s.viaMean && {
      formula: `dL/dμ = −Σ${g}/σ`,
      values: numbers(sets.map(({ dMean }) => dMean)),
      times: 'dμ/dx = 1/m',
    },
    variance: s.viaVariance && {
      formula: `dL/dv = −Σ${g}·${difference}/(${cube})`,
      values: numbers(sets.map(({ dVariance }) => dVariance)),
      times: `dv/dx = 2${difference}/${ddof === 1 ? '(m−1)' : 'm'}`,
    },
  };
}

/** How dL/dx̂ is called: dy itself where there is no γ, or γ is 1. */
export function nameOfG(s: Standardization, upstream: readonly number[]): 'g' | 'dy' {
  return s.g.some((value, i) => value !== upstream[i]) ? 'g' : 'dy';
}
