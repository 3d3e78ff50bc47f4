import type { NDArray, Numbers } from '../../kernels/contract.ts';
import { most, type Spread, type Summary } from './format.ts';

/** How the numbers of a tensor are spread: in two passes, whatever its size. */
export function spreadOf({ data }: NDArray): Spread {
  const { length: size } = data;
  let [zeros, odd, sum, min, max] = [0, 0, 0, Infinity, -Infinity];
  for (let i = 0; i < size; i++) {
    const value = data[i];
    if (!Number.isFinite(value)) {
      odd++;
      continue;
    }
    if (value === 0) zeros++;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const bins = new Array<number>(most.bins).fill(0);
  const count = size - odd;
  if (count === 0) return { size, zeros, odd, mean: 0, std: 0, min: 0, max: 0, bins };
  const mean = sum / count;
  const width = max - min;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    const value = data[i];
    if (!Number.isFinite(value)) continue;
    squares += (value - mean) ** 2;
    const bin = width > 0 ? Math.floor(((value - min) / width) * most.bins) : 0;
    bins[Math.min(bin, most.bins - 1)]++;
  }
  const std = Math.sqrt(squares / count);
  return { size, zeros, odd, mean: short(mean), std: short(std), min: short(min), max: short(max), bins };
}

export function summaryOf(a: NDArray): Summary {
  const first = Array.from(a.data.slice(0, most.first), short);
  return { ...spreadOf(a), norm: normOf(a.data), first };
}

/** Euclidean. */
export function normOf(data: Numbers): number {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += data[i] * data[i];
  return short(Math.sqrt(squares));
}

/** As many digits as float32 has: a file has thousands of such numbers. */
function short(value: number): number {
  return Number(value.toPrecision(7));
}
