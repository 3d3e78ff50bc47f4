import type { Tensor } from '../autograd/index.ts';
import type { Module } from '../nn/module.ts';
import { Norm, type ParameterRule } from '../nn/norm/core/norm.ts';
import { checkNumber, checkOptions, requireFields } from '../options.ts';
import type { ParameterGroup } from './optimizer.ts';

/**
 * A model's parameters in groups: those with weight decay, and those without: what belongs to a norm, and the biases. Decay
 * pulls gamma towards 0, which closes the channel instead of regularizing anything, and shrinking the weights in front of a
 * norm changes nothing but the effective learning rate (van Laarhoven 2017). A norm may ask for other treatment of some of
 * its parameters (`parameterRules`).
 */
export function parameterGroups(model: Module, options: { weightDecay: number }): ParameterGroup[] {
  requireFields('parameterGroups', model, 'a model', ['namedModules']);
  checkOptions('parameterGroups', options, ['weightDecay']);
  checkNumber('parameterGroups', 'weightDecay', options.weightDecay, 0);
  const rules = new Map<Tensor, ParameterRule>();
  for (const module of model.namedModules().values()) {
    if (!(module instanceof Norm)) continue;
    for (const parameter of module.parameters()) rules.set(parameter, {});
    for (const [parameter, rule] of module.parameterRules()) rules.set(parameter, rule);
  }
  const groups = new Map<string, ParameterGroup & { parameters: Tensor[] }>();
  for (const [name, parameter] of model.namedParameters()) {
    const usual: ParameterRule = { weightDecay: name.split('.').at(-1) !== 'bias' };
    const { weightDecay = false, lrScale = 1 } = rules.get(parameter) ?? usual;
    const key = `${weightDecay} ${lrScale}`;
    const group = groups.get(key) ?? {
      parameters: [],
      weightDecay: weightDecay ? options.weightDecay : 0,
      lrScale,
    };
    groups.set(key, group);
    group.parameters.push(parameter);
  }
  return [...groups.values()];
}
