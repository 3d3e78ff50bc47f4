import type { BinaryOp, NDArray, Shape } from '../../contract.ts';
import { type Axes, broadcastStrides, joinAxes } from '../../strides.ts';
import { input, kernelCall, result, workspace } from '../runtime/operands.ts';
import { callRows } from '../templates/rows.ts';
import { flatKernel, rowKernel } from './binaryKernels.ts';
import { vectorsFor } from './vectors.ts';

/**
 * y = f(a, b) with NumPy's broadcasting. Three cases walk memory straight through: equal shapes, a single number against an
 * array, and a vector that repeats along the leading axes (a bias, the gamma of a norm). A repeated vector is first laid out
 * side by side until its length is a multiple of four, so that odd channel counts run as fast as even ones. All else goes row
 * by row (rows.ts).
 */
export function binary(op: BinaryOp, a: NDArray, b: NDArray): NDArray {
  return kernelCall(() => {
    if (sameShape(a.shape, b.shape)) return flat(op, 'same', a, b, a.shape);
    const shape = broadcastShape(a.shape, b.shape);
    if (shape.includes(0)) return result(shape);
    const axes = joinAxes(shape, broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape));
    if (axes.lengths.length === 1) {
      if (axes.first[0] === 0) return flat(op, 'scalarA', a, b, shape);
      return flat(op, axes.second[0] === 0 ? 'scalarB' : 'same', a, b, shape);
    }
    if (axes.lengths.length === 2 && axes.first[1] === 1 && axes.second[1] === 1) {
      return axes.first[0] === 0 ? periodic(op, 'a', a, b, shape) : periodic(op, 'b', a, b, shape);
    }
    return rows(op, a, b, shape, axes);
  });
}

/** Vectors to a part: about 10 us. */
const GRAIN = 8192;
const grainOf = (op: BinaryOp): number => (op === 'pow' ? GRAIN / 8 : GRAIN);

function flat(
  op: BinaryOp,
  name: 'same' | 'scalarA' | 'scalarB',
  a: NDArray,
  b: NDArray,
  shape: Shape,
): NDArray {
  const y = result(shape);
  const vectors = vectorsFor(y.data.length);
  flatKernel(op).range(name, vectors, grainOf(op), input(a.data), input(b.data), y.data.byteOffset);
  return y;
}

/** Periods of at least so many numbers, that their loop is worth its start. */
const SHORTEST_PERIOD = 64;

function periodic(op: BinaryOp, repeated: 'a' | 'b', a: NDArray, b: NDArray, shape: Shape): NDArray {
  const kernel = flatKernel(op);
  const y = result(shape);
  const { data } = repeated === 'a' ? a : b;
  const { length } = data;
  const toMultipleOf4 = length % 4 === 0 ? 1 : length % 2 === 0 ? 2 : 4;
  const times = toMultipleOf4 * Math.ceil(SHORTEST_PERIOD / (length * toMultipleOf4));
  let vector = input(data);
  if (times > 1) {
    const { byteOffset } = workspace(length * times);
    kernel.call('tile', byteOffset, vector, length * 4, times);
    vector = byteOffset;
  }
  const period = length * times;
  const periods = Math.ceil(y.data.length / period);
  const grain = Math.ceil((grainOf(op) * 4) / period);
  const [atA, atB] = repeated === 'a' ? [vector, input(b.data)] : [input(a.data), vector];
  const name = repeated === 'a' ? 'periodA' : 'periodB';
  kernel.range(name, periods, grain, atA, atB, y.data.byteOffset, period * 4, y.data.length * 4);
  return y;
}

function rows(op: BinaryOp, a: NDArray, b: NDArray, shape: Shape, axes: Axes): NDArray {
  const kernel = rowKernel(op);
  const y = result(shape);
  const last = axes.lengths.length - 1;
  const length = axes.lengths[last];
  const name = axes.first[last] === 0 ? 'onlyB' : axes.second[last] === 0 ? 'onlyA' : 'both';
  const grain = Math.ceil((grainOf(op) * 4) / length);
  const [atA, atB] = [input(a.data), input(b.data)];
  let atY = y.data.byteOffset;
  callRows(axes, 1, (count, first, second, outer) => {
    kernel.range(name, count, grain, atA + first, atB + second, atY, length, ...outer);
    atY += count * length * 4;
  });
  return y;
}

/** NumPy's rule: axes are matched from the right, and a length of 1 gives way. */
function broadcastShape(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const lengthA = a[axis - rank + a.length] ?? 1;
    return lengthA === 1 ? (b[axis - rank + b.length] ?? 1) : lengthA;
  });
}

function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
