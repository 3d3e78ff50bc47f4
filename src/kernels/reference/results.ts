import type { NDArray, Numbers, Shape } from '../contract.ts';
import { sizeOf } from '../contract.ts';

/** A new array of zeros with the dtype of `like`. */
export function zerosLike(like: NDArray, shape: Shape): { shape: Shape; data: Numbers } {
  const size = sizeOf(shape);
  const data = like.data instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);
  return { shape: [...shape], data };
}

/** Sums held in double, rounded once to the dtype of `like`. */
export function fromDouble(like: NDArray, shape: Shape, values: Float64Array): NDArray {
  const data = like.data instanceof Float64Array ? values : new Float32Array(values);
  return { shape: [...shape], data };
}
