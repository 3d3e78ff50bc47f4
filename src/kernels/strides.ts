import type { Shape } from './contract.ts';

/** Row-major strides of `shape`, in numbers. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** `shape` read as if it were `target`: a new axis, or one of length 1, has stride 0 and so repeats its value. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const added = target.length - shape.length;
  if (added < 0) throw new RangeError(`shape [${shape}] does not broadcast to [${target}]: it has more axes`);
  const own = contiguousStrides(shape);
  return target.map((length, axis) => {
    if (axis < added) return 0;
    const from = shape[axis - added];
    if (from !== length && from !== 1) {
      throw new RangeError(`shape [${shape}] does not broadcast to [${target}]: ${from} against ${length}`);
    }
    return from === 1 ? 0 : own[axis - added];
  });
}

/** Axes that two views walk together, outermost first. */
export interface Axes {
  lengths: number[];
  /** Strides of the first and of the second view, in numbers. */
  first: number[];
  second: number[];
}

/**
 * Joins neighbouring axes that both views step through without a gap, and leaves out axes of length 1: most broadcasts and
 * permutations come down to two or three axes. There is always at least one.
 */
export function joinAxes(shape: Shape, first: readonly number[], second: readonly number[]): Axes {
  const axes: Axes = { lengths: [], first: [], second: [] };
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis];
    if (length === 1) continue;
    const last = axes.lengths.length - 1;
    if (
      last >= 0 &&
      axes.first[last] === first[axis] * length &&
      axes.second[last] === second[axis] * length
    ) {
      axes.lengths[last] *= length;
      axes.first[last] = first[axis];
      axes.second[last] = second[axis];
    } else {
      axes.lengths.push(length);
      axes.first.push(first[axis]);
      axes.second.push(second[axis]);
    }
  }
  if (axes.lengths.length === 0) {
    axes.lengths.push(1);
    axes.first.push(1);
    axes.second.push(1);
  }
  return axes;
}
