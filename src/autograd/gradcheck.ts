import { createRandom } from '../random.ts';
import { zeroGrad } from './backward.ts';
import { randn } from './create.ts';
import { noGrad } from './lifetime.ts';
import type { Tensor } from './tensor.ts';

export interface GradcheckOptions {
  /** The step of the differences. 1e-5 balances truncation and rounding (1e-16 / h) in float64. */
  h?: number;
  /** Passed if max |analytic - numeric| <= tolerance * max |numeric|, over the whole tensor. */
  tolerance?: number;
  /** Of the random upstream. */
  seed?: number | string;
}

/** The worst element of one input's gradient. */
export interface GradcheckResult {
  /** The input, as named in `inputs`. */
  name: string;
  maxAbs: number;
  /** maxAbs relative to the largest numeric gradient of the tensor: single elements may well be 0. */
  maxRel: number;
  /** Index of the element that differs most. */
  at: number[];
  analytic: number;
  numeric: number;
  passed: boolean;
}

/** dL/d(input) twice: from backward() and from differences. */
export interface GradientPair {
  name: string;
  shape: readonly number[];
  analytic: Float64Array;
  numeric: Float64Array;
}

/**
 * The upstream is of order 1, so gradients far below are zero but for the rounding of the difference quotient: maxRel is
 * never relative to less than this.
 */
const smallest = 1e-2;

/**
 * Is the backward pass of `fn` right? Compares it with central differences of L = sum(fn(inputs) * u), for every input
 * that requires a gradient, in float64. The upstream u is random: with ones, the true gradient of a norm is 0, and a
 * check proves nothing. Choose inputs away from kinks (20 h is enough): at a kink there is no derivative to compare.
 *
 *     gradcheck(({ x, w }) => matmul(x, w), { x, w }).every((result) => result.passed)
 *
 * Clears the gradients of the inputs. Throws for float32 inputs, and where `fn` is not a function of its inputs alone.
 */
export function gradcheck<Inputs extends Readonly<Record<string, Tensor>>>(
  fn: (inputs: Inputs) => Tensor,
  inputs: Inputs,
  options: GradcheckOptions = {},
): GradcheckResult[] {
  return gradientPairs(fn, inputs, options).pairs.map((pair) => worstElement(pair, options.tolerance));
}

/** Both gradients in full, and the upstream that they belong to. */
export function gradientPairs<Inputs extends Readonly<Record<string, Tensor>>>(
  fn: (inputs: Inputs) => Tensor,
  inputs: Inputs,
  { h = 1e-5, seed = 1 }: GradcheckOptions = {},
): { pairs: GradientPair[]; upstream: Tensor } {
  const checked = Object.entries(inputs).filter(([, x]) => x.requiresGrad);
  for (const [name, x] of Object.entries(inputs)) requireFloat64(`input "${name}"`, x);
  if (checked.length === 0) {
    throw new Error(
      `gradcheck: none of the inputs (${Object.keys(inputs).join(', ')}) requires a gradient. ` +
        "Make at least one with { dtype: 'float64', requiresGrad: true }.",
    );
  }
  const evaluate = () => noGrad(() => fn(inputs)).toArray();
  const expected = evaluate();

  for (const [, x] of checked) zeroGrad(x);
  const y = fn(inputs);
  requireFloat64('the result of fn', y);
  if (expected.some((value, i) => !Object.is(value, y.data[i]))) {
    throw new Error(
      'gradcheck: fn gave two different results for the same inputs. Seed its randomness (dropout) anew in every call, ' +
        'and put back the state that it changes (running statistics).',
    );
  }
  const upstream = randn(y.shape, createRandom(seed), { dtype: 'float64' });
  y.backward({ gradient: upstream });

  const pairs = checked.map(([name, x]) => {
    const analytic = Float64Array.from(x.grad?.data ?? new Float64Array(x.size));
    zeroGrad(x);
    return { name, shape: x.shape, analytic, numeric: numericGradient(x, evaluate, upstream, h) };
  });
  return { pairs, upstream };
}

/** Compares one pair, element by element. */
export function worstElement(pair: GradientPair, tolerance = 1e-7): GradcheckResult {
  const { name, shape, analytic, numeric } = pair;
  let worst = 0;
  let maxAbs = 0;
  let largest = smallest;
  for (let i = 0; i < numeric.length; i++) {
    const difference = Math.abs(analytic[i] - numeric[i]);
    // NaN is worse than everything, and stays
    if (difference > maxAbs || (Number.isNaN(difference) && !Number.isNaN(maxAbs))) {
      worst = i;
      maxAbs = difference;
    }
    largest = Math.max(largest, Math.abs(numeric[i]));
  }
  const maxRel = maxAbs / largest;
  return {
    name,
    maxAbs,
    maxRel,
    at: indexOf(worst, shape),
    analytic: analytic[worst],
    numeric: numeric[worst],
    passed: maxRel <= tolerance,
  };
}

/**
 * dL/dx for each element of x, with L = sum(y u): d(h) = (L(x + h) - L(x - h)) / 2h is wrong by h^2 L'''/6, which
 * (4 d(h) - d(2h)) / 3 takes out (Richardson). Without it the sharp bends of norms over two or three values are wrong by 1e-6.
 */
export function numericGradient(
  x: Tensor,
  evaluate: () => number[],
  upstream: Tensor,
  h: number,
): Float64Array {
  const { data } = x;
  const u = upstream.data;
  const quotient = (i: number, value: number, step: number) => {
    data[i] = value + step;
    const right = data[i];
    const above = evaluate();
    data[i] = value - step;
    const width = right - data[i]; // as the numbers have it: far from 0 they cannot move by exactly 2h
    const below = evaluate();
    data[i] = value;
    let sum = 0;
    for (let j = 0; j < above.length; j++) sum += u[j] * (above[j] - below[j]);
    return sum / width;
  };
  return Float64Array.from(data, (value, i) => (4 * quotient(i, value, h) - quotient(i, value, 2 * h)) / 3);
}

/** The index of the element at `position` in row-major order. */
export function indexOf(position: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = position % shape[axis];
    position = Math.floor(position / shape[axis]);
  }
  return index;
}

function requireFloat64(what: string, x: Tensor): void {
  if (x.dtype === 'float64') return;
  throw new Error(
    `gradcheck: ${what} is float32, whose rounding drowns the difference quotient. Use float64: ` +
      "tensor(values, shape, { dtype: 'float64' }), cast(x, 'float64') or module.to('float64').",
  );
}
