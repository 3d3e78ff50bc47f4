import { shown } from '../../../errors.ts';
import { kernels } from '../../../kernels/active.ts';
import type { Kernels, NDArray, Numbers, SetView, UnaryOp } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import { noteStep } from './trace.ts';

/**
 * The one language in which the norms are written. All arrays are read as [n, p, g, k]: samples, positions, groups and
 * channels of a group (`SetView`); an axis has length 1 where one number serves all. Everything broadcasts, so
 *
 *   x [n, p, g, k]      mu = mean(x) [n, 1, g, 1]      gamma [1, 1, g, k]      sub(x, mu) [n, p, g, k]
 *
 * An index set S_i is a choice of axes. That of a norm with one kind of set is (p, k); a norm with several names its axes:
 * over('np') is a channel over the batch, over('p') a channel of one sample, over('pgk') a sample.
 *
 * A norm's formulas stand in its own file, forward and backward (rule.ts puts them on the graph). float64 runs them as they
 * are written; float32, too, unless the norm names a fused kernel (fused.ts). src/nn/norm/sample/groupNorm.ts is an example.
 */
export type Values = NDArray;

/** null: absent, as a gamma or beta that is not learned: 1 in a product, 0 in a sum. */
export type Operand = Values | number | null;

export type Axes = string;

/** a + b + ... */
export function add(a: Operand, b: Operand, ...more: Operand[]): Values {
  const sum = combine('add', a, b, 0);
  return more.length === 0 ? sum : add(sum, more[0], ...more.slice(1));
}

/** a b */
export function mul(a: Operand, b: Operand): Values {
  return combine('mul', a, b, 1);
}

export function sub(a: Values | number, b: Values | number): Values {
  const k = kernelsOf('sub', a, b);
  if (typeof a === 'number') return step('sub', [a, b], affine(b as Values, -1, a));
  if (typeof b === 'number') return step('sub', [a, b], affine(a, 1, -b));
  return step('sub', [a, b], k.binary('sub', a, b));
}

export function div(a: Values | number, b: Values | number): Values {
  const k = kernelsOf('div', a, b);
  if (typeof b === 'number') return step('div', [a, b], affine(a as Values, 1 / b, 0));
  const numerator = typeof a === 'number' ? constant(b, a) : a;
  return step('div', [a, b], k.binary('div', numerator, b));
}

export function neg(a: Values): Values {
  kernelsOf('neg', a);
  return step('neg', [a], affine(a, -1, 0));
}

export const square = elementwise('square');
export const sqrt = elementwise('sqrt');
export const abs = elementwise('abs');
export const sigmoid = elementwise('sigmoid');
export const tanh = elementwise('tanh');
export const erf = elementwise('erf');
export const exp = elementwise('exp');

/** a^exponent */
export function pow(a: Values, exponent: number): Values {
  return step('pow', [a, exponent], kernelsOf('pow', a, exponent).unary('pow', a, exponent));
}

/** 1 / a, and 0 where a is 0. */
export function inverse(a: Values): Values {
  kernelsOf('inverse', a);
  const data = a.data.map((value) => (value === 0 ? 0 : 1 / value));
  return step('inverse', [a], { shape: a.shape, data });
}

/** The larger of a and b. */
export function maximum(a: Values, b: Values | number): Values {
  const k = kernelsOf('maximum', a, b);
  return step('max', [a, b], k.binary('maximum', a, typeof b === 'number' ? constant(a, b) : b));
}

/** 1 where a > b, else 0. */
export function greater(a: Values, b: Values | number): Values {
  const k = kernelsOf('greater', a, b);
  return step('greater', [a, b], k.binary('greater', a, typeof b === 'number' ? constant(a, b) : b));
}

/** 1, -1, or 0 where a is 0. */
export function sign(a: Values): Values {
  const [k, zero] = [kernelsOf('sign', a), constant(a, 0)];
  return step('sign', [a], k.binary('sub', k.binary('greater', a, zero), k.binary('greater', zero, a)));
}

/** The sum over the index set, [n, 1, g, 1]. */
export function sum(a: Values): Values {
  return reduce('sum', a, 'pk');
}

/** The mean over the index set of m values, [n, 1, g, 1]; with ddof 1 the sum / (m - 1). */
export function mean(a: Values, ddof: 0 | 1 = 0): Values {
  return reduce('mean', a, 'pk', ddof);
}

/** Sums and means over other axes: over('np').mean(x) [1, 1, g, k]. `m` counts the values of x that share one. */
export function over(axes: Axes) {
  return {
    sum: (a: Values) => reduce('sum', a, axes),
    mean: (a: Values) => reduce('mean', a, axes),
    m: (a: Values) => sizeOver(a, axes),
  };
}

/** How many values each of the sets along these axes has; the index set's: m. */
export function sizeOver(a: Values, axes: Axes = 'pk'): number {
  kernelsOf('sizeOver', a);
  const { shape } = a;
  return axesOf(axes).reduce((product, axis) => product * shape[axis], 1);
}

/** What a norm divides by. */
export interface Deviation {
  sigma: Values;
  /** sqrt(v), of which sigma moves with v by 1 / (2 s): sigma itself where eps is inside the root. Infinity for v = 0 outside. */
  s: Values;
}

/** sigma = sqrt(v + eps), or with eps outside of the root sqrt(v) + eps. */
export function deviation(v: Values, conventions: { eps: number; epsInside?: boolean }): Deviation {
  requireFields('calculus.deviation', conventions, 'the conventions, { eps, epsInside }', ['eps']);
  const { eps, epsInside = true } = conventions;
  if (epsInside) {
    const sigma = sqrt(add(v, eps));
    return { sigma, s: sigma };
  }
  const root = sqrt(v);
  const s = { shape: v.shape, data: root.data.map((value) => (value === 0 ? Infinity : value)) };
  return { sigma: add(root, eps), s: step('root', [v], s) };
}

/** An array of the tensor's numbers for this view: elements, features [g k], sets [n g], or one number for all. */
export function read(a: NDArray, like: NDArray, view: SetView): Values {
  requireFields('calculus.read', view, 'a view', ['n', 'p', 'g', 'k']);
  const { n, p, g, k } = view;
  if (a?.data === undefined) {
    throw new Error(`calculus: expected numbers with a shape, { shape, data }, got ${shown(a)}.`);
  }
  const { length } = a.data;
  const data = inPrecisionOf(like, a.data);
  if (length === n * p * g * k) return { shape: [n, p, g, k], data };
  if (length === g * k) return { shape: [1, 1, g, k], data };
  if (length === 1) return { shape: [1, 1, 1, 1], data };
  if (length === n * g) return { shape: [n, 1, g, 1], data };
  // Elements of another image size
  if (length % (n * g * k) === 0) return { shape: [n, length / (n * g * k), g, k], data };
  throw new Error(
    `calculus: an array of ${length} numbers does not fit [n, p, g, k] = [${[n, p, g, k].join(', ')}].`,
  );
}

/** Numbers in the precision of `like`; a copy only where it differs. */
export function inPrecisionOf(like: NDArray, data: ArrayLike<number>): Numbers {
  if (!ArrayBuffer.isView(like?.data) || (!Array.isArray(data) && !ArrayBuffer.isView(data))) {
    throw new Error(
      `calculus: expected numbers, and an array { shape, data } of the precision that they are to have, got ${shown(data)} and ${shown(like)}.`,
    );
  }
  if (like.data instanceof Float64Array) return data instanceof Float64Array ? data : Float64Array.from(data);
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** One number, in the precision of `like`. */
export function constant(like: NDArray, value: number): Values {
  return { shape: [1, 1, 1, 1], data: inPrecisionOf(like, [value]) };
}

function combine(op: 'add' | 'mul', a: Operand, b: Operand, neutral: number): Values {
  if (a === null || b === null) {
    const only = a ?? b;
    if (only === null || typeof only === 'number') throw new Error(`${op}: one of the two must be an array.`);
    return only;
  }
  if (typeof a === 'number' && typeof b === 'number')
    throw new Error(`${op}: one of the two must be an array.`);
  const k = kernelsOf(op, a, b);
  if (typeof a !== 'number' && typeof b !== 'number') return step(op, [a, b], k.binary(op, a, b));
  const [values, number] = typeof a === 'number' ? [b as Values, a] : [a, b as number];
  const y = neutral === 0 ? affine(values, 1, number) : affine(values, number, 0);
  return step(op, [a, b], y);
}

function elementwise(op: UnaryOp) {
  return (a: Values): Values => step(op, [a], kernelsOf(op, a).unary(op, a));
}

/** The kernels of what is computed with. Throws for an operand that is neither an array of values nor a number. */
function kernelsOf(op: string, ...operands: readonly unknown[]): Kernels {
  const isArray = (value: unknown): value is Values =>
    ArrayBuffer.isView((value as Partial<Values> | null | undefined)?.data) &&
    Array.isArray((value as Values).shape);
  const wrong = operands.find((value) => typeof value !== 'number' && !isArray(value));
  const first = operands.find(isArray);
  if (wrong === undefined && operands.every((value) => value !== undefined) && first) return kernels(first);
  throw new Error(
    `calculus.${op}: expected an array of values { shape, data }, such as rule() hands out, got ${shown(wrong)}.`,
  );
}

function affine(a: Values, scale: number, shift: number): Values {
  return kernels(a).unary('affine', a, scale, shift);
}

/**
 * In float64 a mean is taken of the differences from the set's first value, so that the mean of equal values is exactly that
 * value, and a constant set comes out as beta. float32 needs no such care: its sums are kept in double.
 */
function reduce(op: 'sum' | 'mean', a: Values, axes: Axes, ddof: 0 | 1 = 0): Values {
  const k = kernelsOf(op, a);
  const indices = axesOf(axes);
  const note = (y: Values) => step(op, [a], y, axes, ddof);
  if (op === 'sum') return note(k.reduce('sum', a, indices));
  if (ddof === 1) return note(affine(k.reduce('sum', a, indices), 1 / (sizeOver(a, axes) - 1), 0));
  if (!(a.data instanceof Float64Array) || sizeOver(a, axes) === 0) return note(k.reduce('mean', a, indices));
  const first = k.slice(
    a,
    a.shape.map(() => 0),
    a.shape.map((length, axis) => (indices.includes(axis) ? 1 : length)),
  );
  return note(k.binary('add', first, k.reduce('mean', k.binary('sub', a, first), indices)));
}

function axesOf(axes: Axes): number[] {
  if (typeof axes !== 'string' || !/^[npgk]+$/.test(axes)) {
    throw new Error(`calculus: axes are letters of npgk, such as 'pk', got ${shown(axes)}.`);
  }
  return Array.from(axes, (axis) => 'npgk'.indexOf(axis));
}

/** Every step passes through here, so that a trace can tell how a value was made (trace.ts). */
function step(op: string, args: readonly Operand[], y: Values, axes?: Axes, ddof?: number): Values {
  noteStep(y, op, args, axes, ddof);
  return y;
}

/** For the steps that are no arithmetic: pools, tables, moments of a Gaussian. `op` is how the step is called in print. */
export function special(op: string, args: readonly Operand[], y: Values): Values {
  return step(op, args, y);
}
