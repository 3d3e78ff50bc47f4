import { kernels } from '../kernels/active.ts';
import { checkBias } from '../kernels/checks.ts';
import { checkFlag, checkOptions } from '../options.ts';
import { record, requireOneDType, sameDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { broadcastTo, reshape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/**
 * y = a b over the last two axes: [..., m, k] [..., k, n] -> [..., m, n]; leading axes broadcast. A vector [k] is a row on the
 * left and a column on the right, and its axis is missing in y, as in NumPy.
 * da = dy b^T, db = a^T dy.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireOneDType('matmul', a, b);
  if (a.rank === 0 || b.rank === 0 || a.shape.at(-1) !== b.shape.at(b.rank === 1 ? -1 : -2)) {
    throw new Error(
      `matmul: [${a.shape.join(', ')}] times [${b.shape.join(', ')}]: the last axis of the left must be as long as the second ` +
        'last of the right, and single numbers go through mul.',
    );
  }
  if (a.rank > 1 && b.rank > 1) return product(a, b);
  const y = product(
    a.rank > 1 ? a : reshape(a, [1, a.shape[0]]),
    b.rank > 1 ? b : reshape(b, [b.shape[0], 1]),
  );
  const leading = y.shape.slice(0, -2);
  const [m, n] = y.shape.slice(-2);
  return reshape(y, [...leading, ...(a.rank > 1 ? [m] : []), ...(b.rank > 1 ? [n] : [])]);
}

function product(a: Tensor, b: Tensor): Tensor {
  const left = withBatch(a, b);
  const right = withBatch(b, a);
  return record('matmul', kernels(left).matmul(left, right), [left, right], [[right], [left]], (dy) => [
    () => kernels(dy).matmul(dy, right, { transposeB: true }),
    () => kernels(dy).matmul(left, dy, { transposeA: true }),
  ]);
}

/**
 * A dense layer: y = x w + bias, then relu where asked.   x [N, in], w [in, out], bias [out] or null -> [N, out].
 * With g = dy behind the relu: dx = g w^T, dw = x^T g, dbias = sum over N of g.
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
  if (x.rank !== 2 || x.shape[1] !== w.shape[0]) {
    throw new Error(
      `linear: weight [${w.shape.join(', ')}] needs input [N, ${w.shape[0]}], got [${x.shape.join(', ')}]. ` +
        'Images go through flatten first.',
    );
  }
  const k = kernels(x);
  const input = k.resident(x); // a batch comes from ordinary memory, and dw reads it again
  const y = k.matmul(input, w, { bias, relu: options.relu });
  const mask = options.relu ? y : null;
  return record('linear', y, [x, w, bias], [[w, mask], [input, mask], [mask]], (dy) => {
    const g = options.relu ? k.unaryBackward('relu', dy, y, y) : dy;
    return [
      () => k.matmul(g, w, { transposeB: true }),
      () => k.matmul(input, g, { transposeA: true }),
      () => ({ shape: [w.shape[1]], data: k.reduce('sum', g, [0]).data }),
    ];
  });
}

/** x with the leading axes of a broadcast product with `other`. */
function withBatch(x: Tensor, other: Tensor): Tensor {
  const own = x.shape.slice(0, -2);
  const theirs = other.shape.slice(0, -2);
  const rank = Math.max(own.length, theirs.length);
  const batch = Array.from({ length: rank }, (_, i) => {
    const m = own[own.length - rank + i] ?? 1;
    const n = theirs[theirs.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new Error(
        `matmul: leading axes [${own.join(', ')}] and [${theirs.join(', ')}] do not broadcast.`,
      );
    }
    return m === 1 ? n : m;
  });
  const shape = [...batch, ...x.shape.slice(-2)];
  return shape.join() === x.shape.join() ? x : broadcastTo(x, shape);
}
