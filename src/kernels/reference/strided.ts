import type { Numbers, Shape } from '../contract.ts';

/** Where the values of an n-dimensional view lie in a flat array: value [i, j, ...] at offset + i strides[0] + j strides[1] ... */
export interface Layout {
  offset: number;
  strides: readonly number[];
}

/** Row-major, without gaps. */
export function contiguous(shape: Shape): Layout {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return { offset: 0, strides };
}

/** `shape` read as if it were `target`: a new axis, or one of length 1, has stride 0 and so repeats its value. */
export function broadcasting(shape: Shape, target: Shape): Layout {
  const own = contiguous(shape).strides;
  const added = target.length - shape.length;
  const strides = target.map((length, axis) => {
    if (axis < added) return 0;
    const from = shape[axis - added];
    if (from !== length && from !== 1) {
      throw new RangeError(`shape [${shape}] does not broadcast to [${target}]: ${from} against ${length}`);
    }
    return from === 1 ? 0 : own[axis - added];
  });
  if (added < 0) throw new RangeError(`shape [${shape}] does not broadcast to [${target}]: it has more axes`);
  return { offset: 0, strides };
}

type VisitRow = (a: number, b: number, length: number, stepA: number, stepB: number) => void;

/**
 * Walks two views of the same shape side by side, in row-major order. `visit` gets one row at a time: where it starts in
 * either array, its length, and the distance from value to value. Neighbouring axes that both views store without a gap
 * count as one, so that rows are long.
 */
export function walkRows(shape: Shape, a: Layout, b: Layout, visit: VisitRow): void {
  if (shape.includes(0)) return;
  const lengths: number[] = [];
  const stepsA: number[] = [];
  const stepsB: number[] = [];
  shape.forEach((length, axis) => {
    const [strideA, strideB] = [a.strides[axis], b.strides[axis]];
    const last = lengths.length - 1;
    if (last >= 0 && stepsA[last] === strideA * length && stepsB[last] === strideB * length) {
      lengths[last] *= length;
      stepsA[last] = strideA;
      stepsB[last] = strideB;
    } else if (length > 1) {
      lengths.push(length);
      stepsA.push(strideA);
      stepsB.push(strideB);
    }
  });
  if (lengths.length === 0) {
    // A single value.
    lengths.push(1);
    stepsA.push(1);
    stepsB.push(1);
  }
  const inner = lengths.length - 1;
  const walk = (axis: number, atA: number, atB: number): void => {
    if (axis === inner) {
      visit(atA, atB, lengths[axis], stepsA[axis], stepsB[axis]);
      return;
    }
    for (let i = 0; i < lengths[axis]; i++) walk(axis + 1, atA + i * stepsA[axis], atB + i * stepsB[axis]);
  };
  walk(0, a.offset, b.offset);
}

/** to[...] = from[...] over a view of each. */
export function copyStrided(
  shape: Shape,
  to: Numbers,
  toLayout: Layout,
  from: Numbers,
  fromLayout: Layout,
): void {
  walkRows(shape, toLayout, fromLayout, (t, f, length, stepT, stepF) => {
    for (let i = 0; i < length; i++) to[t + i * stepT] = from[f + i * stepF];
  });
}
