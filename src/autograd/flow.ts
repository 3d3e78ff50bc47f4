import { kernels } from '../kernels/active.ts';
import type { NDArray, Numbers } from '../kernels/contract.ts';
import { claimFresh, hasFresh } from '../kernels/ownership.ts';

/**
 * A gradient on its way through the graph. A rule may give dy itself for an input (for both, in an addition), one array
 * twice, or a new array; so an array has holders: inputs that it was given to, and the rule that is running. The invariant:
 *   only an array's single holder may add to it, and only if backward() owns the array: it is pooled, or a sum made here
 *   the last holder gives a pooled array back
 */
export interface Flow {
  readonly data: Numbers;
  holders: number;
  /** backward() made it by adding, so that nothing else refers to it. */
  readonly isSum: boolean;
  /** The last holder has to give its memory back. */
  isPooled: boolean;
}

export function newFlow(data: Numbers, isPooled = false, isSum = false): Flow {
  return { data, holders: 1, isPooled, isSum };
}

/** The flow of `data`, held once more: dy passed on, one of `others` again, or a new one. */
export function flowOf(data: Numbers, dy: Flow, others: readonly (Flow | null)[]): Flow {
  const known = dy.data === data ? dy : withData(others, data);
  if (known === undefined) return newFlow(data);
  known.holders++;
  return known;
}

function withData(flows: readonly (Flow | null)[], data: Numbers): Flow | undefined {
  for (const flow of flows) if (flow?.data === data) return flow;
  return undefined;
}

/** A block that a rule allocated outlives the rule if it holds one of the gradients. */
export function keepPooled(flows: readonly (Flow | null)[], block: Numbers): boolean {
  const flow = withData(flows, block);
  if (flow === undefined) return false;
  flow.isPooled = true;
  return true;
}

/** The sum of two gradients of x, in the memory of one of the two if nothing else refers to it. */
export function sumOf(a: Flow, b: Flow, x: NDArray): Flow {
  if (isOurs(a)) return addTo(a, b);
  if (isOurs(b)) return addTo(b, a);
  const sum = kernels(x).binary('add', { shape: x.shape, data: a.data }, { shape: x.shape, data: b.data });
  const isPooled = hasFresh() && claimFresh() === sum.data;
  drop(a);
  drop(b);
  return newFlow(sum.data, isPooled, true);
}

const isOurs = ({ holders, isPooled, isSum }: Flow): boolean => holders === 1 && (isPooled || isSum);

function addTo(sum: Flow, flow: Flow): Flow {
  kernels(sum).addInto(sum.data, flow.data);
  drop(flow);
  return sum;
}

/** One holder fewer. */
export function drop(flow: Flow): void {
  if (--flow.holders === 0 && flow.isPooled) kernels(flow).release(flow.data);
}
