import { array } from '../../../autograd/create.ts';
import { sameDType } from '../../../autograd/graph.ts';
import { record, type Tensor } from '../../../autograd/index.ts';
import { gradEnabled } from '../../../autograd/lifetime.ts';
import { shown } from '../../../errors.ts';
import { kernels } from '../../../kernels/active.ts';
import { checkView } from '../../../kernels/checks.ts';
import type { NDArray, SetView } from '../../../kernels/contract.ts';
import { checkNumber, requireFields } from '../../../options.ts';
import { add, over, read, type Values } from './calculus.ts';
import type { Standard } from './conventions.ts';
import { startRule } from './trace.ts';

/**
 * A norm as it is written: its forward in the calculus, and the backward under it, put on the graph as one operation.
 *
 *   rule('rmsNorm', view, { x, gamma }, {}, ({ x, gamma }, norm) => {
 *     const r = norm.statistic('r', () => sqrt(add(mean(square(x)), eps)));
 *     ...
 *     return [y, (dy) => ({ x: () => norm.paths({ direct: div(g, r), r: ... }), gamma: () => mul(dy, xHat) })];
 *   });
 *
 * `statistic` names a number that x reaches L through. The gradient of x is the sum of its `paths`: the direct one, and one
 * through each statistic, under that statistic's name. One text serves for three things: where a statistic is a
 * constant (evaluation; `detach`), its path falls away; gradcheck holds the statistics one by one, and so tells which path is
 * wrong; `explain` prints the paths with their numbers.
 */
export function rule<Tensors extends { x: Tensor } & Record<string, Tensor | null>>(
  name: string,
  view: SetView,
  tensors: Tensors,
  setting: Setting,
  write: (values: Reading<Tensors>, norm: Terms) => Written<Tensors>,
): { y: Tensor; statistics: Readonly<Record<string, Values>> } {
  if (typeof name !== 'string' || typeof write !== 'function') {
    throw new Error(
      `rule: expected a name, a view, tensors, a setting and a function, got ${shown(name)} … ${shown(write)}.`,
    );
  }
  requireFields(name, tensors, 'the tensors, { x, gamma, … }', ['x']);
  requireFields(name, setting, 'a setting, {} or { given, numbers, … }', []);
  const { x } = tensors;
  const inputs = Object.entries(tensors);
  const { given = {}, detach = [], asIs = [], numbers = {}, standard } = setting;
  sameDType(name, x, ...inputs.map(([, tensor]) => tensor));
  checkView(name, x, view);
  if ('eps' in numbers) checkNumber(name, 'eps', numbers.eps, 0);
  for (const [key, tensor] of inputs)
    if (tensor && !asIs.includes(key)) checkReads(name, key, tensor, x, view);
  const values = Object.fromEntries(
    inputs.map(([key, tensor]) => [key, tensor && (asIs.includes(key) ? tensor : read(tensor, x, view))]),
  ) as Reading<Tensors>;
  const own = startRule(name, values, { numbers: { ...numbers, m: view.p * view.k }, standard });
  const statistics: Record<string, Values> = {};
  const fixed = new Set<string>(detach);

  const norm: Terms = {
    statistic(key, compute) {
      const value = given[key];
      if (value) fixed.add(key);
      statistics[key] = value ? read(asItIs(value), x, view) : (own?.held(key) ?? compute());
      if (!value) own?.setStatistic(key, statistics[key]);
      own?.name({ [key]: statistics[key] });
      return statistics[key];
    },
    given(key, compute) {
      const value = given[key];
      statistics[key] = value ? read(asItIs(value), x, view) : compute();
      return statistics[key];
    },
    constant: (key, compute) => own?.held(key) ?? own?.setConstant(key, compute()) ?? compute(),
    inputs: (values) => own?.inputs(values),
    steps: (steps) => own?.name(steps),
    paths(parts) {
      own?.setPaths(parts, fixed);
      const open = Object.entries(parts).filter(([key]) => !fixed.has(key));
      return open.slice(1).reduce((dx, [, part]) => add(dx, part), open[0][1]);
    },
  };

  const [y, backward] = write(values, norm);
  own?.name({ y });
  const result = record(
    name,
    { shape: x.shape, data: y.data },
    inputs.map(([, tensor]) => tensor),
    (upstream) => {
      if (x.size === 0) return inputs.map(([, tensor]) => tensor && zerosLike(tensor));
      const dy = read(upstream, x, view);
      own?.inputs({ dy });
      const gradients = backward(dy);
      return inputs.map(([key, tensor]) => {
        const gradient = gradients[key as keyof Tensors];
        if (!tensor || !gradient) return null;
        return () => {
          const value = gradient();
          own?.setGradient(key, value);
          return shapedLike(tensor, values[key] as Values, value);
        };
      });
    },
  );
  return { y: result, statistics };
}

/** Throws unless the tensor has one value, one for each feature, or is read element by element. */
function checkReads(name: string, key: string, tensor: Tensor, x: Tensor, { g, k }: SetView): void {
  const { size, rank } = tensor;
  if (size === g * k || (size === 1 && rank <= 1) || rank === x.rank) return;
  throw new Error(
    `${name}: ${key} has one value for each of the ${g * k} features of x [${x.shape.join(', ')}], got shape [${tensor.shape.join(', ')}].`,
  );
}

/** The gradient where x has no values: an empty sum, though a mean of nothing is NaN. */
function zerosLike({ shape, dtype, size }: Tensor): NDArray {
  return { shape, data: new (array(dtype))(size) };
}

/** What of a rule is not in its formulas. */
export interface Setting {
  /** Statistics that are given instead of computed, by name: evaluation. */
  given?: Readonly<Record<string, NDArray | null | undefined>>;
  /** Statistics whose paths are left out, though they are computed from x: for teaching. */
  detach?: readonly string[];
  /** Numbers that have a name in print: eps. m, the size of a set, has one by itself. */
  numbers?: Readonly<Record<string, number>>;
  /** The conventions of a plain standardization, for `explain`. */
  standard?: Standard;
  /** Tensors that are no numbers of elements, features or sets, and are read in their own shape: tables, matrices. */
  asIs?: readonly string[];
}

/** The tensors as arrays [n, p, g, k]; null stays null. */
export type Reading<Tensors> = {
  [Key in keyof Tensors]: Tensors[Key] extends Tensor ? Values : Values | null;
};

/** y, and from dy to a gradient for each tensor, of its own reading or of x's (then it is summed over what shares it). */
export type Written<Tensors> = readonly [
  y: Values,
  backward: (dy: Values) => { readonly [Key in keyof Tensors]: () => Values },
];

export interface Terms {
  /** A number per set that x reaches L through: computed, or given. */
  statistic: (name: string, compute: () => Values) => Values;
  /** A number that a statistic is made of, which evaluation gives: running statistics that are mixed with others. */
  given: (name: string, compute: () => Values) => Values;
  /** A number that counts as a constant by the norm's definition, though it is computed from x. */
  constant: (name: string, compute: () => Values) => Values;
  /** Names values that come from outside, such as running statistics. */
  inputs: (values: Readonly<Record<string, Values>>) => void;
  /** Names steps for `explain`, in their order: steps({ sigma, xHat }). */
  steps: (steps: Readonly<Record<string, Values>>) => void;
  /** The gradient of x: the sum of its paths, without those whose statistic is a constant. */
  paths: (parts: Readonly<{ direct: Values } & Record<string, Values>>) => Values;
}

/** Statistics that are given, as they are now: on the graph a copy, since running ones may have moved before backward(). */
export function asItIs(statistic: NDArray): NDArray {
  return gradEnabled() ? { shape: statistic.shape, data: statistic.data.slice() } : statistic;
}

/** A gradient, summed over what shares the tensor's values, in the tensor's shape. */
function shapedLike(tensor: Tensor, reading: Values, gradient: Values): NDArray {
  const shared = Array.from('npgk').filter(
    (_, axis) => reading.shape[axis] === 1 && (gradient.shape[axis] ?? 1) !== 1,
  );
  const sums = shared.length > 0 ? over(shared.join('')).sum(gradient) : gradient;
  const whole = sums.data.length < tensor.size ? kernels(sums).broadcastTo(sums, reading.shape) : sums;
  return { shape: tensor.shape, data: whole.data };
}
