import { kernels } from '../../../kernels/active.ts';
import { type NDArray, type Numbers, type Shape, sizeOf } from '../../../kernels/contract.ts';

/** The kernels under short names, for norms whose forward and backward are array arithmetic. Shapes broadcast. */
export function arithmetic(like: { data: Numbers }) {
  const k = kernels(like);
  return {
    add: (a: NDArray, b: NDArray) => k.binary('add', a, b),
    sub: (a: NDArray, b: NDArray) => k.binary('sub', a, b),
    mul: (a: NDArray, b: NDArray) => k.binary('mul', a, b),
    div: (a: NDArray, b: NDArray) => k.binary('div', a, b),
    /** scale a + shift */
    affine: (a: NDArray, scale: number, shift = 0) => k.unary('affine', a, scale, shift),
    square: (a: NDArray) => k.unary('square', a),
    /** The summed axes stay, with length 1. */
    sum: (a: NDArray, axes: readonly number[]) => k.reduce('sum', a, axes),
  };
}

/** A small array of that shape and of the dtype of `like`, from numbers in double. */
export function small(like: NDArray, shape: Shape, values: ArrayLike<number>): NDArray {
  return {
    shape,
    data: like.data instanceof Float64Array ? Float64Array.from(values) : Float32Array.from(values),
  };
}

/** sqrt(v + eps) of every set, in a shape that broadcasts against `like`. */
export function deviations(like: NDArray, shape: Shape, variance: NDArray, eps: number): NDArray {
  return small(
    like,
    shape,
    Float64Array.from(variance.data, (v) => Math.sqrt(v + eps)),
  );
}

/** The axes of the positions of [N, C] (none) or [N, H, W, C]. */
export function positionAxes(shape: Shape): number[] {
  return shape.slice(1, -1).map((_, i) => i + 1);
}

/** [N, 1, ..., 1, C]: one number per sample and channel. */
export function perInstance(shape: Shape): Shape {
  return shape.map((length, i) => (i === 0 || i === shape.length - 1 ? length : 1));
}

/** How many positions an image has; 1 for vectors. */
export function positions(shape: Shape): number {
  return sizeOf(shape.slice(1, -1));
}
