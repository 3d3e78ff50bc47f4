import { add, div, maximum, minimum, mul, type Operand, pow, sub } from './arithmetic.ts';
import type { Axes } from './axes.ts';
import { cast } from './create.ts';
import * as functions from './elementwise.ts';
import { matmul } from './matmul.ts';
import { argmax, max, mean, min, type ReduceOptions, sum, variance } from './reduce.ts';
import { broadcastTo, flatten, permute, reshape, transpose } from './shape.ts';
import { logSoftmax, softmax } from './softmax.ts';
import { split, squeeze, unsqueeze } from './stack.ts';
import type { DType, Tensor } from './tensor.ts';
import { equal, greater, greaterEqual, less, lessEqual, maskedFill, notEqual } from './where.ts';

/**
 * Operations as methods, x.add(y) for add(x, y): what a chain reads better with. Each is the function of its name, which says what it
 * does and has the gradient; what takes a window, a weight or labels (conv2d, maxPool2d, crossEntropy) is a function only.
 *
 * Why a class below Tensor, and not functions that one file puts on Tensor.prototype: that would be a side effect, which
 * "sideEffects" of package.json would have to name, and which bundlers then drop (the file is reached through an index that has
 * none) or keep for those who never make a tensor. So the methods are there wherever a Tensor is, their types need no
 * merging of declarations, and what costs a page are these few operations, of which every page with a layer has most.
 */
export abstract class Operations {
  /** this + other, broadcasting. */
  add(this: Tensor, other: Operand): Tensor {
    return add(this, other);
  }
  /** this - other, broadcasting. */
  sub(this: Tensor, other: Operand): Tensor {
    return sub(this, other);
  }
  /** this times other, number by number, broadcasting; the product of matrices is `matmul`. */
  mul(this: Tensor, other: Operand): Tensor {
    return mul(this, other);
  }
  /** this / other, broadcasting. */
  div(this: Tensor, other: Operand): Tensor {
    return div(this, other);
  }
  /** this to the power of other. */
  pow(this: Tensor, other: Operand): Tensor {
    return pow(this, other);
  }
  maximum(this: Tensor, other: Operand): Tensor {
    return maximum(this, other);
  }
  minimum(this: Tensor, other: Operand): Tensor {
    return minimum(this, other);
  }
  /** The product of matrices over the last two axes. */
  matmul(this: Tensor, other: Tensor): Tensor {
    return matmul(this, other);
  }

  neg(this: Tensor): Tensor {
    return functions.neg(this);
  }
  abs(this: Tensor): Tensor {
    return functions.abs(this);
  }
  exp(this: Tensor): Tensor {
    return functions.exp(this);
  }
  log(this: Tensor): Tensor {
    return functions.log(this);
  }
  sqrt(this: Tensor): Tensor {
    return functions.sqrt(this);
  }
  square(this: Tensor): Tensor {
    return functions.square(this);
  }
  /** min(max(x, low), high) */
  clamp(this: Tensor, low: number, high?: number): Tensor {
    return functions.clamp(this, low, high);
  }
  relu(this: Tensor): Tensor {
    return functions.relu(this);
  }
  gelu(this: Tensor): Tensor {
    return functions.gelu(this);
  }
  silu(this: Tensor): Tensor {
    return functions.silu(this);
  }
  sigmoid(this: Tensor): Tensor {
    return functions.sigmoid(this);
  }
  tanh(this: Tensor): Tensor {
    return functions.tanh(this);
  }
  softmax(this: Tensor, axis?: number): Tensor {
    return softmax(this, axis);
  }
  logSoftmax(this: Tensor, axis?: number): Tensor {
    return logSoftmax(this, axis);
  }

  /** Over some axes; default: all of them. */
  sum(this: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
    return sum(this, axes, options);
  }
  /** Over some axes; default: all of them. */
  mean(this: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
    return mean(this, axes, options);
  }
  /** Over some axes; default: all of them. Divides by m, not by m - 1 as PyTorch does unless `ddof` is 1. */
  variance(this: Tensor, axes?: Axes, options?: ReduceOptions & { ddof?: 0 | 1 }): Tensor {
    return variance(this, axes, options);
  }
  /** Over some axes; default: all of them. */
  max(this: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
    return max(this, axes, options);
  }
  /** Over some axes; default: all of them. */
  min(this: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
    return min(this, axes, options);
  }
  /** The index of the largest value along an axis; default: the last. */
  argmax(this: Tensor, axis?: number): Int32Array {
    return argmax(this, axis);
  }

  /** x.reshape([2, -1]) or x.reshape(2, -1) */
  reshape(this: Tensor, ...shape: readonly number[] | [readonly number[]]): Tensor {
    return reshape(this, listed(shape));
  }
  /** Exchanges two axes; default: the last two. */
  transpose(this: Tensor, a?: number, b?: number): Tensor {
    return transpose(this, a, b);
  }
  /** x.permute([0, 2, 1]) or x.permute(0, 2, 1) */
  permute(this: Tensor, ...axes: readonly number[] | [readonly number[]]): Tensor {
    return permute(this, listed(axes));
  }
  /** x.broadcastTo([4, 3]) or x.broadcastTo(4, 3) */
  broadcastTo(this: Tensor, ...shape: readonly number[] | [readonly number[]]): Tensor {
    return broadcastTo(this, listed(shape));
  }
  /** [N, ...] -> [N, rest] */
  flatten(this: Tensor): Tensor {
    return flatten(this);
  }
  squeeze(this: Tensor, axes?: number | readonly number[]): Tensor {
    return squeeze(this, axes);
  }
  unsqueeze(this: Tensor, axis: number): Tensor {
    return unsqueeze(this, axis);
  }
  split(this: Tensor, size: number | readonly number[], axis?: number): Tensor[] {
    return split(this, size, axis);
  }

  greater(this: Tensor, other: Operand): Tensor {
    return greater(this, other);
  }
  greaterEqual(this: Tensor, other: Operand): Tensor {
    return greaterEqual(this, other);
  }
  less(this: Tensor, other: Operand): Tensor {
    return less(this, other);
  }
  lessEqual(this: Tensor, other: Operand): Tensor {
    return lessEqual(this, other);
  }
  equal(this: Tensor, other: Operand): Tensor {
    return equal(this, other);
  }
  notEqual(this: Tensor, other: Operand): Tensor {
    return notEqual(this, other);
  }
  /** `value` where the mask is not 0. */
  maskedFill(this: Tensor, mask: Tensor, value: Operand): Tensor {
    return maskedFill(this, mask, value);
  }
  /** The same numbers in another precision. */
  to(this: Tensor, dtype: DType): Tensor {
    return cast(this, dtype);
  }
}

/** A list, or its members one by one. */
function listed(given: readonly unknown[]): readonly number[] {
  return (given.length === 1 && typeof given[0] !== 'number' ? given[0] : given) as readonly number[];
}
