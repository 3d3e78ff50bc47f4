export interface Spread {
  median: number;
  min: number;
  /** Lower and upper quartile. */
  low: number;
  high: number;
  n: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: at(0.5), min: sorted[0], low: at(0.25), high: at(0.75), n: sorted.length };
}
