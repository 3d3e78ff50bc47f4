import { shown } from '../errors.ts';
import { Tensor } from './tensor.ts';

/** Throws unless `x` is a tensor: what else comes is named, and how it becomes one. */
export function requireTensor(name: string, x: unknown, what = 'a tensor'): asserts x is Tensor {
  if (x instanceof Tensor) return;
  throw new Error(`${name}: expected ${what}, got ${shown(x)}. ${howToMakeOne(x)}`);
}

/** The same of several, none of which may be absent. */
export function requireTensors(name: string, ...xs: readonly unknown[]): void {
  for (const x of xs) requireTensor(name, x);
}

function howToMakeOne(x: unknown): string {
  if (typeof x === 'number' || Array.isArray(x) || ArrayBuffer.isView(x)) {
    return 'Make a tensor of numbers with tensor(values, shape).';
  }
  if (typeof x === 'object' && x !== null && 'forward' in x) {
    return 'A layer is called by its forward(x), and its result is the tensor.';
  }
  return 'Operations take their tensors first, then options.';
}
