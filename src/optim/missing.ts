import type { Tensor } from '../autograd/index.ts';
import { couldBeFoundAt, strangersSince, wasFound, wasMadeBy } from '../autograd/reached.ts';
import { plural } from '../errors.ts';
import { livingModules } from '../nn/living.ts';
import { type Module, ownTensors } from '../nn/module.ts';

/** What makes a step a mistake: an optimizer whose parameters are not, or not all, those that the loss depends on. */

/** Throws where a step would move nothing. Frozen parameters alone are somebody's wish. */
export function requireGradients(name: string, parameters: readonly Tensor[]): void {
  if (parameters.some(({ grad, requiresGrad }) => grad !== null && requiresGrad)) return;
  const count = parameters.length;
  const frozen = parameters.filter(({ requiresGrad }) => !requiresGrad).length;
  if (frozen === count) return;
  throw new Error(
    `${name}: step() would move nothing: none of the ${count} parameters${frozen > 0 ? ` (${frozen} frozen)` : ''} has a ` +
      'gradient. Call backward() between zeroGrad() and step(), on a loss that depends on them. If the model was changed ' +
      'after the optimizer was made (model.to(dtype), another layer in the place of one), make the optimizer afterwards.',
  );
}

/**
 * Throws where backward() has reached parameters that the optimizer made at that time could not know of. Only one that has a
 * model's parameters can miss some: an optimizer of a lone image trains that, through any network. One that was given some layers
 * of a model, a head, has left out the others on purpose.
 */
export function requireKnown(name: string, parameters: readonly Tensor[], madeAt: number): void {
  const candidates = strangersSince(madeAt);
  if (candidates.length === 0 || !parameters.some(wasFound)) return;
  const strangers = candidates.filter(({ parameter }) => !wasLeftOut(parameter, parameters, madeAt));
  if (strangers.length === 0) return;
  const named = strangers
    .slice(0, 5)
    .map((each) => `[${each.parameter.shape.join(', ')}] in ${each.operation}`);
  throw new Error(
    `${name}: backward() reached ${plural(strangers.length, 'parameter')} that no optimizer trains, and that no module's ` +
      `parameters() had found when this one was made: ${named.join(', ')}${strangers.length > 5 ? ', ...' : ''}. ` +
      'Was the model changed since (normalizeWeights, model.to(dtype), another layer in the place of one)? Make the ' +
      'optimizer afterwards. Does a module keep layers in #private fields, or in objects that are no Module? They cannot be ' +
      'found there: use ordinary properties, arrays, objects, Maps or Sets. If they are to stay as they are, set their ' +
      'requiresGrad to false.',
  );
}

/** Was it, when the optimizer was made, in a model that holds all parameters of the optimizer? Asked once: the answer stays. */
function wasLeftOut(stranger: Tensor, parameters: readonly Tensor[], madeAt: number): boolean {
  if (!wasMadeBy(stranger, madeAt)) return false;
  for (const model of livingModules()) {
    const held = tensorsIn(model);
    if (!held.has(stranger) || !parameters.every((parameter) => held.has(parameter))) continue;
    couldBeFoundAt(stranger, madeAt);
    return true;
  }
  return false;
}

/** Without names: a model that uses one twice does not matter here. */
function tensorsIn(model: Module): Set<Tensor> {
  const [tensors, modules] = [new Set<Tensor>(), new Set([model])];
  for (const module of modules) {
    for (const { value } of ownTensors(module)) tensors.add(value);
    for (const [, child] of module.children()) modules.add(child);
  }
  return tensors;
}
