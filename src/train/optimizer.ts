import type { Module } from '../nn/module.ts';
import { createOptimizer, type Optimizer, parameterGroups } from '../optim/index.ts';
import type { TrainConfig } from './config.ts';

/** The optimizer of a run. Weight decay spares biases and norm parameters. */
export function buildOptimizer(config: TrainConfig, model: Module): Optimizer {
  const { optimizer, lr, momentum, nesterov, weightDecay, maximize } = config;
  const groups = parameterGroups(model, { weightDecay });
  if (optimizer === 'sgd') return createOptimizer(optimizer, groups, { lr, momentum, nesterov, maximize });
  if (optimizer === 'rmsprop') return createOptimizer(optimizer, groups, { lr, momentum, maximize });
  return createOptimizer(optimizer, groups, { lr, maximize });
}
