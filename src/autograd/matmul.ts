import { kernels } from '../kernels/active.ts';
import { checkBias } from '../kernels/checks.ts';
import { type NDArray, type Shape, sizeOf } from '../kernels/contract.ts';
import { checkFlag, checkOptions } from '../options.ts';
import { record, requireOneDType, sameDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { reshape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * y = a b over the last two axes: [..., m, k] [..., k, n] -> [..., m, n]; leading axes broadcast. As in NumPy and PyTorch a vector
 * [k] is a row on the left and a column on the right, without that axis in the result.
 * da = dy b^T, db = a^T dy; of a side that was broadcast, the sum over its copies.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireOneDType('matmul', a, b);
  if (a.rank < 1 || b.rank < 1 || a.shape.at(-1) !== b.shape.at(b.rank === 1 ? 0 : -2)) {
    throw new Error(
      `matmul: [${a.shape.join(', ')}] times [${b.shape.join(', ')}]: the last axis of the left must be as long as the second ` +
        'last of the right (or its only one). Neither may be a single number: mul multiplies by those.',
    );
  }
  if (a.rank === 1 || b.rank === 1) return withVector(a, b);
  const batch = batchOf(a.shape, b.shape);
  // Rows times one matrix: all rows at once
  if (sizeOf(b.shape.slice(0, -2)) === 1) {
    const rows = rowsOf(a);
    const matrix = { shape: b.shape.slice(-2), data: b.data };
    const k = kernels(a);
    const y = {
      shape: [...batch, ...a.shape.slice(-2, -1), b.shape[b.rank - 1]],
      data: k.matmul(rows, matrix).data,
    };
    return record('matmul', y, [a, b], [[b], [a]], (dy) => [
      () => ({ shape: a.shape, data: k.matmul(rowsOf(dy), matrix, { transposeB: true }).data }),
      () => ({ shape: b.shape, data: k.matmul(rows, rowsOf(dy), { transposeA: true }).data }),
    ]);
  }
  const left = repeated(a, batch);
  const right = repeated(b, batch);
  return record('matmul', kernels(a).matmul(left, right), [a, b], [[right], [left]], (dy) => [
    () => kernels(dy).matmul(dy, right, { transposeB: true }),
    () => kernels(dy).matmul(left, dy, { transposeA: true }),
  ]);
}

/**
 * A dense layer: y = x w + bias, then relu where asked.   x [..., in], w [in, out], bias [out] or null -> [..., out].
 * With g = dy behind the relu: dx = g w^T, dw = x^T g, dbias = sum of g over all rows.
 */
export function linear(
  x: Tensor,
  w: Tensor,
  bias: Tensor | null = null,
  options: { relu?: boolean } = {},
): Tensor {
  requireTensor('linear', w);
  sameDType('linear', x, w, bias);
  checkOptions('linear', options, ['relu']);
  checkFlag('linear', 'relu', options.relu);
  if (w.rank !== 2) throw new Error(`linear: the weight is [in, out], got [${w.shape.join(', ')}].`);
  checkBias('linear', bias, w.shape[1]);
  if (x.rank < 1 || x.shape[x.rank - 1] !== w.shape[0]) {
    throw new Error(
      `linear: weight [${w.shape.join(', ')}] needs input [..., ${w.shape[0]}], got [${x.shape.join(', ')}]. ` +
        'Images go through flatten first.',
    );
  }
  const k = kernels(x);
  const input = k.resident(x); // a batch comes from ordinary memory, and dw reads it again
  const rows = rowsOf(input);
  const { data } = k.matmul(rows, w, { bias, relu: options.relu });
  const y = { shape: [...x.shape.slice(0, -1), w.shape[1]], data };
  const mask = options.relu ? y : null;
  return record('linear', y, [x, w, bias], [[w, mask], [input, mask], [mask]], (dy) => {
    const g = rowsOf(options.relu ? k.unaryBackward('relu', dy, y, y) : dy);
    return [
      () => ({ shape: x.shape, data: k.matmul(g, w, { transposeB: true }).data }),
      () => k.matmul(rows, g, { transposeA: true }),
      () => ({ shape: [w.shape[1]], data: k.reduce('sum', g, [0]).data }),
    ];
  });
}

/** [..., n] as [rows, n], the same numbers. */
function rowsOf({ shape, data }: NDArray): NDArray {
  if (shape.length === 2) return { shape, data };
  return { shape: [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]], data };
}

/** A product with a vector on one side or both. */
function withVector(a: Tensor, b: Tensor): Tensor {
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
  const y = matmul(left, right);
  return reshape(y, [
    ...y.shape.slice(0, -2),
    ...(a.rank === 1 ? [] : y.shape.slice(-2, -1)),
    ...(b.rank === 1 ? [] : y.shape.slice(-1)),
  ]);
}

/** The leading axes of a product; throws where those of its sides do not broadcast. */
export function batchOf(left: Shape, right: Shape, name = 'matmul'): number[] {
  const [own, theirs] = [left.slice(0, -2), right.slice(0, -2)];
  const rank = Math.max(own.length, theirs.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = own[own.length - rank + i] ?? 1;
    const n = theirs[theirs.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new Error(
        `${name}: leading axes [${own.join(', ')}] and [${theirs.join(', ')}] do not broadcast.`,
      );
    }
    return m === 1 ? n : m;
  });
}

/** x for every matrix of the batch: x itself where it has them all, else a copy. */
export function repeated(x: Tensor, batch: Shape): NDArray {
  const shape = [...batch, ...x.shape.slice(-2)];
  return shape.join() === x.shape.join() ? x : kernels(x).broadcastTo(x, shape);
}
