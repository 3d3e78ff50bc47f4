import { kernels } from '../kernels/active.ts';
import type { NDArray } from '../kernels/contract.ts';
import { constant, forward, type Operand } from './arithmetic.ts';
import { array, full } from './create.ts';
import { record, requireOneDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import type { DType, Tensor } from './tensor.ts';

/**
 * Comparisons and choices, element by element with broadcasting. A comparison gives 1 where it holds and 0 elsewhere, off the
 * graph: it has no gradient. Of NaN only notEqual holds. A condition is such a tensor: whatever is not 0 is true.
 */

/** 1 where a > b, 0 elsewhere. */
export const greater = (a: Operand, b: Operand) => compare('greater', a, b, isGreater);
/** 1 where a < b, 0 elsewhere. */
export const less = (a: Operand, b: Operand) => compare('less', a, b, (x, y) => isGreater(y, x));
/** 1 where a >= b, 0 elsewhere. */
export const greaterEqual = (a: Operand, b: Operand) =>
  compare('greaterEqual', a, b, (x, y) => forward('add', isGreater(x, y), isEqual(x, y)));
/** 1 where a <= b, 0 elsewhere. */
export const lessEqual = (a: Operand, b: Operand) =>
  compare('lessEqual', a, b, (x, y) => forward('add', isGreater(y, x), isEqual(x, y)));
/** 1 where a = b, 0 elsewhere. */
export const equal = (a: Operand, b: Operand) => compare('equal', a, b, isEqual);
/** 1 where a and b differ, 0 elsewhere. */
export const notEqual = (a: Operand, b: Operand) => compare('notEqual', a, b, (x, y) => not(isEqual(x, y)));

const isGreater = (a: NDArray, b: NDArray) => forward('greater', a, b);
const isEqual = (a: NDArray, b: NDArray) => forward('equal', a, b);
/** 1 for 0, and 0 for all else. */
function not(x: NDArray): NDArray {
  const zero = x.data instanceof Float64Array ? new Float64Array(1) : new Float32Array(1);
  return forward('equal', x, { shape: [], data: zero });
}

function compare(
  name: string,
  left: Operand,
  right: Operand,
  holds: (a: NDArray, b: NDArray) => NDArray,
): Tensor {
  const [a, b] = [constant(name, left, right), constant(name, right, left)];
  requireOneDType(name, a, b);
  return record(name, holds(a, b), [], [], () => []);
}

/** y = a where the condition holds, b elsewhere.   da = dy where it holds, db = dy elsewhere; what is not chosen may be NaN. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  requireTensor('where', condition, 'a condition, which is a tensor');
  for (const each of [a, b]) if (typeof each !== 'number') requireTensor('where', each);
  const { dtype } = [a, b].find((each) => typeof each !== 'number') ?? condition;
  const [left, right] = [a, b].map((each) => (typeof each === 'number' ? full([], each, { dtype }) : each));
  requireOneDType('where', left, right);
  const chosen = inDType(condition, dtype);
  const other = not(chosen);
  // 0 stands where the other one is chosen, so that their sum is the choice
  const y = forward(
    'add',
    forward('where', left, chosen, 'where'),
    forward('where', right, other, 'where'),
    'where',
  );
  return record('where', y, [left, right], [[chosen], []], (dy) => [
    () => kernels(dy).binary('where', dy, chosen),
    () => kernels(dy).binary('where', dy, other),
  ]);
}

/** `value` where the mask is not 0, x elsewhere.   dx = dy where the mask is 0. */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  requireTensor('maskedFill', x);
  requireTensor('maskedFill', mask, 'a mask, which is a tensor');
  return where(mask, value, x);
}

/** A condition in the precision of what it chooses from: its 0 and 1 are the same in both. */
function inDType(condition: Tensor, dtype: DType): NDArray {
  if (condition.dtype === dtype) return condition;
  return { shape: condition.shape, data: array(dtype).from(condition.data) };
}
