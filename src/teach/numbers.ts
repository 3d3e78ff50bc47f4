/** Numbers and names as the explanations show them. */

/** Four decimals; powers of ten where these would show nothing, or fill the column. Rounding noise is 0. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return String(value);
  if (size < 1e-12) return '0.0000';
  if (size < 5e-5 || size >= 1e4) return value.toExponential(1).replace('e+', 'e');
  return value.toFixed(4);
}

export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(1).replace('-0.0', '0.0')} %` : '–';
}

/** An error or a difference: two digits. */
export function small(value: number): string {
  if (value === 0) return '0';
  return value >= 1e-3 && value < 1e3 ? Number(value.toPrecision(2)).toString() : value.toExponential(1);
}

/** gamma and beta as in the formulas. */
export function greek(text: string): string {
  return text.replace(/\bgamma\b/g, 'γ').replace(/\bbeta\b/g, 'β');
}
