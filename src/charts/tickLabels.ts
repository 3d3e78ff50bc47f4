/** Of powers: 1e-4, 1e-3, 1e-2, all in one notation as soon as one of them needs the exponent. */
export function powerLabels(values: number[], base: 2 | 10): string[] {
  const needsExponent = base === 10 && (values[0] < 0.9e-3 || values.at(-1)! >= 1e6);
  return values.map((value) => (needsExponent && value !== 1 ? exponential(value, 4) : formatNumber(value)));
}

/** Of ticks at equal distances: equally many decimals, or exponents where numbers would be long. */
export function evenLabels(values: number[]): string[] {
  if (values.length < 2) return values.map(formatNumber);
  const decimals = Math.max(0, -Math.floor(Math.log10(values[1] - values[0]) + 1e-9));
  const size = Math.max(...values.map(Math.abs));
  return values.map((value) => {
    if (value === 0) return '0';
    return size >= 1e6 || decimals > 5 ? exponential(value, 12) : value.toFixed(decimals);
  });
}

/** A number as one writes it on an axis: 0.01, 32, 65536, 1e-4, 2.5e6. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return exponential(value, 4);
  return String(Number(value.toPrecision(6)));
}

/** 1e-4, 2.5e6 */
function exponential(value: number, digits: number): string {
  return Number(value.toPrecision(digits)).toExponential().replace('e+', 'e');
}
