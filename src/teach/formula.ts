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

/** The lines under "Forward" in a derivation. */
export function forwardFormula(derivation: readonly string[]): string[] {
  const first = derivation.findIndex((line) => line.startsWith('Forward'));
  if (first < 0) return [];
  const rest = derivation.slice(first + 1);
  const length = rest.findIndex((line) => !/^\s{4,}/.test(line));
  return [
    derivation[first].replace('Forward', '       '),
    ...rest.slice(0, length < 0 ? undefined : length),
  ].map((line) => line.trim());
}
