import { activeKernels, kernels } from '../kernels/active.ts';
import { type Numbers, type Shape, sizeOf } from '../kernels/contract.ts';
import type { Random } from '../random.ts';
import { record } from './graph.ts';
import { type DType, Tensor } from './tensor.ts';

export type Nested = number | readonly Nested[];

export interface TensorOptions {
  /** Default: float32; of a typed array, its own. */
  dtype?: DType;
  requiresGrad?: boolean;
}

/**
 * A leaf tensor with a copy of `values`: a number, nested arrays (`[[1, 2], [3, 4]]`), or a flat array with a `shape`.
 * Throws where the nesting is ragged or the shape does not fit.
 */
export function tensor(values: Nested | Numbers, shape?: Shape, options: TensorOptions = {}): Tensor {
  if (values instanceof Float32Array || values instanceof Float64Array) {
    const dtype = options.dtype ?? (values instanceof Float64Array ? 'float64' : 'float32');
    return new Tensor(array(dtype).from(values), shape ?? [values.length], options);
  }
  const own = shapeOf(values);
  const flat: number[] = [];
  flatten(values, own, 0, flat);
  return new Tensor(array(options.dtype ?? 'float32').from(flat), shape ?? own, options);
}

/** A leaf around `data` itself, without a copy: for arrays that nobody else writes to, such as a fresh batch. */
export function wrap(data: Numbers, shape: Shape): Tensor {
  return new Tensor(data, shape);
}

/** A trainable leaf. Its numbers and its gradient live in the kernels' own memory until it is garbage. */
export function parameter(values: Numbers, shape: Shape): Tensor {
  const data = kernels({ data: values }).lasting(values);
  return new Tensor(data, shape, { requiresGrad: true, lasting: true });
}

export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  return new Tensor(new (array(options.dtype ?? 'float32'))(sizeOf(shape)).fill(value), shape, options);
}

export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/** Standard normal numbers. */
export function randn(shape: Shape, random: Random, options: TensorOptions = {}): Tensor {
  const data = new (array(options.dtype ?? 'float32'))(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = random.normal();
  return new Tensor(data, shape, options);
}

/** Uniform numbers in [low, high). */
export function uniform(
  shape: Shape,
  low: number,
  high: number,
  random: Random,
  options: TensorOptions = {},
): Tensor {
  const data = new (array(options.dtype ?? 'float32'))(sizeOf(shape));
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random.uniform();
  return new Tensor(data, shape, options);
}

/** The same numbers in another precision; the gradient comes back in the precision of x. */
export function cast(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const y = { shape: x.shape, data: array(dtype).from(x.data) };
  return record('cast', y, [x], [], (dy) => [{ shape: x.shape, data: array(x.dtype).from(dy.data) }]);
}

/** Float32Array or Float64Array. */
export function array(dtype: DType): Float32ArrayConstructor | Float64ArrayConstructor {
  return dtype === 'float64' ? Float64Array : Float32Array;
}

/** Which kernels compute on float32 tensors: 'wasm' where WebAssembly SIMD exists, else 'reference'. */
export function backendName(): string {
  return activeKernels().name;
}

function shapeOf(values: Nested): number[] {
  const shape: number[] = [];
  for (let v = values; Array.isArray(v); v = v[0]) shape.push(v.length);
  return shape;
}

function flatten(values: Nested, shape: Shape, depth: number, into: number[]): void {
  const isNumber = typeof values === 'number';
  if ((isNumber ? undefined : values.length) !== shape[depth]) {
    throw new Error('tensor(): ragged nested arrays; every row must have the same length.');
  }
  if (isNumber) into.push(values);
  else for (const value of values) flatten(value, shape, depth + 1, into);
}
