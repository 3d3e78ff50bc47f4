import type { DType, Tensor } from '../autograd/index.ts';
import { Attributes } from './attributes.ts';
import { Comparison, leaf } from './compare.ts';
import type { OperationCase } from './goldenFile.ts';
import type { GoldenOp } from './ops/goldenOp.ts';

/** Runs an operation forward and backward, and compares all its outputs and gradients. */
export function runOperation(golden: OperationCase, op: GoldenOp, dtype: DType): Comparison {
  const { inputs, upstream, outputs, grads } = golden;
  const comparison = new Comparison([...Object.values(inputs), ...(upstream ? [upstream] : [])]);
  const leaves: Record<string, Tensor> = {};
  for (const [name, value] of Object.entries(inputs)) leaves[name] = leaf(value, dtype, name in grads);

  const results = op(leaves, new Attributes(golden.attrs));
  for (const [name, value] of Object.entries(outputs))
    comparison.add(`outputs.${name}`, value, results[name]);

  if (Object.keys(grads).length === 0) return comparison;
  const [first] = Object.keys(outputs);
  results[first].backward(upstream ? { gradient: leaf(upstream, dtype) } : {});
  for (const [name, value] of Object.entries(grads))
    comparison.add(`grads.${name}`, value, leaves[name]?.grad);
  return comparison;
}
