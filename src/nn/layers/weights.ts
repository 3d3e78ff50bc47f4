import { parameter, Tensor } from '../../autograd/index.ts';
import { type Shape, sizeOf } from '../../kernels/contract.ts';
import { checkCount, checkFlag, checkShape } from '../../options.ts';
import { defaultRandom, type Random, requireRandom } from '../../random.ts';
import { fans, type Initializer, torchDefault, uniform } from '../initializers.ts';
import type { WeightNorm } from '../norm/weights/normOfWeights.ts';

/** What dense layers and convolutions have in common. */
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

/** The name of a convolution for messages; throws unless its groups divide both channel counts. */
export function checkGroups(layer: string, inChannels: number, outChannels: number, groups: number): string {
  checkCount(layer, 'inChannels', inChannels);
  checkCount(layer, 'outChannels', outChannels);
  checkCount(layer, 'groups', groups);
  const name = `${layer}(in=${inChannels}, out=${outChannels}, groups=${groups})`;
  if (inChannels % groups === 0 && outChannels % groups === 0) return name;
  throw new Error(`${name}: the groups must divide the channels of the input and of the output.`);
}

/** The weight of that shape, and the bias [outputs; default: last axis] or null. The weight is drawn first. */
export function weightAndBias(layer: string, shape: Shape, options: WeightOptions, outputs = shape.at(-1)!) {
  const { random = defaultRandom(), bias: hasBias = true, init = torchDefault() } = options;
  requireRandom(layer, random);
  checkFlag(layer, 'bias', hasBias);
  if (counted !== undefined) return countedOnly(shape, hasBias ? [outputs] : null);
  checkShape(layer, shape);
  const limit = 1 / Math.sqrt(fans(shape).in);
  const { biasInit = uniform({ low: -limit, high: limit }) } = options;
  const weight = parameter(init(shape, random), shape);
  const bias: Tensor | null = hasBias ? parameter(biasInit([outputs], random), [outputs]) : null;
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
function countedOnly(shape: Shape, bias: Shape | null) {
  const outline = (of: Shape) => {
    counted!.numbers += sizeOf(of);
    return new Tensor(Object.create(Float32Array.prototype, { length: { value: sizeOf(of) } }), of);
  };
  return { weight: outline(shape), bias: bias && outline(bias) };
}

/** The weight that a layer computes with: the trained one, or what its norm of weights makes of it. */
export function effectiveWeight(layer: { weight: Tensor; weightNorm: WeightNorm | null }): Tensor {
  return layer.weightNorm ? layer.weightNorm.forward(layer.weight) : layer.weight;
}
