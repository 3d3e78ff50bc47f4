import { noGrad, Tensor } from '../autograd/index.ts';
import { watching } from '../autograd/watch.ts';
import { WeightsError } from '../errors.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import { Linear } from '../nn/layers/linear.ts';
import { withForward } from '../nn/layers/wrapForward.ts';
import type { Module } from '../nn/module.ts';
import { Norm } from '../nn/norm/core/norm.ts';
import { WeightNorm } from '../nn/norm/weights/normOfWeights.ts';

/**
 * A flattened image [H, W, C] has its channels fastest here; in PyTorch it is [C, H, W], and they are slowest. So a dense layer, or
 * a norm, behind a flattening has its inputs in another order there. Which layers those are, and of what images, is seen by
 * sending a sample through the network: whatever the code of its forward passes is. The same holds for sequences [L, C] that a 1-d
 * convolution or pool put out; those of attention have their features last in PyTorch, too.
 */

/** Layers with a weight for each element of what they take. */
const weighsElements = (module: Module) =>
  module instanceof Linear || (module instanceof Norm && !(module instanceof WeightNorm));

/**
 * The layers of `model` that take flattened images, each with [H, W, C] of these. `input`: the shape of one sample; `among`: which
 * layers are looked at.
 */
export function flattenedInputs(
  model: Module,
  input: Shape,
  among: (module: Module) => boolean = weighsElements,
): Map<Module, Shape> {
  const modules = [...model.namedModules().values()];
  const readers = modules.filter(among);
  const found = new Map<Module, Shape>();
  const { watch, imageOf } = follow();
  const training = modules.map((module) => module.training);
  const isDouble = model.parameters().some(({ dtype }) => dtype === 'float64');
  const size = 2 * sizeOf(input);
  const sample = new Tensor(isDouble ? new Float64Array(size) : new Float32Array(size), [2, ...input]);
  model.eval();
  try {
    withForward(
      readers,
      (module, forward) => (x, then) => {
        const image = imageOf(x, module);
        if (image && !found.has(module)) found.set(module, image);
        return forward(x, then);
      },
      () => watching(watch, () => noGrad(() => model.forward(sample))),
    );
  } finally {
    modules.forEach((module, i) => {
      module.training = training[i];
    });
  }
  return found;
}

/** Their results are sums over elements, and in the order of the weights, also where as many come out as went in. */
const sums = ['linear', 'matmul', 'conv2d'];

/** Follows flattened images from operation to operation. */
function follow() {
  /** [N, H W C], with [H, W, C]; 'mixed': parts of such, or several of them side by side. */
  const flattened = new Map<Tensor, Shape | 'mixed'>();
  /** Images whose channels are no longer last: code that flattens as PyTorch does. */
  const turned = new Set<Tensor>();
  /** Sequences [N, L, C] that were [N, C, L] in PyTorch. */
  const lines = new Set<Tensor>();

  const watch = (name: string, y: Tensor, inputs: readonly (Tensor | null)[]) => {
    for (const x of inputs) {
      if (x === null) continue;
      const image = flattened.get(x);
      const isImage = x.rank > 3 || lines.has(x);
      if (name === 'reshape' && isImage && flattens(x, y) && !turned.has(x))
        flattened.set(y, x.shape.slice(1));
      else if (name === 'reshape' && isRow(x, y)) lines.add(y);
      else if (name === 'permute' && x.rank > 3) turned.add(y);
      else if (x.shape.join() === y.shape.join() && !sums.includes(name)) {
        if (image) flattened.set(y, image);
        if (turned.has(x)) turned.add(y);
        if (lines.has(x)) lines.add(y);
      } else if (image && (name === 'concat' || name === 'slice')) flattened.set(y, 'mixed');
    }
  };

  const imageOf = (x: Tensor, module: Module): Shape | undefined => {
    const image = flattened.get(x);
    if (image !== 'mixed') return image;
    throw new WeightsError(
      `a layer of the model, ${module.constructor.name}, takes parts of flattened images, or several side by side: in what order ` +
        'PyTorch would have them is not known.',
      ["keep them in this library's own order: names: 'own'"],
    );
  };
  return { watch, imageOf };
}

/** [N, H, W, C] -> [N, H W C], where that changes the order of the numbers. */
function flattens(x: Tensor, y: Tensor): boolean {
  const channels = x.shape[x.rank - 1];
  const positions = sizeOf(x.shape.slice(1, -1));
  return y.rank === 2 && y.shape[0] === x.shape[0] && channels > 1 && positions > 1;
}

/** [N, 1, L, C] -> [N, L, C]: how 1-d convolutions and pools are computed. */
function isRow(x: Tensor, y: Tensor): boolean {
  const [samples, height, ...rest] = x.shape;
  return x.rank === 4 && height === 1 && y.shape.join() === [samples, ...rest].join();
}
