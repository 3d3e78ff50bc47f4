import { WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import { Activation } from '../nn/layers/activation.ts';
import { ActivationNoise } from '../nn/layers/activationNoise.ts';
import { MultiHeadAttention } from '../nn/layers/attention.ts';
import { CircularPad } from '../nn/layers/circularPad.ts';
import { Conv1d } from '../nn/layers/conv1d.ts';
import { Conv2d } from '../nn/layers/conv2d.ts';
import { ConvTranspose1d, ConvTranspose2d } from '../nn/layers/convTranspose.ts';
import { Dropout } from '../nn/layers/dropout.ts';
import { Embedding } from '../nn/layers/embedding.ts';
import { Flatten } from '../nn/layers/flatten.ts';
import { Gru } from '../nn/layers/gru.ts';
import { Identity } from '../nn/layers/identity.ts';
import { Linear } from '../nn/layers/linear.ts';
import { Lstm } from '../nn/layers/lstm.ts';
import { NormalizedGru } from '../nn/layers/normalizedGru.ts';
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  GlobalAvgPool2d,
  GlobalMaxPool2d,
  MaxPool1d,
  MaxPool2d,
} from '../nn/layers/pooling.ts';
import { PRelu } from '../nn/layers/prelu.ts';
import { PreActivationBlock, ResidualBlock } from '../nn/layers/residual.ts';
import { SequenceNorm } from '../nn/layers/sequenceNorm.ts';
import { Sequential } from '../nn/layers/sequential.ts';
import { MeanOfTokens, Patches, Positions } from '../nn/layers/tokens.ts';
import { TransformerBlock } from '../nn/layers/transformer.ts';
import type { Module } from '../nn/module.ts';
import { Norm } from '../nn/norm/core/norm.ts';
import { checkShape } from '../options.ts';
import { checkOrder } from './checkOrder.ts';
import type { WeightNames } from './file.ts';
import { flattenedInputs } from './flattened.ts';
import { pytorchSlots } from './pytorch.ts';
import { ownSlots, type Slots } from './slots.ts';

/** The places of a model in a file with such names. `input`: the shape of one sample, needed where an image may be flattened. */
export function placesOf(model: Module, names: WeightNames, input: Shape | undefined): Slots {
  if (names === 'own') return ownSlots(model);
  if (input === undefined) {
    requireNoFlattening(model);
    return pytorchSlots(model, new Map());
  }
  checkShape('input', input);
  const flattened = flattenedInputs(model, input);
  if (flattened.turns) checkOrder(model, input, flattened);
  return pytorchSlots(model, flattened.images);
}

/** Layers whose code flattens nothing; norms, too. */
const known: readonly unknown[] = [
  ...[Activation, ActivationNoise, CircularPad, Dropout, Identity, Linear, PRelu, Sequential],
  ...[Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, PreActivationBlock, ResidualBlock],
  ...[AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d],
  ...[GlobalAvgPool2d, GlobalMaxPool2d, MaxPool1d, MaxPool2d],
  ...[Embedding, Gru, Lstm, NormalizedGru, SequenceNorm],
  ...[MeanOfTokens, MultiHeadAttention, Patches, Positions, TransformerBlock],
];

/** A class of the user's may flatten whatever it is given, also where it is derived from one of these. */
function requireNoFlattening(model: Module): void {
  const modules = [...model.namedModules().values()];
  const hasDense = modules.some((module) => module instanceof Linear || module instanceof PRelu);
  const hasNorm = modules.some((module) => module instanceof Norm);
  const find = (module: Module, name: string): [string, Module] | undefined => {
    if (module instanceof Flatten) return hasDense || hasNorm ? [name, module] : undefined;
    if (module instanceof Norm) return undefined;
    if (!known.includes(module.constructor)) {
      const isFunction = module.children().length === 0;
      return hasDense || (hasNorm && isFunction) ? [name, module] : undefined;
    }
    // What the library's own layers are made of is theirs
    if (!(module instanceof Sequential)) return undefined;
    for (const [child, inner] of module.children()) {
      const found = find(inner, [name, child].filter(Boolean).join('.'));
      if (found) return found;
    }
    return undefined;
  };
  const suspect = find(model, '');
  if (suspect === undefined) return;
  const [name, module] = suspect;
  const className = module.constructor.name;
  throw new WeightsError(
    `${name ? `${name}, a ${className},` : `the forward pass of ${className}`} may flatten images, and PyTorch ` +
      'has their numbers in another order: channels first',
    [
      'say what one sample is: input: [28, 28, 1] for an image, input: [64] for a vector',
      "or take names: 'own'",
    ],
  );
}
