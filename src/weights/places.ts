import { WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import { MultiHeadAttention } from '../nn/layers/attention.ts';
import { Flatten } from '../nn/layers/flatten.ts';
import { Linear } from '../nn/layers/linear.ts';
import { NormalizedGru } from '../nn/layers/normalizedGru.ts';
import { Cell, Recurrent } from '../nn/layers/recurrent.ts';
import { PreActivationBlock, ResidualBlock } from '../nn/layers/residual.ts';
import { Sequential } from '../nn/layers/sequential.ts';
import { TransformerBlock } from '../nn/layers/transformer.ts';
import type { Module } from '../nn/module.ts';
import { checkShape } from '../options.ts';
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
  return pytorchSlots(model, flattenedInputs(model, input));
}

/** Containers whose code flattens nothing. */
const known = [
  Sequential,
  ResidualBlock,
  PreActivationBlock,
  Linear,
  Recurrent,
  Cell,
  NormalizedGru,
  MultiHeadAttention,
  TransformerBlock,
];

function requireNoFlattening(model: Module): void {
  const modules = [...model.namedModules()];
  if (!modules.some(([, module]) => module instanceof Linear)) return;
  const suspect = modules.find(([, module]) => {
    if (module instanceof Flatten) return true;
    const holdsDense = [...module.namedModules().values()].some((each) => each instanceof Linear);
    return holdsDense && !known.some((Class) => module instanceof Class);
  });
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
