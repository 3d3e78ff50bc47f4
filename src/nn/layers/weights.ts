import { parameter, Tensor } from '../../autograd/index.ts';
import { type Shape, sizeOf } from '../../kernels/contract.ts';
import { checkFlag, checkShape } from '../../options.ts';
import { defaultRandom, type Random, requireRandom } from '../../random.ts';
import { fans, type Initializer, torchDefault, uniform } from '../initializers.ts';
import type { WeightNorm } from '../norm/weights/normOfWeights.ts';

/** What Linear and Conv2d have in common. */
export interface WeightOptions {
  /** Where the first values come from: the same seed gives the same network. Default: the default generator. */
  random?: Random;
  /** Default: true. In front of a norm that subtracts the mean of each channel a bias does nothing. */
  bias?: boolean;
  /** Default: PyTorch's (initializers.ts). */
  init?: Initializer;
  /** Default: PyTorch's, uniform in +-1 / sqrt(fanIn). Keras has constant(0). */
  biasInit?: Initializer;
}

/** The names of WeightOptions. */
export const weightOptions = ['random', 'bias', 'init', 'biasInit'] as const;

/** The weight of that shape, and the bias [last axis] or null. The weight is drawn first. */
export function weightAndBias(layer: string, shape: Shape, options: WeightOptions) {
  const { random = defaultRandom(), bias: hasBias = true, init = torchDefault() } = options;
  requireRandom(layer, random);
  checkFlag(layer, 'bias', hasBias);
  if (counted !== undefined) return countedOnly(shape, hasBias);
  checkShape(layer, shape);
  const limit = 1 / Math.sqrt(fans(shape).in);
  const { biasInit = uniform({ low: -limit, high: limit }) } = options;
  const weight = parameter(init(shape, random), shape);
  const features = shape.slice(-1);
  const bias: Tensor | null = hasBias ? parameter(biasInit(features, random), features) : null;
  return { weight, bias };
}

let counted: { numbers: number } | undefined;

/** How many numbers the weights and biases have of the layers that `build` makes, of which none is drawn or kept. */
export function countWeights(build: () => void): number {
  counted = { numbers: 0 };
  try {
    build();
    return counted.numbers;
  } finally {
    counted = undefined;
  }
}

/** Tensors of the right shape, without numbers. */
function countedOnly(shape: Shape, hasBias: boolean) {
  const outline = (of: Shape) => {
    counted!.numbers += sizeOf(of);
    return new Tensor(Object.create(Float32Array.prototype, { length: { value: sizeOf(of) } }), of);
  };
  return { weight: outline(shape), bias: hasBias ? outline(shape.slice(-1)) : null };
}

/** The weight that a layer computes with: the trained one, or what its norm of weights makes of it. */
export function effectiveWeight(layer: { weight: Tensor; weightNorm: WeightNorm | null }): Tensor {
  return layer.weightNorm ? layer.weightNorm.forward(layer.weight) : layer.weight;
}
