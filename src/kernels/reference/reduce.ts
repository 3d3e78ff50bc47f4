import { foldedCount } from '../checks.ts';
import type { NDArray, ReduceOp } from '../contract.ts';
import { sizeOf } from '../contract.ts';
import { fromDouble } from './results.ts';
import { contiguous, walkRows } from './strided.ts';

interface Reduction {
  start: number;
  fold: (accumulated: number, x: number) => number;
}

/** Math.max and Math.min let NaN through, as PyTorch does. */
const reductions: Record<ReduceOp, Reduction> = {
  sum: { start: 0, fold: (sum, x) => sum + x },
  mean: { start: 0, fold: (sum, x) => sum + x },
  max: { start: -Infinity, fold: Math.max },
  min: { start: Infinity, fold: Math.min },
};

export function reduce(op: ReduceOp, x: NDArray, axes: readonly number[]): NDArray {
  const { start, fold } = reductions[op];
  const shape = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  const size = sizeOf(shape);
  const folded = foldedCount(op, x, axes);
  const result = new Float64Array(size).fill(start);
  // A reduced axis has stride 0 in the result: all its values fold into one cell.
  const { strides } = contiguous(shape);
  const cells = { offset: 0, strides: strides.map((stride, axis) => (axes.includes(axis) ? 0 : stride)) };
  const from = x.data;
  walkRows(x.shape, contiguous(x.shape), cells, (ix, ir, length, stepX, stepR) => {
    for (let i = 0; i < length; i++) {
      const cell = ir + i * stepR;
      result[cell] = fold(result[cell], from[ix + i * stepX]);
    }
  });
  if (op === 'mean') for (let i = 0; i < size; i++) result[i] /= folded;
  return fromDouble(x, shape, result);
}
