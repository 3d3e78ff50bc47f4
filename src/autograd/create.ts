import { shown } from '../errors.ts';
import { activeKernels, kernels } from '../kernels/active.ts';
import { type Numbers, type Shape, sizeOf } from '../kernels/contract.ts';
import { checkFlag, checkNumber, checkOptions, checkShape, isPlain } from '../options.ts';
import { defaultRandom, isRandom, type Random, requireRandom } from '../random.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { noteMade } from './reached.ts';
import { type DType, Tensor } from './tensor.ts';

type NumberArray =
  | Numbers
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Numbers, row by row: `[[1, 2], [3, 4]]`. */
export type Nested = number | NumberArray | readonly Nested[];

export interface TensorOptions {
  /** Default: float32; of a Float64Array or a tensor, its own. */
  dtype?: DType;
  requiresGrad?: boolean;
}

/**
 * A leaf tensor with a copy of `values`: a number, nested arrays (`[[1, 2], [3, 4]]`), a flat array with a `shape`, or another
 * tensor. `tensor(values, options)` leaves the shape out. Throws where the nesting is ragged or the shape does not fit.
 */
export function tensor(
  values: Nested | Tensor,
  shape?: Shape | TensorOptions,
  options: TensorOptions = {},
): Tensor {
  if (isPlain(shape)) return tensor(values, undefined, shape as TensorOptions);
  checkTensorOptions('tensor', options);
  if (shape !== undefined) checkShape('tensor', shape);
  if (values instanceof Tensor) return leaf(values.data, (shape ?? values.shape) as Shape, options);
  if (isNumbers(values)) return leaf(values, (shape ?? [values.length]) as Shape, options);
  const own = shapeOf(values);
  const flat: number[] = [];
  flatten(values, own, 0, flat);
  return leaf(flat, (shape ?? own) as Shape, options);
}

function leaf(values: Numbers | readonly number[], shape: Shape, options: TensorOptions): Tensor {
  const dtype = options.dtype ?? (values instanceof Float64Array ? 'float64' : 'float32');
  return new Tensor(array(dtype).from(values), [...shape], options);
}

/** A leaf around `data` itself, without a copy: for arrays that nobody else writes to, such as a fresh batch. */
export function wrap(data: Numbers, shape: Shape): Tensor {
  checkShape('wrap', shape);
  return new Tensor(data, [...shape]);
}

/** A trainable leaf. Its numbers and its gradient live in the kernels' own memory until it is garbage. */
export function parameter(values: Numbers, shape: Shape): Tensor {
  const { data, shape: own } = wrap(values, shape); // which checks both
  const made = new Tensor(kernels({ data }).lasting(data), own, { requiresGrad: true, lasting: true });
  noteMade(made);
  return made;
}

/** All of one value. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  if (typeof value !== 'number') throw new Error(`full: the value must be a number, got ${shown(value)}.`);
  return new Tensor(allocate('full', shape, options).fill(value), [...shape], options);
}

/** Also `zeros(2, 3)`. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor;
export function zeros(...lengths: number[]): Tensor;
export function zeros(...call: unknown[]): Tensor {
  const { shape, rest } = shapeFirst(call);
  const options = (rest[0] ?? {}) as TensorOptions;
  return new Tensor(allocate('zeros', shape, options), shape, options);
}

/** Also `ones(2, 3)`. */
export function ones(shape: Shape, options?: TensorOptions): Tensor;
export function ones(...lengths: number[]): Tensor;
export function ones(...call: unknown[]): Tensor {
  const { shape, rest } = shapeFirst(call);
  const options = (rest[0] ?? {}) as TensorOptions;
  return new Tensor(allocate('ones', shape, options).fill(1), shape, options);
}

/** Standard normal numbers; without a generator, of the default one. Also `randn(2, 3)`. */
export function randn(shape: Shape, random?: Random, options?: TensorOptions): Tensor;
export function randn(shape: Shape, options: TensorOptions): Tensor;
export function randn(...lengths: number[]): Tensor;
export function randn(...call: unknown[]): Tensor {
  const { shape, rest } = shapeFirst(call);
  const given = rest[0] === undefined || isRandom(rest[0]) ? rest : [undefined, ...rest];
  const [random = defaultRandom(), options = {}] = given as [Random?, TensorOptions?];
  const data = allocate('randn', shape, options);
  for (let i = 0; i < data.length; i++) data[i] = random.normal();
  return new Tensor(data, shape, options);
}

/** Uniform numbers in [low, high); without a generator, of the default one. */
export function uniform(
  shape: Shape,
  low = 0,
  high = 1,
  random: Random = defaultRandom(),
  options: TensorOptions = {},
): Tensor {
  checkNumber('uniform', 'low', low);
  checkNumber('uniform', 'high', high);
  requireRandom('uniform', random);
  const data = allocate('uniform', shape, options);
  for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random.uniform();
  return new Tensor(data, [...shape], options);
}

/** The same numbers in another precision; the gradient comes back in the precision of x. */
export function cast(x: Tensor, dtype: DType): Tensor {
  requireTensor('cast', x);
  if (x.dtype === dtype) return x;
  const y = { shape: x.shape, data: array(dtype).from(x.data) };
  return record('cast', y, [x], [], (dy) => [{ shape: x.shape, data: array(x.dtype).from(dy.data) }]);
}

/** Float32Array or Float64Array. Throws for what is neither dtype. */
export function array(dtype: DType): Float32ArrayConstructor | Float64ArrayConstructor {
  if (dtype === 'float32') return Float32Array;
  if (dtype === 'float64') return Float64Array;
  throw new Error(`dtype: must be 'float32' or 'float64', got ${shown(dtype)}.`);
}

/** Which kernels compute on float32 tensors: 'wasm' where WebAssembly SIMD exists, else 'reference'. */
export function backendName(): string {
  return activeKernels().name;
}

/** The shape of a call, a list or the lengths one by one, and what follows it. */
function shapeFirst(call: readonly unknown[]): { shape: Shape; rest: readonly unknown[] } {
  const lengths = call.findIndex((each) => typeof each !== 'number');
  const count = lengths < 0 ? call.length : lengths;
  const [shape, ...rest] = count > 0 ? [call.slice(0, count), ...call.slice(count)] : call;
  return { shape: (Array.isArray(shape) ? [...shape] : shape) as Shape, rest };
}

/** Zeros for a tensor of that shape, once shape and options are checked. */
function allocate(name: string, shape: Shape, options: TensorOptions): Numbers {
  checkShape(name, shape);
  checkTensorOptions(name, options);
  return new (array(options.dtype ?? 'float32'))(sizeOf(shape));
}

function checkTensorOptions(name: string, options: TensorOptions): void {
  checkOptions(name, options, ['dtype', 'requiresGrad']);
  checkFlag(name, 'requiresGrad', options.requiresGrad);
  if (options.dtype !== undefined) array(options.dtype);
}

function isNumbers(values: unknown): values is Numbers {
  return values instanceof Float32Array || values instanceof Float64Array;
}

function isList(values: unknown): values is ArrayLike<Nested> {
  if (Array.isArray(values)) return true;
  return ArrayBuffer.isView(values) && typeof (values as unknown as ArrayLike<unknown>)[0] === 'number';
}

/** More axes than any tensor has: an array that contains itself has no end. */
const MOST_AXES = 32;

function shapeOf(values: unknown): number[] {
  const shape: number[] = [];
  for (let v = values; isList(v) && shape.length <= MOST_AXES; v = v[0]) shape.push(v.length);
  if (shape.length <= MOST_AXES) return shape;
  throw new Error(`tensor: arrays within arrays, more than ${MOST_AXES} deep.`);
}

function flatten(values: unknown, shape: Shape, depth: number, into: number[]): void {
  const length = isList(values) ? values.length : undefined;
  if (length === undefined && typeof values !== 'number') {
    throw new Error(
      `tensor: values are numbers, or arrays of numbers of one length, got ${shown(values)}. ` +
        'Of tensors, concat makes one.',
    );
  }
  if (length !== shape[depth]) {
    throw new Error('tensor: ragged nested arrays; every row must have the same length.');
  }
  if (length === undefined) into.push(values as number);
  else for (let i = 0; i < length; i++) flatten((values as ArrayLike<unknown>)[i], shape, depth + 1, into);
}
