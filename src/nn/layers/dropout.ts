import { checkRate } from '../../autograd/dropout.ts';
import { dropout, type Tensor } from '../../autograd/index.ts';
import { requireFields } from '../../options.ts';
import { createRandom, defaultRandom, type Random, type RandomState, requireRandom } from '../../random.ts';
import { Module } from '../module.ts';

/** Sets elements to 0 with probability `rate` while training, and scales the others up; nothing in evaluation. */
export class Dropout extends Module {
  /**
   * `random` should be its own, `random.fork('dropout1')`, so that no other draw shifts the masks. Default: one whose seed the
   * default generator draws.
   */
  constructor(
    readonly rate = 0.5,
    public random: Random = createRandom(defaultRandom().integer(2 ** 32)),
  ) {
    super();
    checkRate('Dropout', rate);
    requireRandom('Dropout', random);
  }

  forward(x: Tensor): Tensor {
    return this.training ? dropout(x, this.rate, this.random) : x;
  }
}

/** Where the generator of each Dropout of a model stands, by the layer's name: plain JSON, for checkpoints. */
export function dropoutStates(model: Module): Record<string, RandomState> {
  return Object.fromEntries([...dropouts(model)].map(([name, layer]) => [name, layer.random.state()]));
}

/** Sets the generators to `states`, so that a resumed run draws the masks of an uninterrupted one. */
export function loadDropoutStates(model: Module, states: Record<string, RandomState>): void {
  const layers = dropouts(model);
  requireFields('loadDropoutStates', states, 'what dropoutStates returns', []);
  if ([...layers.keys()].join() !== Object.keys(states).join()) {
    throw new Error(
      `loadDropoutStates: the states are of [${Object.keys(states).join(', ')}], the model has Dropout at ` +
        `[${[...layers.keys()].join(', ')}]. Build the model with the settings that they were saved with.`,
    );
  }
  for (const [name, layer] of layers) layer.random = createRandom(states[name].seed, states[name]);
}

function dropouts(model: Module): Map<string, Dropout> {
  requireFields('dropoutStates', model, 'a model', ['namedModules']);
  const found = new Map<string, Dropout>();
  for (const [name, module] of model.namedModules()) if (module instanceof Dropout) found.set(name, module);
  return found;
}
