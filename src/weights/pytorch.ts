import { noGrad, type Tensor, wrap } from '../autograd/index.ts';
import type { Numbers, Shape } from '../kernels/contract.ts';
import {
  denseLayout,
  fromTorch,
  kernelLayout,
  type Layout,
  sameLayout,
  sampleLayout,
  toTorch,
} from '../nn/border.ts';
import { Conv1d } from '../nn/layers/conv1d.ts';
import { Conv2d } from '../nn/layers/conv2d.ts';
import { ConvTranspose1d, ConvTranspose2d } from '../nn/layers/convTranspose.ts';
import { Linear } from '../nn/layers/linear.ts';
import { PreActivationBlock, ResidualBlock } from '../nn/layers/residual.ts';
import { Sequential } from '../nn/layers/sequential.ts';
import { type Module, ownTensors } from '../nn/module.ts';
import { BatchNorm } from '../nn/norm/batch/batchNorm.ts';
import { Norm } from '../nn/norm/core/norm.ts';
import type { RunningNorm } from '../nn/norm/core/running.ts';
import { GroupNorm } from '../nn/norm/sample/groupNorm.ts';
import { InstanceNorm } from '../nn/norm/sample/instanceNorm.ts';
import { LayerNorm } from '../nn/norm/sample/layerNorm.ts';
import { RmsNorm } from '../nn/norm/sample/rmsNorm.ts';
import { SpectralNorm } from '../nn/norm/weights/spectralNorm.ts';
import { WeightNormalization } from '../nn/norm/weights/weightNormalization.ts';
import { sequenceChildren, slotsOfSequence } from './pytorchSequence.ts';
import type { Slot, Slots } from './slots.ts';

/**
 * The names and layouts of a PyTorch state_dict, module by module:
 *
 *   Sequential                     `layers.3` is `3`, as in nn.Sequential
 *   Linear, Conv1d, Conv2d         weight [out, in], [out, in / groups, k], [out, in / groups, kh, kw]; bias
 *   ConvTranspose1d, 2d            weight [in, out / groups, k] or [in, out / groups, kh, kw]; bias
 *   Gru, Lstm, attention           pytorchSequence.ts
 *   BatchNorm, GroupNorm,          gamma is weight, beta is bias; where there are running statistics running_mean, running_var and
 *   LayerNorm, InstanceNorm,       num_batches_tracked, an I64. runningVar is the unbiased variance in both (unless the layer was
 *   RmsNorm                        built with runningVar: 'biased'), so that the numbers stay
 *   ResidualBlock                  torchvision's BasicBlock: conv1, bn1, conv2, bn2, downsample.0, downsample.1
 *   PreActivationBlock             the same without downsample.1
 *   weight-norm, spectral          torch.nn.utils.weight_norm: weight_g, weight_v; spectral_norm: weight_orig, weight_u, weight_v
 *   whatever else                  the names and the layout that it has here: `alpha`, `runningMeanSquare`, a user's own module
 */
export function pytorchSlots(model: Module, flattened: ReadonlyMap<Module, Shape>): Slots {
  const slots: Slots = new Map();
  const seen = new Set<Module | Tensor>();
  const visit = (module: Module, path: string) => {
    if (seen.has(module)) return;
    seen.add(module);
    for (const [name, slot] of slotsOf(module, flattened.get(module), seen))
      slots.set(join(path, name), slot);
    for (const [name, child] of childrenOf(module)) {
      if (!isWeightNorm(child)) visit(child, join(path, name));
    }
  };
  visit(model, '');
  return slots;
}

const join = (path: string, name: string) => [path, name].filter(Boolean).join('.');

const isWeightNorm = (module: Module | null) =>
  module instanceof WeightNormalization || module instanceof SpectralNorm;

const blockNames: Record<string, string> = {
  norm1: 'bn1',
  norm2: 'bn2',
  shortcut: 'downsample.0',
  shortcutNorm: 'downsample.1',
};

function childrenOf(module: Module): [string, Module][] {
  return (
    sequenceChildren(module) ??
    module.children().map(([name, child]): [string, Module] => [childName(module, name), child])
  );
}

function childName(parent: Module, name: string): string {
  if (parent instanceof Sequential) return name.replace(/^layers\./, '');
  const isBlock = parent instanceof ResidualBlock || parent instanceof PreActivationBlock;
  return isBlock && Object.hasOwn(blockNames, name) ? blockNames[name] : name;
}

/** The norms that PyTorch has too. */
const counterparts = [BatchNorm, GroupNorm, LayerNorm, InstanceNorm, RmsNorm];
const COUNTER = 'num_batches_tracked';
/** Ours, of a plain average. */
const COUNTED = 'batches';
const normNames: Record<string, string> = {
  gamma: 'weight',
  beta: 'bias',
  runningMean: 'running_mean',
  runningVar: 'running_var',
};

function slotsOf(module: Module, image: Shape | undefined, seen: Set<Module | Tensor>): [string, Slot][] {
  const own = ownTensors(module).filter(({ value }) => !seen.has(value));
  for (const { value } of own) seen.add(value);
  const ofSequence = slotsOfSequence(module, denseSlots);
  if (ofSequence) return ofSequence;
  const slot = (name: string, value: Tensor): [string, Slot] => [
    name,
    tensorSlot(module, value, layoutIn(module, value, image)),
  ];
  const others = (known: readonly string[]) =>
    own.flatMap(({ name, value }) => (known.includes(name) ? [] : [slot(name, value)]));
  if (isLayer(module)) return [...slotsOfLayer(module, image), ...others(['weight', 'bias'])];
  if (!counterparts.some((Class) => module instanceof Class)) return others([]);
  const named = Object.entries(normNames).flatMap(([ours, theirs]) =>
    own.filter(({ name }) => name === ours).map(({ value }) => slot(theirs, value)),
  );
  const counts =
    (module instanceof BatchNorm || module instanceof InstanceNorm) && module.runningMean !== null;
  const all = [...named, ...others([...Object.keys(normNames), COUNTED])];
  return counts ? [...all, [COUNTER, counterSlot(module)]] : all;
}

/** Layers whose weight is [..., in, out], or, of a transposed convolution, [..., out, in]: PyTorch has it the other way round. */
type Layer = Linear | Conv2d | Conv1d | ConvTranspose2d | ConvTranspose1d;

function isLayer(module: Module): module is Layer {
  return [Linear, Conv2d, Conv1d, ConvTranspose2d, ConvTranspose1d].some((Class) => module instanceof Class);
}

function denseSlots(layer: Linear): { weight: Slot; bias: Slot | null } {
  const { weight, bias } = layer;
  return {
    weight: tensorSlot(layer, weight, denseLayout(weight.shape)),
    bias: bias && tensorSlot(layer, bias, sameLayout(bias.shape)),
  };
}

function slotsOfLayer(layer: Layer, image: Shape | undefined): [string, Slot][] {
  const { weight, bias } = layer;
  const weightNorm = 'weightNorm' in layer ? layer.weightNorm : null;
  const layout = layer instanceof Linear ? denseLayout(weight.shape, image) : kernelLayout(weight.shape);
  const slot = (tensor: Tensor, as: Layout) => tensorSlot(layer, tensor, as);
  const whole = slot(weight, layout);
  const withBias: [string, Slot][] = bias ? [['bias', slot(bias, sameLayout(bias.shape))]] : [];
  const [outputs] = layout.shape;
  if (weightNorm instanceof WeightNormalization) {
    const { g } = weightNorm;
    const perFilter = { ...sameLayout(g.shape), shape: layout.shape.map((_, i) => (i === 0 ? outputs : 1)) };
    return [...withBias, ['weight_g', slot(g, perFilter)], ['weight_v', whole]];
  }
  if (weightNorm instanceof SpectralNorm && weightNorm.v) {
    const { u, v } = weightNorm;
    // v has a number for each input of a filter: in the order that the weight has without its filters
    const split = layout.split.slice(0, -1);
    const order = layout.order.slice(1);
    const inputs = { split, order, shape: v.shape };
    return [
      ...withBias,
      ['weight_orig', whole],
      ['weight_u', slot(u, sameLayout(u.shape))],
      ['weight_v', slot(v, inputs)],
    ];
  }
  return [['weight', whole], ...withBias];
}

/** Of a norm's tensor that has a number for each element of an image, or of a flattened one. */
function layoutIn(module: Module, { shape }: Tensor, image: Shape | undefined): Layout {
  if (image && shape.length === 1 && shape[0] === image.reduce((size, length) => size * length, 1)) {
    return sampleLayout(image, true);
  }
  if (module instanceof Norm && image && shape.join() === image.join()) return sampleLayout(shape);
  return module instanceof Norm && shape.length >= 3 ? sampleLayout(shape) : sameLayout(shape);
}

function tensorSlot(owner: Module, tensor: Tensor, layout: Layout): Slot {
  const { shape } = tensor;
  return {
    owner,
    shape: layout.shape,
    read: () => noGrad(() => toTorch(tensor, layout)).data.slice(),
    write(numbers: Numbers) {
      tensor.set(noGrad(() => fromTorch(wrap(numbers, layout.shape), layout, shape)).data);
    },
  };
}

/** With a fixed momentum nothing depends on it, and files of old versions lack it. */
function counterSlot(norm: RunningNorm): Slot {
  return {
    owner: norm,
    shape: [],
    as: 'I64',
    optional: true,
    read: () => Float64Array.of(norm.batchCount),
    write: ([count]) => {
      norm.batchCount = count;
    },
  };
}
