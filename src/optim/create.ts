import { Adam, type AdamOptions, AdamW } from './adam.ts';
import type { Optimizer, ParametersOrGroups } from './optimizer.ts';
import { Sgd, type SgdOptions } from './sgd.ts';

/** Every optimizer by the name that `--optim` accepts. */
const optimizers = {
  sgd: (parameters: ParametersOrGroups, options: SgdOptions): Optimizer => new Sgd(parameters, options),
  adam: (parameters: ParametersOrGroups, options: AdamOptions): Optimizer => new Adam(parameters, options),
  adamw: (parameters: ParametersOrGroups, options: AdamOptions): Optimizer => new AdamW(parameters, options),
};

export type OptimizerName = keyof typeof optimizers;

export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

/** The optimizer of that name, with the options of its class. */
export function createOptimizer<Name extends OptimizerName>(
  name: Name,
  parameters: ParametersOrGroups,
  options: Parameters<(typeof optimizers)[Name]>[1],
): Optimizer {
  const create = optimizers[name] as (
    parameters: ParametersOrGroups,
    options: SgdOptions & AdamOptions,
  ) => Optimizer;
  if (!create) throw new Error(`unknown optimizer "${name}"; one of: ${optimizerNames.join(', ')}.`);
  return create(parameters, options as SgdOptions & AdamOptions);
}
