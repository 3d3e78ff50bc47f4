import { shown } from '../errors.ts';
import { type NDArray, type Numbers, sizeOf } from '../kernels/contract.ts';
import { type DType, Tensor } from './tensor.ts';

/** Throws unless `x` is a tensor: what else comes is named, and how it becomes one. */
export function requireTensor(name: string, x: unknown, what = 'a tensor'): asserts x is Tensor {
  if (x instanceof Tensor) return;
  throw new Error(`${name}: expected ${what}, got ${shown(x)}. ${howToMakeOne(x)}`);
}

/** Throws unless `x` is a shape and as many numbers of that dtype: what is shorter is read past its end, and another dtype as zeros. */
export function requireArray(name: string, x: NDArray, dtype: DType): void {
  const data = x?.data as unknown;
  const isFloats = dtype === 'float64' ? data instanceof Float64Array : data instanceof Float32Array;
  if (isFloats && Array.isArray(x.shape) && (data as Numbers).length === sizeOf(x.shape)) return;
  const kind = dtype === 'float64' ? 'Float64Array' : 'Float32Array';
  const came = x instanceof Tensor ? `a ${x.dtype} tensor` : data === undefined ? shown(x) : shown(data);
  const length = (data as ArrayLike<number> | undefined)?.length;
  throw new Error(
    `${name}: expected a ${dtype} tensor, or { shape, data } with a ${kind} of as many values; got ${came}` +
      `${length === undefined ? '' : ` of ${length} values`}${Array.isArray(x?.shape) ? ` for [${x.shape.join(', ')}]` : ''}.`,
  );
}

function howToMakeOne(x: unknown): string {
  if (x?.constructor?.name === 'Tensor') {
    return (
      'It was made by another copy of the library: the package was loaded twice, in two versions or by two paths ' +
      '(npm ls normgrad shows them). Load it once, or carry numbers over with tensor(x.data, x.shape).'
    );
  }
  if (typeof x === 'number' || Array.isArray(x) || ArrayBuffer.isView(x)) {
    return 'Make a tensor of numbers with tensor(values, shape).';
  }
  if (typeof x === 'object' && x !== null && 'forward' in x) {
    return 'A layer is called by its forward(x), and its result is the tensor.';
  }
  return 'Operations take their tensors first, then options.';
}
