import { unknownName } from '../../../errors.ts';
import { requireFields } from '../../../options.ts';
import { WeightedLayer } from '../../layers/weightedLayer.ts';
import type { Module } from '../../module.ts';
import { resolveNorm, weightNormNames } from '../createNorm.ts';
import { type NormOptions, registry } from '../registry.ts';
import type { WeightNorm } from './normOfWeights.ts';

/**
 * Puts the norm of weights of that name on every convolution and dense layer of a model, save the last, whose outputs are the
 * logits; transposed convolutions stay as they are. Do so before making the optimizer: the norm may have parameters. Trained weights keep their names.
 */
export function normalizeWeights(model: Module, name: string, options: NormOptions = {}): void {
  requireFields('normalizeWeights', model, 'a model', ['namedModules']);
  const own = resolveNorm(name);
  const entry = registry.find((each) => each.kind === 'weight' && each.name === own);
  if (!entry) {
    throw new Error(
      `${unknownName('norm of weights', String(name), weightNormNames)}; one of: ${weightNormNames.join(', ')}.`,
    );
  }
  const layers = [...model.namedModules().values()].filter((module) => module instanceof WeightedLayer);
  for (const layer of layers.slice(0, -1)) {
    const { weight } = layer;
    layer.weightNorm = entry.build(weight.shape[weight.rank - 1], options).to(weight.dtype) as WeightNorm;
    layer.weightNorm.initialize(weight);
  }
}
