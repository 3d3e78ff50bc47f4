import { type DType, parameter, Tensor } from '../autograd/index.ts';
import { createOptimizer, type Optimizer, type OptimizerName } from '../optim/index.ts';
import { Comparison, leaf } from './compare.ts';
import type { OptimizerCase } from './goldenFile.ts';

/** Feeds the given gradients to an optimizer, and compares the parameters after each of its steps. */
export function runOptimizer(golden: OptimizerCase, dtype: DType): Comparison {
  const comparison = new Comparison(Object.values(golden.inputs));
  const names = Object.keys(golden.inputs);
  const parameters = names.map((name) => {
    const { data, shape } = leaf(golden.inputs[name], dtype);
    return parameter(data, shape);
  });
  const optimizer = optimizerFor(golden.op, parameters, golden.attrs);
  golden.gradSequence.forEach((gradients, step) => {
    parameters.forEach((p, i) => {
      p.grad = new Tensor(leaf(gradients[i], dtype).data, p.shape);
    });
    optimizer.step();
    parameters.forEach((p, i) => {
      comparison.add(`${names[i]} after step ${step + 1}`, golden.paramSequence[step][i], p);
    });
  });
  return comparison;
}

/** Golden options have the names of ours. */
export function optimizerFor(
  name: string,
  parameters: readonly Tensor[],
  options: Readonly<Record<string, unknown>>,
): Optimizer {
  return createOptimizer(name as OptimizerName, parameters, options as unknown as { lr: number });
}
