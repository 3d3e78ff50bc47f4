import { crossEntropy, randn, type Tensor } from '../../src/autograd/index.ts';
import type { Module } from '../../src/nn/module.ts';
import { createRandom } from '../../src/random.ts';

/** Random images [N, H, W, C], the same for the same shape and seed. */
export function images(shape: readonly number[], seed = 1): Tensor {
  return randn(shape, createRandom(seed));
}

/** Loss and the gradient of every parameter, copied, of one forward and backward pass. */
export function lossAndGradients(model: Module, forward: () => Tensor, labels: readonly number[]) {
  model.zeroGrad();
  const loss = crossEntropy(forward(), labels);
  loss.backward();
  const gradients = [...model.namedParameters()].map(
    ([name, parameter]) => [name, parameter.grad?.data.slice()] as const,
  );
  return { loss: loss.item(), gradients: new Map(gradients) };
}
