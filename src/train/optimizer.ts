import type { Module } from '../nn/module.ts';
import { createOptimizer, type Optimizer, parameterGroups } from '../optim/index.ts';
import type { TrainConfig } from './config.ts';

/** The optimizer of a run. Weight decay spares biases and norm parameters. */
export function buildOptimizer(config: TrainConfig, model: Module): Optimizer {
  const { optimizer, lr, momentum, nesterov, weightDecay } = config;
  const groups = parameterGroups(model, { weightDecay });
  return optimizer === 'sgd'
    ? createOptimizer(optimizer, groups, { lr, momentum, nesterov })
    : createOptimizer(optimizer, groups, { lr });
}
