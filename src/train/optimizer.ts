import type { Module } from '../nn/module.ts';
import { createOptimizer, type Optimizer, type OptimizerName, parameterGroups } from '../optim/index.ts';
import type { TrainConfig } from './config.ts';

/** What of a configuration decides about its optimizer. */
export type OptimizerConfig = Pick<
  TrainConfig,
  'optimizer' | 'lr' | 'momentum' | 'nesterov' | 'weightDecay' | 'maximize'
>;

/** The settings that not every optimizer takes. */
const own: Readonly<Record<OptimizerName, readonly ('momentum' | 'nesterov')[]>> = {
  sgd: ['momentum', 'nesterov'],
  adam: [],
  adamw: [],
  rmsprop: ['momentum'],
};

export function takesSetting({ optimizer }: OptimizerConfig, setting: 'momentum' | 'nesterov'): boolean {
  return own[optimizer].includes(setting);
}

/** The optimizer of a run. Weight decay spares biases and norm parameters. */
export function buildOptimizer(config: OptimizerConfig, model: Module): Optimizer {
  const { optimizer, lr, weightDecay, maximize } = config;
  const groups = parameterGroups(model, { weightDecay });
  const taken = Object.fromEntries(own[optimizer].map((setting) => [setting, config[setting]]));
  return createOptimizer(optimizer, groups, { lr, maximize, ...taken });
}
