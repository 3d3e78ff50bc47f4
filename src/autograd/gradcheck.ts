import { shown } from '../errors.ts';
import { isPlain } from '../options.ts';
import { createRandom } from '../random.ts';
import { zeroGrad } from './backward.ts';
import { differences } from './differences.ts';
import { requireTensor } from './inputs.ts';
import { noGrad } from './lifetime.ts';
import { Tensor } from './tensor.ts';
import { type GradcheckResult, indexOf, judge } from './verdict.ts';

export interface GradcheckOptions {
  /**
   * The first step of the differences, in units of the spread (the standard deviation) of the input; default: 1e-5, which
   * balances truncation and rounding in float64. Where it does not agree, other steps are tried.
   */
  h?: number;
  /** Passed if max |analytic - numeric| <= tolerance * max |numeric|, over the whole tensor; default: 1e-7. */
  tolerance?: number;
  /** Of the random upstream. */
  seed?: number | string;
}

/**
 * Is the backward pass of `fn` right? Compares it with central differences of L = sum(fn(inputs) * u), for every input
 * that requires a gradient, in float64, each on its own scale. The upstream u is random: with ones, the true gradient of a
 * norm is 0, and a check proves nothing. Choose inputs away from kinks: at a kink there is no derivative to compare, and the
 * verdict says so. So it does where the gradient drowns in the rounding of y.
 *
 *     gradcheck(({ x, w }) => matmul(x, w), { x, w }).every((result) => result.passed)
 *
 * Clears the gradients of the inputs. Throws for float32 and empty inputs, where `fn` is not a function of its inputs alone,
 * and where its result is not finite.
 */
export function gradcheck<Inputs extends Readonly<Record<string, Tensor>>>(
  fn: (inputs: Inputs) => Tensor,
  inputs: Inputs,
  options: GradcheckOptions = {},
): GradcheckResult[] {
  return checkGradients(fn, inputs, options).results;
}

/** The results, and the upstream that they belong to. */
export function checkGradients<Inputs extends Readonly<Record<string, Tensor>>>(
  fn: (inputs: Inputs) => Tensor,
  inputs: Inputs,
  { h = 1e-5, tolerance = 1e-7, seed = 1 }: GradcheckOptions = {},
): { results: GradcheckResult[]; upstream: Tensor } {
  if (typeof fn !== 'function' || !isPlain(inputs)) {
    throw new Error(
      `gradcheck: takes a function and its inputs by name, gradcheck(({ x }) => f(x), { x }), got ${shown(fn)} and ${shown(inputs)}.`,
    );
  }
  for (const [name, x] of Object.entries(inputs)) requireTensor(`gradcheck: input "${name}"`, x);
  const checked = Object.entries(inputs).filter(([, x]) => x.requiresGrad);
  for (const [name, x] of Object.entries(inputs)) requireFloat64(`input "${name}"`, x);
  if (checked.length === 0) {
    throw new Error(
      `gradcheck: none of the inputs (${Object.keys(inputs).join(', ')}) requires a gradient. ` +
        "Make at least one with { dtype: 'float64', requiresGrad: true }.",
    );
  }
  for (const [name, x] of checked) requireNumbers(`input "${name}"`, x);
  if (!(h > 0 && tolerance > 0)) {
    throw new Error(`gradcheck: h and tolerance must be above 0, got h ${h} and tolerance ${tolerance}.`);
  }
  const evaluate = () =>
    noGrad(() => {
      const y = fn(inputs);
      requireTensor('gradcheck: the result of fn', y);
      return y.toArray();
    });
  const expected = evaluate();

  for (const [, x] of checked) zeroGrad(x);
  const y = fn(inputs);
  requireFloat64('the result of fn', y);
  requireNumbers('the result of fn', y);
  requireFinite(y);
  requireSame(expected, y.data);
  const upstream = upstreamFor(y.shape, seed);
  y.backward({ gradient: upstream });

  const gradients = checked.map(([, x]) => Float64Array.from(x.grad?.data ?? new Float64Array(x.size)));
  for (const [, x] of checked) zeroGrad(x);
  const results = checked.map(([name, x], i) =>
    judge(
      { name, shape: x.shape, x: x.data, analytic: gradients[i] },
      differences(x, evaluate, expected, upstream, h),
      tolerance,
    ),
  );
  requireSame(expected, evaluate());
  return { results, upstream };
}

/**
 * Random signs, sizes from 0.5 to 1.5, from a stream of their own. An upstream that is proportional to x, such as the
 * `randn` of a caller with the same seed, has a gradient of 0 through a norm, and right and wrong look the same.
 */
export function upstreamFor(shape: readonly number[], seed: number | string): Tensor {
  const random = createRandom(seed).fork('upstream of gradcheck');
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float64Array.from({ length: size }, () => {
    const sign = random.uniform() < 0.5 ? -1 : 1;
    return sign * (0.5 + random.uniform());
  });
  return new Tensor(values, shape);
}

function requireSame(expected: ArrayLike<number>, values: ArrayLike<number>): void {
  if (!Array.prototype.some.call(expected, (value, i) => !Object.is(value, values[i]))) return;
  throw new Error(
    'gradcheck: fn gave two different results for the same inputs. Seed its randomness (dropout) anew in every call, ' +
      'and put back the state that it changes (running statistics).',
  );
}

function requireFinite({ shape, data }: Tensor): void {
  const at = data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new Error(
    `gradcheck: the result of fn is ${data[at]} at [${indexOf(at, shape).join(', ')}], where no difference can be taken. ` +
      'Choose inputs for which it is finite.',
  );
}

function requireNumbers(what: string, x: Tensor): void {
  if (x.size > 0) return;
  throw new Error(
    `gradcheck: ${what} is empty, [${x.shape.join(', ')}], so there is nothing to compare. Use a shape without zeros.`,
  );
}

function requireFloat64(what: string, x: Tensor): void {
  if (x.dtype === 'float64') return;
  throw new Error(
    `gradcheck: ${what} is float32, whose rounding drowns the difference quotient. Use float64: ` +
      "tensor(values, shape, { dtype: 'float64' }), cast(x, 'float64') or module.to('float64').",
  );
}
