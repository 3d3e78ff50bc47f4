import type { Tensor } from '../../autograd/index.ts';
import type { Attributes } from '../attributes.ts';

/** A case's inputs by name, in PyTorch's layout; those that its `grads` name collect gradients. */
export type Inputs = Readonly<Record<string, Tensor>>;

/** A case's outputs by name, in PyTorch's layout. */
export type Outputs = Record<string, Tensor>;

/**
 * How this engine computes the operation of a golden case. Layouts are changed with the functions of border.ts, which are
 * on the graph, so that gradients come back in PyTorch's layout by themselves. An input that may be missing is undefined.
 */
export type GoldenOp = (inputs: Inputs, attributes: Attributes) => Outputs;

/** An input that may be absent. */
export function optional(inputs: Inputs, name: string): Tensor | null {
  return inputs[name] ?? null;
}
