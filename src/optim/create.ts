import { unknownName } from '../errors.ts';
import { Adam, type AdamOptions, AdamW } from './adam.ts';
import type { Optimizer, ParametersOrGroups } from './optimizer.ts';
import { Rmsprop, type RmspropOptions } from './rmsprop.ts';
import { Sgd, type SgdOptions } from './sgd.ts';

/** Every optimizer by the name that `--optim` accepts. */
const optimizers = { sgd: Sgd, adam: Adam, adamw: AdamW, rmsprop: Rmsprop };

export type OptimizerName = keyof typeof optimizers;

interface Options extends Record<OptimizerName, object> {
  sgd: SgdOptions;
  adam: AdamOptions;
  adamw: AdamOptions;
  rmsprop: RmspropOptions;
}

export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

/** The optimizer of that name, with the options of its class. */
export function createOptimizer<Name extends OptimizerName>(
  name: Name,
  parameters: ParametersOrGroups,
  options: Options[Name],
): Optimizer {
  if (!Object.hasOwn(optimizers, name)) {
    throw new Error(
      `${unknownName('optimizer', String(name), optimizerNames)}; one of: ${optimizerNames.join(', ')}.`,
    );
  }
  return new optimizers[name](parameters, options as SgdOptions & AdamOptions & RmspropOptions);
}
