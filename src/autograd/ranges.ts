import { checkCount, checkNumber, checkShape, isPlain } from '../options.ts';
import { type TensorOptions, tensor, zeros } from './create.ts';
import type { Tensor } from './tensor.ts';

/** Tensors of regular numbers; leaves, like all that is made of no tensor. */

/** The numbers from `start` up to `end`, which is not among them, by `step`. Also `arange(end)`: 0, 1, ... end - 1. */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step?: number, options?: TensorOptions): Tensor;
export function arange(first: number, ...rest: (number | TensorOptions | undefined)[]): Tensor {
  const isAlone = typeof rest[0] !== 'number';
  const [start, end, step = 1, options = {}] = (isAlone ? [0, first, 1, rest[0]] : [first, ...rest]) as [
    ...[number, number, number?, TensorOptions?],
  ];
  checkNumber('arange', 'start', start);
  checkNumber('arange', 'end', end);
  checkNumber('arange', 'step', step);
  if (step === 0 || (end - start) * step < 0) {
    throw new Error(`arange: a step of ${step} does not lead from ${start} to ${end}.`);
  }
  const count = Math.ceil((end - start) / step);
  return regular('arange', count, (i) => start + i * step, options);
}

/** `count` numbers from `start` to `end`, both among them, at equal distances. */
export function linspace(start: number, end: number, count: number, options: TensorOptions = {}): Tensor {
  checkNumber('linspace', 'start', start);
  checkNumber('linspace', 'end', end);
  checkCount('linspace', 'count', count);
  // From the nearer end, so that the last number is `end` itself
  const at = (i: number) => {
    const step = (end - start) / Math.max(1, count - 1);
    return 2 * i < count ? start + i * step : end - (count - 1 - i) * step;
  };
  return regular('linspace', count, at, options);
}

function regular(name: string, count: number, at: (i: number) => number, options: TensorOptions): Tensor {
  checkShape(name, [count]);
  const values = Float64Array.from({ length: count }, (_, i) => at(i));
  return tensor(values, [count], isPlain(options) ? { dtype: 'float32', ...options } : options);
}

/** The identity matrix [size, size]. */
export function eye(size: number, options: TensorOptions = {}): Tensor {
  checkCount('eye', 'size', size, 0);
  const made = zeros([size, size], options);
  for (let i = 0; i < size; i++) made.data[i * (size + 1)] = 1;
  return made;
}
