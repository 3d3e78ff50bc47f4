import { flatten, ones, type Tensor } from '../autograd/index.ts';
import type { Shape } from '../kernels/contract.ts';
import {
  channelsFirst,
  denseFirst,
  denseLast,
  kernelFirst,
  kernelLast,
  sampleChannelsFirst,
  sampleChannelsLast,
} from '../nn/border.ts';
import { type ActivationName, activation, activationNames } from '../nn/layers/activation.ts';
import { Conv2d } from '../nn/layers/conv2d.ts';
import { Linear } from '../nn/layers/linear.ts';
import { AvgPool2d, GlobalAvgPool2d, MaxPool2d } from '../nn/layers/pooling.ts';
import { Module } from '../nn/module.ts';
import { batch } from '../nn/norm/batch/batchNorm.ts';
import type { NormEntry } from '../nn/norm/registry.ts';
import { group } from '../nn/norm/sample/groupNorm.ts';
import { instance } from '../nn/norm/sample/instanceNorm.ts';
import { LayerNorm } from '../nn/norm/sample/layerNorm.ts';
import { createRandom } from '../random.ts';
import { Attributes } from './attributes.ts';
import type { GoldenLayer } from './goldenFile.ts';

/** What a layer is built from. */
interface Place {
  attributes: Attributes;
  /** Has the layer this parameter? */
  has: (name: string) => boolean;
  /** What the layer gets, in this side's layout. */
  input: Shape;
}

/** A tensor's way over the border, in both directions. */
interface Border {
  last: (golden: Tensor) => Tensor;
  first: (own: Tensor) => Tensor;
}

interface LayerType {
  build: (place: Place) => Module;
  /** The tensors whose layout differs; all others cross as they are. Names are the same on both sides. */
  border?: Record<string, Border>;
}

/** Every layer that golden training runs may have. */
const types: Readonly<Record<string, LayerType>> = {
  conv2d: {
    build: ({ attributes: a, has }) =>
      new Conv2d(a.number('in'), a.number('out'), a.pair('kernel'), {
        stride: a.pair('stride', 1),
        padding: a.padding('padding'),
        dilation: a.pair('dilation', 1),
        groups: a.number('groups', 1),
        bias: has('bias'),
        random: createRandom(0),
      }),
    border: { weight: { last: kernelLast, first: kernelFirst } },
  },
  linear: {
    build: ({ attributes: a, has }) =>
      new Linear(a.number('in'), a.number('out'), { bias: has('bias'), random: createRandom(0) }),
    border: { weight: { last: denseLast, first: denseFirst } },
  },
  batchNorm: { build: normOf(batch) },
  groupNorm: { build: normOf(group) },
  instanceNorm: { build: normOf(instance) },
  layerNorm: {
    build: ({ attributes: a, has, input }) => {
      const [channels, ...rest] = a.list('shape');
      if (rest.length !== input.length - 2) {
        throw new Error(`layerNorm over [${a.list('shape').join(', ')}] of images is not over whole samples`);
      }
      return new LayerNorm([...rest, channels], { eps: a.number('eps', 1e-5), affine: has('gamma') });
    },
    border: {
      gamma: { last: sampleChannelsLast, first: sampleChannelsFirst },
      beta: { last: sampleChannelsLast, first: sampleChannelsFirst },
    },
  },
  maxPool2d: { build: ({ attributes: a }) => new MaxPool2d(a.pair('kernel'), poolWindow(a)) },
  avgPool2d: {
    build: ({ attributes: a }) =>
      new AvgPool2d(a.pair('kernel'), { ...poolWindow(a), countPadding: a.flag('countIncludePad', true) }),
  },
  globalAvgPool2d: { build: () => new GlobalAvgPool2d() },
  flatten: { build: () => new FlattenChannelsFirst() },
  ...Object.fromEntries(
    activationNames.map((name) => [name, { build: () => activation(name as ActivationName) }]),
  ),
};

export const layerTypes: readonly string[] = Object.keys(types);

/** A layer, with the names and borders of its tensors. */
export interface BuiltLayer {
  module: Module;
  toOwn: (name: string, golden: Tensor) => Tensor;
  toGolden: (name: string, own: Tensor) => Tensor;
}

/** The layers of a golden training run, for inputs of the shape `input` (this side's layout). */
export function buildLayers(layers: readonly GoldenLayer[], input: Shape): BuiltLayer[] {
  let shape = input;
  return layers.map((golden) => {
    const place: Place = {
      attributes: new Attributes(golden),
      has: (name) => name in golden.params,
      input: shape,
    };
    const { build, border = {} } = types[golden.type];
    const module = build(place).eval();
    shape = module.forward(ones(shape)).shape;
    return {
      module,
      toOwn: (name, tensor) => border[name]?.last(tensor) ?? tensor,
      toGolden: (name, tensor) => border[name]?.first(tensor) ?? tensor,
    };
  });
}

/** [N, H, W, C] -> [N, C H W]: the features in PyTorch's order, so that whatever comes behind crosses as it is. */
class FlattenChannelsFirst extends Module {
  forward(x: Tensor): Tensor {
    return flatten(channelsFirst(x));
  }
}

/** A norm of the registry over the channels of what it gets. */
function normOf(entry: NormEntry): LayerType['build'] {
  return ({ attributes: a, has, input }) =>
    entry.build(a.number('features', input[input.length - 1]), {
      eps: a.number('eps', 1e-5),
      momentum: a.number('momentum', 0.1),
      affine: has('gamma'),
      ...(entry === group && { groups: a.number('groups') }),
    });
}

function poolWindow(a: Attributes) {
  return { stride: a.pair('stride', a.pair('kernel')), padding: a.padding('padding') };
}
