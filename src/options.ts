import { grouped, shown, unknownName } from './errors.ts';

/**
 * What options may be, checked in one way by the whole API. TypeScript sees most mistakes, but not a rate of -1 or NaN, and
 * programs in plain JavaScript have no one else to tell them that `weight_decay` is not read.
 */

/** Throws unless `options` is an object that names nothing but `names`. */
export function checkOptions(where: string, options: unknown, names: readonly string[]): void {
  if (!isPlain(options)) {
    throw new Error(
      `${where}: options are an object, such as { ${names[0]}: ... }, got ${shown(options)}. It takes ${names.join(', ')}.`,
    );
  }
  for (const name in options) {
    if (!names.includes(name)) {
      throw new Error(`${where}: ${unknownName('option', name, names)}; it takes ${names.join(', ')}.`);
    }
  }
}

/** Throws unless `value` is a number from `low` to `high`; NaN is in no range. By default: any finite number. */
export function checkNumber(
  where: string,
  option: string,
  value: unknown,
  low = -Number.MAX_VALUE,
  high = Number.MAX_VALUE,
): void {
  if (typeof value === 'number' && value >= low && value <= high) return;
  throw new Error(`${where}: ${option} must be ${rangeText(low, high)}, got ${shown(value)}.`);
}

/** Half of what the kernels' memory of 4 GiB holds: no operation on a larger tensor has room for its result. */
const MOST_VALUES = 2 ** 29;

/** Throws unless `value` is a whole number of at least `least`, and of no size that memory has no room for. */
export function checkCount(
  where: string,
  option: string,
  value: unknown,
  least = 1,
  most = MOST_VALUES,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
  const limit = (value as number) > most ? ` and at most ${grouped(most)}` : '';
  throw new Error(
    `${where}: ${option} must be a whole number of at least ${least}${limit}, got ${shown(value)}.`,
  );
}

/** Throws unless `shape` is a list of whole numbers of 0 or more, of a tensor that memory has room for. */
export function checkShape(where: string, shape: unknown): void {
  if (!Array.isArray(shape)) {
    throw new Error(`${where}: a shape is a list of lengths, such as [2, 3], got ${shown(shape)}.`);
  }
  let size = 1;
  for (const length of shape) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new Error(`${where}: a shape has whole numbers of 0 or more, got ${shown(shape)}.`);
    }
    size *= length;
  }
  if (size <= MOST_VALUES) return;
  throw new Error(
    `${where}: a tensor ${shown(shape)} holds ${grouped(size)} values, ${((size * 4) / 2 ** 30).toPrecision(3)} GiB in float32; ` +
      `the most is ${grouped(MOST_VALUES)}, half of the memory of the kernels.`,
  );
}

/** Throws unless `value` is true, false or absent. */
export function checkFlag(where: string, option: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  throw new Error(`${where}: ${option} must be true or false, got ${shown(value)}.`);
}

/** Throws unless `value` is an object that has all of `names`: what other functions of the library return, or models. */
export function requireFields(where: string, value: unknown, what: string, names: readonly string[]): void {
  const isObject = typeof value === 'object' && value !== null;
  const isTensor = isObject && 'requiresGrad' in value;
  const has = (name: string) => {
    const field = (value as Record<string, unknown>)[name];
    // A tensor has methods mean, variance, min and max, and is no statistics
    return field !== undefined && !(isTensor && typeof field === 'function');
  };
  if (isObject && names.every(has)) return;
  const fields = names.length > 0 ? ` (with ${names.join(', ')})` : '';
  throw new Error(`${where}: expected ${what}${fields}, got ${shown(value)}.`);
}

/** Throws unless `norm` is a function that makes a norm. */
export function requireFactory(where: string, norm: unknown): void {
  if (typeof norm === 'function') return;
  throw new Error(
    `${where}: norm is a function, from so many features to their norm, such as (features) => new LayerNorm(features); got ${shown(norm)}.`,
  );
}

/** An object that is only its named values: no array, no tensor, no module. Of any realm: a test runner or a frame has its own Object. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function rangeText(low: number, high: number): string {
  if (high < Number.MAX_VALUE) return `a number from ${low} to ${high}`;
  const finite = high === Number.MAX_VALUE ? 'a finite number' : 'a number';
  return low > -Number.MAX_VALUE ? `${finite} of at least ${low}` : finite;
}
