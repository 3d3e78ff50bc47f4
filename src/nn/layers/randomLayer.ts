import type { DType } from '../../autograd/index.ts';
import type { NDArray, Shape } from '../../kernels/contract.ts';
import { requireFields } from '../../options.ts';
import { createRandom, type Random, type RandomState } from '../../random.ts';
import { Module } from '../module.ts';

/** What a layer drew for one batch: y = scale x + shift. */
export interface Drawn {
  scale: NDArray;
  shift?: NDArray;
}

/** A layer that draws while it trains. Where its generator stands belongs to a checkpoint. */
export abstract class RandomLayer extends Module {
  abstract random: Random;
  /** Draws as a forward pass in training does, for x of this shape. */
  abstract draw(shape: Shape, dtype: DType): Drawn;
}

/** Where the generator of each layer that draws stands (Dropout, ActivationNoise), by the layer's name: plain JSON, for checkpoints. */
export function dropoutStates(model: Module): Record<string, RandomState> {
  return Object.fromEntries([...randomLayers(model)].map(([name, layer]) => [name, layer.random.state()]));
}

/** Sets the generators to `states`, so that a resumed run draws the masks of an uninterrupted one. */
export function loadDropoutStates(model: Module, states: Record<string, RandomState>): void {
  const layers = randomLayers(model);
  requireFields('loadDropoutStates', states, 'what dropoutStates returns', []);
  if ([...layers.keys()].join() !== Object.keys(states).join()) {
    throw new Error(
      `loadDropoutStates: the states are of [${Object.keys(states).join(', ')}], the model has layers that draw at ` +
        `[${[...layers.keys()].join(', ')}]. Build the model with the settings that they were saved with.`,
    );
  }
  for (const [name, layer] of layers) layer.random = createRandom(states[name].seed, states[name]);
}

/** The layers that draw, by their names. */
export function randomLayers(model: Module): Map<string, RandomLayer> {
  requireFields('dropoutStates', model, 'a model', ['namedModules']);
  const found = new Map<string, RandomLayer>();
  for (const [name, module] of model.namedModules())
    if (module instanceof RandomLayer) found.set(name, module);
  return found;
}
