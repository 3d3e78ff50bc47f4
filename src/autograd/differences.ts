import type { Tensor } from './tensor.ts';

/** Derivatives of L = sum(y u) by central differences, and how far they may be off: what a gradient check trusts. */
export interface Differences {
  /** dL/dx_i from steps of `step` and twice that. */
  estimate(i: number, step: number): Estimate;
  /** The most exact of many steps: small ones for sharp bends, large ones for what hardly moves y. */
  best(i: number): Estimate;
  /** The slopes of L just left and just right of x_i where they are not the same; else null. */
  kink(i: number): { left: number; right: number } | null;
  /** Does y change in any bit when all of x is moved, a little or far? */
  moves(): boolean;
  /** The step to begin with: h times the spread of x. */
  step: number;
  /** The derivative of an L that changes as much as it is large while x moves by its spread: the measure of what is nothing. */
  usual: number;
}

export interface Estimate {
  value: number;
  /** What rounding and the bend of L leave open. */
  error: number;
  /** How far L moved at most, in units of its rounding. */
  moved: number;
}

/** So many roundings of L are no movement: y has rounding from inside fn, too. */
export const STILL = 16;

/** Of the first step: for h = 1e-5, from 1e-9 of the spread of x to ten times the spread. */
const factors = [1, 0.1, 10, 1e-2, 100, 1e-3, 1e3, 1e-4, 1e4, 1e5, 1e6];

/** `y`: the result of `evaluate` for x as it is; `h`: the first step, in units of the spread of x. */
export function differences(
  x: Tensor,
  evaluate: () => ArrayLike<number>,
  y: ArrayLike<number>,
  upstream: Tensor,
  h: number,
): Differences {
  const { data } = x;
  const u = upstream.data;
  const spread = spreadOf(data);
  const step = h * spread;
  let size = 0;
  for (let j = 0; j < y.length; j++) size += Math.abs(u[j] * y[j]);
  const rounding = 2 ** -52 * size;

  const quotient = (i: number, before: number, after: number) => {
    const value = data[i];
    data[i] = value + after;
    const right = data[i];
    const above = evaluate();
    data[i] = value - before;
    const width = right - data[i]; // as the numbers have it: far from 0 they cannot move by exactly 2h
    const below = evaluate();
    data[i] = value;
    let sum = 0;
    for (let j = 0; j < above.length; j++) sum += u[j] * (above[j] - below[j]);
    return { slope: sum / width, width, moved: sum === 0 ? 0 : Math.abs(sum) / rounding };
  };

  /**
   * d(h) = (L(x + h) - L(x - h)) / 2h is wrong by h^2 L'''/6, which (4 d(h) - d(2h)) / 3 takes out (Richardson). Without it
   * the sharp bends of norms over two or three values are wrong by 1e-6.
   */
  const estimate = (i: number, step: number): Estimate => {
    const near = quotient(i, step, step);
    const far = quotient(i, 2 * step, 2 * step);
    const value = (4 * near.slope - far.slope) / 3;
    const error = Math.abs(near.slope - far.slope) + rounding / near.width;
    const moved = Math.max(near.moved, far.moved);
    return { value, error: Number.isFinite(value + error) ? error : Infinity, moved };
  };

  return {
    estimate,
    step,
    usual: size / spread,
    best(i) {
      const all = factors.map((factor) => ({ factor, ...estimate(i, factor * step) }));
      // A wide step over a bend (into where L is flat) gives a slope that is small, and wrong, and seems well known
      const straight = all.filter(
        ({ factor, value, error, moved }) => factor <= 1 || moved <= STILL || error <= 0.2 * Math.abs(value),
      );
      const { value, error } = straight.reduce((best, other) => (other.error < best.error ? other : best));
      const near = all.filter(({ factor }) => factor <= 1e3);
      return { value, error, moved: Math.max(...[...near, ...straight].map(({ moved }) => moved)) };
    },
    kink(i) {
      const slopes = (step: number) => ({
        left: quotient(i, step, 0).slope,
        right: quotient(i, 0, step).slope,
        noise: (4 * rounding) / step,
      });
      const [far, near] = [slopes(step), slopes(step / 100)];
      const jump = Math.abs(near.right - near.left);
      // Where L is smooth, the two slopes differ by L'' times the step: a hundredth for the smaller one
      const stays = jump > 0.5 * Math.abs(far.right - far.left);
      const counts = jump > near.noise + 1e-3 * Math.max(Math.abs(near.left), Math.abs(near.right));
      return stays && counts ? { left: near.left, right: near.right } : null;
    },
    moves() {
      const before = data.slice();
      return factors.some((factor) => {
        for (let i = 0; i < data.length; i++) data[i] += (i % 3 === 0 ? -1 : 1) * factor * step;
        const there = evaluate();
        data.set(before);
        return Array.prototype.some.call(there, (value, j) => !Object.is(value, y[j]));
      });
    },
  };
}

/** dL/dx for each element of x, from one step each. */
export function numericGradient(
  x: Tensor,
  evaluate: () => ArrayLike<number>,
  upstream: Tensor,
  h: number,
): Float64Array {
  const { estimate, step } = differences(x, evaluate, evaluate(), upstream, h);
  return Float64Array.from(x.data, (_, i) => estimate(i, step).value);
}

/**
 * The size in which x moves: its standard deviation; of numbers that are all one, a part of that; of zeros, 1. Numbers of
 * 1e-8 need other steps than those of 1e8, and a mean of 1e4 says nothing about how far its deviations may move.
 */
function spreadOf(data: ArrayLike<number>): number {
  const numbers = Array.from(data);
  const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest === 0) return 1;
  // Relative to the largest: squares of 1e200 have no number
  const relative = numbers.map((value) => value / largest);
  const mean = relative.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = relative.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  const deviation = Math.sqrt(variance);
  return largest * (deviation > 1e-12 ? Math.max(deviation, 1e-3) : 0.7);
}
