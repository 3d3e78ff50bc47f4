import { shown } from '../errors.ts';
import type { NDArray } from '../kernels/contract.ts';
import type { Flow } from './flow.ts';
import { requireTensor } from './inputs.ts';
import { gradEnabled, ownByStep, ownOffGraph } from './lifetime.ts';
import { Tensor } from './tensor.ts';
import { look, type Seen } from './unchanged.ts';
import { noteUnused } from './unused.ts';
import { noteOperation } from './watch.ts';

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

/** For each input, the arrays that the rule reads to compute its gradient; none at all: []. */
type Reads<Inputs extends readonly Input[]> =
  | { readonly [K in keyof Inputs]: readonly (NDArray | null)[] }
  | readonly [];

export interface GraphNode {
  /** The operation, for error messages. */
  readonly name: string;
  readonly inputs: readonly Input[];
  /** null once backward() has used the rule. */
  backward: BackwardRule<readonly Input[]> | null;
  /** The numbers that the rule will read, as they were in the forward pass; null with the rule. */
  seen: Seen | null;
  /** What backward() has gathered so far of dL/d(result); null outside of it. */
  gradient: Flow | null;
  /** Is the result an input of another operation on the graph? */
  isUsed: boolean;
}

/**
 * Makes a tensor of `y`, the result of the operation `name` on `inputs`, and puts the operation on the graph if an input
 * needs a gradient. The whole protocol of an operation: compute y with a kernel, then record it with its backward rule.
 *
 * `reads` says, for each input, which arrays the rule reads for its gradient: backward() throws where their numbers have been
 * overwritten since. Without it that is all inputs and y: safe, but then a rule that reads less complains of more than it has to.
 */
export function record<const Inputs extends readonly Input[]>(
  name: string,
  y: NDArray,
  inputs: Inputs,
  backward: BackwardRule<Inputs>,
): Tensor;
export function record<const Inputs extends readonly Input[]>(
  name: string,
  y: NDArray,
  inputs: Inputs,
  reads: Reads<Inputs>,
  backward: BackwardRule<Inputs>,
): Tensor;
export function record(
  name: string,
  y: NDArray,
  inputs: readonly Input[],
  ...rest:
    | readonly [BackwardRule<readonly Input[]>]
    | readonly [Reads<readonly Input[]>, BackwardRule<readonly Input[]>]
): Tensor {
  requireRecordable(name, y, inputs, rest);
  const result = new Tensor(y.data, y.shape);
  noteOperation(name, result, inputs);
  if (!gradEnabled() || !inputs.some(needsGradient)) {
    ownOffGraph(result);
    return result;
  }
  result.requiresGrad = true;
  ownByStep(result);
  for (const x of inputs) void x?.data; // an input from before this step has just been reclaimed: reading it says so
  const [reads, backward] = rest.length === 2 ? rest : [null, rest[0]];
  const seen = look(() => arraysRead(y, inputs, reads), result.dtype === 'float64');
  result.node = { name, inputs, backward, seen, gradient: null, isUsed: false };
  noteUnused(inputs);
  return result;
}

function requireRecordable(
  name: string,
  y: NDArray,
  inputs: readonly Input[],
  rest: readonly unknown[],
): void {
  if (typeof name !== 'string' || !y?.data || !Array.isArray(inputs) || typeof rest.at(-1) !== 'function') {
    throw new Error(
      'record: takes a name, the result { shape, data }, the list of inputs and the backward rule, ' +
        `record('cube', y, [x], (dy) => [gradient of x]); got ${[name, y, inputs, ...rest].map(shown).join(', ')}.`,
    );
  }
  for (const x of inputs) if (x !== null) requireTensor(name, x);
}

function arraysRead(y: NDArray, inputs: readonly Input[], reads: Reads<readonly Input[]> | null): NDArray[] {
  const found: NDArray[] = [];
  for (let i = 0; i < inputs.length; i++) {
    if (!needsGradient(inputs[i])) continue;
    for (const array of reads === null ? [...inputs, y] : (reads[i] ?? [])) {
      if (array !== null && !found.includes(array)) found.push(array);
    }
  }
  return found;
}

/** Does backward() have to compute a gradient for this input? */
export const needsGradient = (x: Input): boolean => x?.requiresGrad ?? false;

/** Throws unless all are tensors of one dtype: mixing them would quietly lose the precision that float64 is for. */
export function requireOneDType(name: string, ...xs: readonly Tensor[]): void {
  for (const x of xs) {
    requireTensor(name, x);
    if (x.dtype === xs[0].dtype) continue;
    const got = xs.flatMap((each) => each?.dtype ?? []).join(' and ');
    throw new Error(`${name}: all inputs must have one dtype, got ${got}. Convert with cast(x, dtype).`);
  }
}

/** The same of inputs of which all but the first may be absent. */
export function sameDType(name: string, first: Tensor, ...others: readonly Input[]): void {
  requireOneDType(name, first, ...others.filter((x) => x !== null));
}
