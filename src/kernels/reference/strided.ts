import type { Numbers, Shape } from '../contract.ts';
import { broadcastStrides, contiguousStrides, joinAxes } from '../strides.ts';

/** Where the values of an n-dimensional view lie in a flat array: value [i, j, ...] at offset + i strides[0] + j strides[1] ... */
interface Layout {
  offset: number;
  strides: readonly number[];
}

/** Row-major, without gaps. */
export const contiguous = (shape: Shape): Layout => ({ offset: 0, strides: contiguousStrides(shape) });

/** `shape` read as if it were `target`. */
export const broadcasting = (shape: Shape, target: Shape): Layout => ({
  offset: 0,
  strides: broadcastStrides(shape, target),
});

type VisitRow = (a: number, b: number, length: number, stepA: number, stepB: number) => void;

/**
 * Walks two views of the same shape side by side, in row-major order. `visit` gets one row at a time: where it starts in
 * either array, its length, and the distance from value to value. Axes are joined, so that rows are long.
 */
export function walkRows(shape: Shape, a: Layout, b: Layout, visit: VisitRow): void {
  if (shape.includes(0)) return;
  const { lengths, first: stepsA, second: stepsB } = joinAxes(shape, a.strides, b.strides);
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
