import { noGrad, permute, reshape, Tensor } from '../autograd/index.ts';
import { watching } from '../autograd/watch.ts';
import { WeightsError } from '../errors.ts';
import { type Shape, sizeOf } from '../kernels/contract.ts';
import { MultiHeadAttention } from '../nn/layers/attention.ts';
import { Linear } from '../nn/layers/linear.ts';
import { PRelu } from '../nn/layers/prelu.ts';
import { Patches } from '../nn/layers/tokens.ts';
import { TransformerBlock } from '../nn/layers/transformer.ts';
import { withForward } from '../nn/layers/wrapForward.ts';
import type { Module } from '../nn/module.ts';
import { Norm } from '../nn/norm/core/norm.ts';
import { LayerNorm } from '../nn/norm/sample/layerNorm.ts';
import { RmsNorm } from '../nn/norm/sample/rmsNorm.ts';
import { WeightNorm } from '../nn/norm/weights/normOfWeights.ts';
import { createRandom } from '../random.ts';
import { type Order, orderOf, unknownOrder } from './order.ts';
import { reshaped } from './reshaped.ts';

/**
 * A flattened image [H, W, C] has its channels fastest here; in PyTorch it is [C, H, W], and they are slowest. So a dense layer, or
 * a norm, behind a flattening has its inputs in another order there. Which layers those are, and of what images, is seen by
 * sending a sample through the network: whatever the code of its forward passes is (order.ts).
 */
export interface Flattened {
  /** What one sample is where it enters each layer that takes flattened images, [H, W, C], and each norm that takes a sequence, [L, C]. */
  images: Map<Module, Shape>;
  /** Those of them that take a sequence. */
  sequences: Map<Module, Shape>;
  /** Whether anything was flattened at all that PyTorch has in another order. */
  turns: boolean;
}

/** Layers with a weight for each element of what they take. */
const weighsElements = (module: Module) =>
  module instanceof Linear || module instanceof PRelu || isNorm(module);

const isNorm = (module: Module) => module instanceof Norm && !(module instanceof WeightNorm);
/** Of each position by itself. */
const isOfPositions = (module: Module) =>
  (module instanceof LayerNorm || module instanceof RmsNorm) &&
  module.shape.length === 1 &&
  !('over' in module.options && module.options.over === 'sample') &&
  module.options.axes === undefined;
/** Whatever they take, their results are tokens. */
const isOfTokens = (module: Module) =>
  module instanceof Patches || module instanceof MultiHeadAttention || module instanceof TransformerBlock;

/** `input`: the shape of one sample; `among`: which layers are looked at. Throws a WeightsError. */
export function flattenedInputs(
  model: Module,
  input: Shape,
  among: (module: Module) => boolean = weighsElements,
): Flattened {
  const images = new Map<Module, Shape>();
  const sequences = new Map<Module, Shape>();
  const enter = (module: Module, x: Tensor, { channels, features }: Order) => {
    if (!among(module)) return;
    if (
      features === 'unknown' ||
      (isNorm(module) && channels === 'vector' && (x.rank > 3 || !isOfPositions(module)))
    )
      throw unknownOrder(
        `a layer of the model, ${module.constructor.name}, takes parts of flattened images, or one together with something else`,
      );
    if (features !== undefined) images.set(module, features);
    if (isNorm(module) && channels === 'second' && x.rank === 3) sequences.set(module, x.shape.slice(1));
  };
  const { y, order, turns } = followed(model, sampleOf(model, input), { enter, turn: false });
  if (turns && !(y instanceof Tensor)) {
    throw new WeightsError('the result of the model is no tensor, so that nothing can be compared', [
      "keep the weights in this library's own order: names: 'own'",
    ]);
  }
  if (y instanceof Tensor && order === undefined)
    throw unknownOrder("the model's result is not made by operations of this library");
  if (order?.channels === 'vector' && y.rank > 3) throw unknownOrder('the model makes an image of a vector');
  for (const [module, shape] of sequences) images.set(module, shape);
  return { images, sequences, turns };
}

/**
 * Sends x through the model in evaluation mode, and follows the order of its numbers. `enter` is told what enters each layer. With `turn`
 * images are flattened with their channels first, as in PyTorch.
 */
export function followed(
  model: Module,
  x: Tensor,
  { enter, turn }: { enter?: (module: Module, x: Tensor, order: Order) => void; turn: boolean },
): { y: Tensor; order: Order | undefined; turns: boolean } {
  const orders = new Map<Tensor, Order>([[x, { channels: x.rank > 3 ? 'second' : 'last' }]]);
  let turns = false;
  const watch: Parameters<typeof watching>[0] = (name, y, inputs, axes) => {
    if (name === 'reshape' && inputs[0] && orders.has(inputs[0]))
      turns ||= reshaped(orders.get(inputs[0])!, inputs[0].shape, y.shape).turned !== undefined;
    const order = orderOf(name, y, inputs, axes, orders);
    if (order) orders.set(y, order);
  };
  let isTurning = false;
  const following = {
    copied(y: Tensor, of: Tensor) {
      if (orders.has(of)) orders.set(y, orders.get(of)!);
    },
    reshape(of: Tensor, shape: Shape) {
      const before = orders.get(of);
      if (!turn || isTurning || !before) return undefined;
      const { order, turned } = reshaped(before, of.shape, shape);
      if (!turned) return undefined;
      isTurning = true;
      const y = turned === 'together' ? channelsTogether(of, shape) : channelsApart(of, shape);
      isTurning = false;
      orders.set(y, order);
      return y;
    },
  };
  const modules = [...model.namedModules().values()];
  const training = modules.map((module) => module.training);
  try {
    model.eval();
    const y = withForward(
      modules,
      (module, forward) =>
        (z, ...rest) => {
          const order = orders.get(z);
          if (order) enter?.(module, z, order);
          const result = forward(z, ...rest);
          if (order && isNorm(module)) orders.set(result, behindNorm(module, z, order));
          if (isOfTokens(module)) orders.set(result, { channels: 'last' });
          return result;
        },
      () => watching(watch, () => noGrad(() => model.forward(x)), following),
    );
    return { y, order: orders.get(y), turns };
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    const sample = x.shape.slice(1).join(', ');
    throw new WeightsError(`the model does not take a sample [${sample}]: ${(error as Error).message}`, [
      'say what one sample is: input: [28, 28, 1] for an image, input: [64] for a vector',
    ]);
  } finally {
    modules.forEach((module, i) => {
      module.training = training[i];
    });
  }
}

/**
 * As before it; but a sequence that a norm of positions takes may have been turned into tokens for that, and tokens into a sequence for one
 * that has its channels second.
 */
function behindNorm(norm: Module, { rank }: Tensor, order: Order): Order {
  const isOpen = rank === 3 && order.channels === (isOfPositions(norm) ? 'second' : 'last');
  return isOpen ? { ...order, channels: 'either' } : order;
}

/** Two samples of ones and twos: an image for the one model, numbers of words for the other; both have a logarithm. */
export function sampleOf(model: Module, input: Shape): Tensor {
  const isDouble = model.parameters().some(({ dtype }) => dtype === 'float64');
  const size = 2 * sizeOf(input);
  const random = createRandom('sample');
  const bits = Float64Array.from({ length: size }, () => 1 + random.integer(2));
  return new Tensor(isDouble ? bits : Float32Array.from(bits), [2, ...input]);
}

/** [..., H, W, C] -> [..., C H W] */
function channelsTogether(x: Tensor, shape: Shape): Tensor {
  const [kept, last] = [shape.length - 1, x.rank - 1];
  const axes = x.shape.map((_, i) => (i < kept ? i : i === kept ? last : i - 1));
  return reshape(permute(x, axes), shape);
}

/** [..., C H W] -> [..., H, W, C] */
export function channelsApart(x: Tensor, shape: Shape): Tensor {
  const [kept, last] = [x.rank - 1, shape.length - 1];
  const first = [...shape.slice(0, kept), shape[last], ...shape.slice(kept, last)];
  const axes = shape.map((_, i) => (i < kept ? i : i === last ? kept : i + 1));
  return permute(reshape(x, first), axes);
}
