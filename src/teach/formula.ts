import type { Standardization } from './explanation.ts';

/** The forward pass of a standardization, with what it learns. */
export function standardFormula(
  { epsInside, centred, ddof }: Standardization,
  learned: readonly string[],
): string {
  const y = `y = ${learned.includes('gamma') ? 'γ·' : ''}x̂${learned.includes('beta') ? ' + β' : ''}`;
  if (!centred) return `${y}      x̂ = x/r      r = ${epsInside ? '√(mean(x²) + ε)' : '√mean(x²) + ε'}`;
  const divisor = ddof === 1 ? ', v with m − 1' : '';
  return `${y}      x̂ = (x − μ)/σ      σ = ${epsInside ? '√(v + ε)' : '√v + ε'}${divisor}`;
}
