import type { Shape } from '../kernels/contract.ts';
import type { Tensor } from './tensor.ts';

/**
 * An operation as it was just computed: its name, its result, its inputs; `axes` of permute their order, of reductions those that
 * vanish, of concat the one that grows.
 */
export type Watcher = (
  name: string,
  y: Tensor,
  inputs: readonly (Tensor | null)[],
  axes?: readonly number[],
) => void;

/** What else may be asked for, to follow numbers from tensor to tensor. */
export interface Following {
  /** y has the numbers of x, off the graph. */
  copied?(y: Tensor, x: Tensor): void;
  /** What is computed in the place of reshape(x, shape); undefined: reshape itself. */
  reshape?(x: Tensor, shape: Shape): Tensor | undefined;
}

let watcher: Watcher | null = null;
let follower: Following = {};
let axesOfNext: readonly number[] | undefined;

/** Tells `watch` of every operation that `fn` computes, on the graph or off it: to see how numbers travel through a network. */
export function watching<T>(watch: Watcher, fn: () => T, following: Following = {}): T {
  const before = { watcher, follower };
  watcher = watch;
  follower = following;
  try {
    return fn();
  } finally {
    ({ watcher, follower } = before);
  }
}

/** For `record`. */
export function noteOperation(name: string, y: Tensor, inputs: readonly (Tensor | null)[]): void {
  if (watcher === null) return;
  const axes = axesOfNext;
  axesOfNext = undefined;
  watcher(name, y, inputs, axes);
}

/** Of the operation that is recorded next. */
export function noteAxes(axes: readonly number[]): void {
  if (watcher !== null) axesOfNext = axes;
}

export function noteCopy(y: Tensor, x: Tensor): Tensor {
  follower.copied?.(y, x);
  return y;
}

/** For `reshape`, which asks before it does its own. */
export function reshapedInstead(x: Tensor, shape: Shape): Tensor | undefined {
  return follower.reshape?.(x, shape);
}
