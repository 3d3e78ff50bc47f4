import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { type NDArray, type ReduceOp, sizeOf } from '../kernels/contract.ts';
import { checkFlag, checkOptions } from '../options.ts';
import { type Axes, normalizeAxes, normalizeAxis, reducedCount, reducedShape } from './axes.ts';
import { record } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';
import { noteAxes } from './watch.ts';

/** Reductions over some axes (default: all). With keepDims the reduced axes stay, with length 1. */
export interface ReduceOptions {
  keepDims?: boolean;
}

/** y = sum x.   dx = dy, repeated. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const { over, kept, shape } = layout('sum', x, axes, options);
  const y = kernels(x).reduce('sum', x, over);
  noteAxes(over);
  return record('sum', { shape, data: y.data }, [x], [], (dy) => [repeat(dy, kept, x)]);
}

/** y = (1/m) sum x.   dx = dy / m, repeated. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const { over, kept, shape } = layout('mean', x, axes, options);
  const m = reducedCount(x.shape, over);
  const y = kernels(x).reduce('mean', x, over);
  noteAxes(over);
  return record('mean', { shape, data: y.data }, [x], [], (dy) => [
    repeat(kernels(dy).unary('affine', dy, 1 / m, 0), kept, x),
  ]);
}

/**
 * y = sum (x - mean)^2 / (m - ddof), in two passes.   dx = 2 (x - mean) dy / (m - ddof): the path through the mean
 * vanishes, since sum (x - mean) = 0.
 */
export function variance(x: Tensor, axes?: Axes, options: ReduceOptions & { ddof?: 0 | 1 } = {}): Tensor {
  const { over, kept, shape } = layout('variance', x, axes, options, ['keepDims', 'ddof']);
  const { ddof = 0 } = options;
  if (ddof !== 0 && ddof !== 1) throw new Error(`variance: ddof must be 0 or 1, got ${shown(ddof)}.`);
  const m = reducedCount(x.shape, over);
  if (m <= ddof) {
    throw new Error(
      `variance: ddof ${ddof} needs more than ${ddof} value per set, got ${m} in [${x.shape.join(', ')}].`,
    );
  }
  const k = kernels(x);
  const centred = k.binary('sub', x, k.reduce('mean', x, over));
  const y = k.unary('affine', k.reduce('sum', k.unary('square', centred), over), 1 / (m - ddof), 0);
  noteAxes(over);
  return record('variance', { shape, data: y.data }, [x], [], (dy) => [
    k.unary('affine', k.binary('mul', centred, { shape: kept, data: dy.data }), 2 / (m - ddof), 0),
  ]);
}

/** y = max x.   dy is split evenly among the elements that attain it, as in PyTorch's amax. */
export function max(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extremum('max', x, axes, options);
}

/** y = min x.   dy is split evenly among the elements that attain it. */
export function min(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  return extremum('min', x, axes, options);
}

/** The index of the largest value along an axis (default: the last): one integer for each line, row-major. Not on the graph. */
export function argmax(x: Tensor, axis = -1): Int32Array {
  requireTensor('argmax', x);
  const at = x.rank === 0 ? 0 : normalizeAxis('argmax', axis, x.rank);
  const n = x.shape[at] ?? 1;
  if (n === 0) throw new Error(`argmax: no values to compare in [${x.shape.join(', ')}].`);
  const { data } = x;
  const step = sizeOf(x.shape.slice(at + 1));
  const result = new Int32Array(data.length / n);
  for (let row = 0; row < result.length; row++) {
    const start = Math.floor(row / step) * n * step + (row % step);
    let best = 0;
    for (let j = 1; j < n; j++) if (data[start + j * step] > data[start + best * step]) best = j;
    result[row] = best;
  }
  return result;
}

function extremum(op: 'max' | 'min', x: Tensor, axes: Axes, options: ReduceOptions): Tensor {
  const { over, kept, shape } = layout(op, x, axes, options);
  if (reducedCount(x.shape, over) === 0)
    throw new Error(`${op}: no values to reduce in [${x.shape.join(', ')}].`);
  const k = kernels(x);
  const y = k.reduce(op, x, over);
  noteAxes(over);
  return record(op, { shape, data: y.data }, [x], (dy) => {
    const attains = k.binary('equal', x, y);
    const share = k.binary('div', { shape: kept, data: dy.data }, k.reduce('sum', attains, over));
    return [k.binary('mul', attains, share)];
  });
}

function layout(
  op: ReduceOp | 'variance',
  x: Tensor,
  axes: Axes,
  options: ReduceOptions,
  names: readonly string[] = ['keepDims'],
) {
  requireTensor(op, x);
  checkOptions(op, options, names);
  const { keepDims = false } = options;
  checkFlag(op, 'keepDims', keepDims);
  const over = normalizeAxes(op, axes, x.rank);
  return { over, kept: reducedShape(x.shape, over, true), shape: reducedShape(x.shape, over, keepDims) };
}

function repeat(dy: NDArray, kept: readonly number[], x: Tensor): NDArray {
  return kernels(dy).broadcastTo({ shape: kept, data: dy.data }, x.shape);
}
