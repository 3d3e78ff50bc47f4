import type { NDArray } from '../kernels/contract.ts';
import type { Flow } from './flow.ts';
import { requireTensor } from './inputs.ts';
import { gradEnabled, ownByStep, ownOffGraph } from './lifetime.ts';
import { Tensor } from './tensor.ts';

/** An operation's input; null for an optional one that is absent (a bias, a gamma). */
export type Input = Tensor | null;

/**
 * The gradient for one input: the array; or a function that computes it, called only if that input needs a gradient; or
 * null for an input that needs none. A gradient may have the shape that the input was broadcast to: backward() sums it back.
 */
export type Gradient = NDArray | null | (() => NDArray);

/** One gradient for each input, in their order: the compiler counts them. */
type Gradients<Inputs extends readonly Input[]> = { readonly [K in keyof Inputs]: Gradient };
type Needs<Inputs extends readonly Input[]> = { readonly [K in keyof Inputs]: boolean };

/** From dy = dL/dy to the gradients of the inputs. `needs[i]` tells whether input i needs one. */
export type BackwardRule<Inputs extends readonly Input[]> = (
  dy: Tensor,
  needs: Needs<Inputs>,
) => Gradients<Inputs>;

export interface GraphNode {
  /** The operation, for error messages. */
  readonly name: string;
  readonly inputs: readonly Input[];
  /** null once backward() has used the rule. */
  backward: BackwardRule<readonly Input[]> | null;
  /** What backward() has gathered so far of dL/d(result); null outside of it. */
  gradient: Flow | null;
}

/**
 * Makes a tensor of `y`, the result of the operation `name` on `inputs`, and puts the operation on the graph if an input
 * needs a gradient. The whole protocol of an operation: compute y with a kernel, then record it with its backward rule.
 */
export function record<const Inputs extends readonly Input[]>(
  name: string,
  y: NDArray,
  inputs: Inputs,
  backward: BackwardRule<Inputs>,
): Tensor {
  const result = new Tensor(y.data, y.shape);
  if (!gradEnabled() || !inputs.some(needsGradient)) {
    ownOffGraph(result);
    return result;
  }
  result.requiresGrad = true;
  const rule = backward as unknown as BackwardRule<readonly Input[]>;
  result.node = { name, inputs, backward: rule, gradient: null };
  ownByStep(result);
  for (const x of inputs) void x?.data; // an input from before this step has just been reclaimed: reading it says so
  return result;
}

/** Does backward() have to compute a gradient for this input? */
export const needsGradient = (x: Input): boolean => x?.requiresGrad ?? false;

/** Throws unless all inputs are tensors of one dtype: mixing them would quietly lose the precision that float64 is for. */
export function sameDType(name: string, first: Tensor, ...others: readonly Input[]): void {
  requireTensor(name, first);
  for (const x of others) {
    if (x === null) continue;
    requireTensor(name, x);
    if (x.dtype === first.dtype) continue;
    const got = [first, ...others].flatMap((each) => each?.dtype ?? []).join(' and ');
    throw new Error(`${name}: all inputs must have one dtype, got ${got}. Convert with cast(x, dtype).`);
  }
}
