import { kernels } from '../kernels/active.ts';
import type { BinaryOp, NDArray } from '../kernels/contract.ts';
import { full } from './create.ts';
import { affine, neg, powScalar } from './elementwise.ts';
import { record, requireOneDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { Tensor } from './tensor.ts';

/**
 * Arithmetic on two tensors, or a tensor and a number. Shapes broadcast as in NumPy: aligned at the last axis, and an axis
 * of length 1 is repeated. The rules below give gradients of the broadcast shape; backward() sums them back in one place.
 */
export type Operand = Tensor | number;

/** y = a + b.   da = dy, db = dy. */
export function add(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number') return scaled('add', a, 1, b);
  if (typeof a === 'number') return scaled('add', b, 1, a);
  requireOneDType('add', a, b);
  return record('add', forward('add', a, b), [a, b], [], (dy) => [dy, dy]);
}

/** y = a - b.   da = dy, db = -dy. */
export function sub(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number') return scaled('sub', a, 1, -b);
  if (typeof a === 'number') return scaled('sub', b, -1, a);
  requireOneDType('sub', a, b);
  return record('sub', forward('sub', a, b), [a, b], [], (dy) => [dy, () => neg(dy)]);
}

/** y = a b.   da = dy b, db = dy a. */
export function mul(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number') return scaled('mul', a, b, 0);
  if (typeof a === 'number') return scaled('mul', b, a, 0);
  requireOneDType('mul', a, b);
  const y = forward('mul', a, b);
  return record('mul', y, [a, b], [[b], [a]], (dy) => [
    () => forward('mul', dy, b),
    () => forward('mul', dy, a),
  ]);
}

/** y = a / b.   da = dy / b, db = -dy y / b. */
export function div(a: Operand, b: Operand): Tensor {
  if (typeof b === 'number') return scaled('div', a, 1 / b, 0);
  if (typeof a === 'number') return scaled('div', powScalar(b, -1), a, 0);
  requireOneDType('div', a, b);
  const y = forward('div', a, b);
  return record('div', y, [a, b], [[b], [y, b]], (dy) => [
    () => forward('div', dy, b),
    () => kernels(dy).unary('affine', forward('div', forward('mul', dy, y), b), -1, 0),
  ]);
}

/** scale x + shift, for a number and a tensor. */
function scaled(name: string, x: Operand, scale: number, shift: number): Tensor {
  requireTensor(name, x);
  return affine(x, scale, shift);
}

/**
 * y = a^b; NaN where a < 0 and b is not whole.   da = dy b a^(b-1), db = dy y ln a. As in PyTorch, da is 0 where b = 0, and db
 * is 0 where a = 0 and b >= 0 (0^b is flat there); where a < 0, b cannot move, and db is NaN.
 */
export function pow(base: Operand, b: Operand): Tensor {
  const a = constant('pow', base, b);
  if (typeof b === 'number') return powScalar(a, b);
  requireOneDType('pow', a, b);
  const y = forward('pow', a, b);
  const zero = full([], 0, { dtype: b.dtype });
  return record('pow', y, [a, b], (dy) => [
    () => {
      // b - 1, but 0 where b is 0: 0 times 0^-1 would be NaN
      const lower = forward('add', kernels(b).unary('affine', b, 1, -1), forward('equal', b, zero));
      return forward('mul', dy, forward('mul', b, forward('pow', a, lower)));
    },
    () => {
      // ln 1 in the place of ln 0 where y is not infinite
      const flat = forward('greater', forward('equal', a, zero), forward('greater', zero, b));
      const log = kernels(a).unary('log', forward('add', a, flat));
      return forward('mul', dy, forward('mul', y, log));
    },
  ]);
}

/** y = max(a, b).   dy goes to the larger one; halves to both where they are equal, as in PyTorch. */
export function maximum(a: Operand, b: Operand): Tensor {
  return extreme('maximum', a, b);
}

/** y = min(a, b).   dy goes to the smaller one; halves to both where they are equal. */
export function minimum(a: Operand, b: Operand): Tensor {
  return extreme('minimum', a, b);
}

/** A number as a tensor in the precision of the other operand; a tensor as it is. */
export function constant(name: string, value: Operand, other: Operand): Tensor {
  if (typeof value !== 'number') {
    requireTensor(name, value);
    return value;
  }
  requireTensor(name, other);
  return full([], value, { dtype: other.dtype });
}

function extreme(op: 'maximum' | 'minimum', left: Operand, right: Operand): Tensor {
  const [a, b] = [constant(op, left, right), constant(op, right, left)];
  requireOneDType(op, a, b);
  const wins = (x: NDArray, over: NDArray) => {
    const strictly = op === 'maximum' ? forward('greater', x, over) : forward('greater', over, x);
    const tie = kernels(x).unary('affine', forward('equal', x, over), 0.5, 0);
    return forward('add', strictly, tie);
  };
  return record(op, forward(op, a, b), [a, b], (dy) => [
    () => forward('mul', dy, wins(a, b)),
    () => forward('mul', dy, wins(b, a)),
  ]);
}

/** f(a, b) without a gradient; throws in the name of the operation where the shapes do not broadcast. */
export function forward(op: BinaryOp, a: NDArray, b: NDArray, name: string = op): NDArray {
  const rank = Math.max(a.shape.length, b.shape.length);
  for (let i = 1; i <= rank; i++) {
    const [m, n] = [a.shape.at(-i) ?? 1, b.shape.at(-i) ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new Error(
        `${name}: shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not broadcast: axis ${rank - i} (aligned at ` +
          `the last one) has ${m} and ${n} values. They must be equal, or one of them 1.`,
      );
    }
  }
  return kernels(a).binary(op, a, b);
}
