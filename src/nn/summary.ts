import type { Tensor } from '../autograd/index.ts';
import { requireFields } from '../options.ts';
import { type Module, ownTensors } from './module.ts';

export interface LayerSummary {
  /** Where the layer is in the model: `layers.0`. */
  name: string;
  /** Its class: `Conv2d`. */
  layer: string;
  /** Shapes of its own parameters: `weight [3, 3, 1, 8]`. */
  shapes: string;
  parameters: number;
}

/** How many numbers a model learns. */
export function parameterCount(model: Module): number {
  requireFields('parameterCount', model, 'a model', ['namedModules']);
  return model.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
}

/** A row for each layer that computes: every module with parameters of its own, or without children. */
export function summarize(model: Module): LayerSummary[] {
  requireFields('summarize', model, 'a model', ['namedModules']);
  const counted = new Set<Tensor>(); // a weight that two layers share
  return [...model.namedModules()].flatMap(([name, module]) => {
    const own = ownTensors(module).filter(({ value }) => value.lasting && !counted.has(value));
    for (const { value } of own) counted.add(value);
    if (own.length === 0 && module.children().length > 0) return [];
    return {
      name,
      layer: module.constructor.name,
      shapes: own.map(({ name: key, value }) => `${key} [${value.shape.join(', ')}]`).join(', '),
      parameters: own.reduce((sum, { value }) => sum + value.size, 0),
    };
  });
}
