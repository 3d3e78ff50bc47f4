import type { Module } from '../nn/module.ts';
import { createOptimizer, type Optimizer, parameterGroups } from '../optim/index.ts';
import type { TrainConfig } from './config.ts';

/** What of a configuration decides about its optimizer. */
export type OptimizerConfig = Pick<
  TrainConfig,
  'optimizer' | 'lr' | 'momentum' | 'nesterov' | 'weightDecay' | 'maximize'
>;

/** The optimizer of a run. Weight decay spares biases and norm parameters. */
export function buildOptimizer(config: OptimizerConfig, model: Module): Optimizer {
  const { optimizer, lr, momentum, nesterov, weightDecay, maximize } = config;
  const groups = parameterGroups(model, { weightDecay });
  if (optimizer === 'sgd') return createOptimizer(optimizer, groups, { lr, momentum, nesterov, maximize });
  if (optimizer === 'rmsprop') return createOptimizer(optimizer, groups, { lr, momentum, maximize });
  return createOptimizer(optimizer, groups, { lr, maximize });
}
