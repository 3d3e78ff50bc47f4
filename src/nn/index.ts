export { Activation, type ActivationName, activation, activationNames } from './activation.ts';
export { Conv2d, type Conv2dLayerOptions } from './conv2d.ts';
export { Dropout, dropoutStates, loadDropoutStates } from './dropout.ts';
export { Flatten } from './flatten.ts';
export { Identity } from './identity.ts';
export * as initializers from './initializers.ts';
export { Linear } from './linear.ts';
export type { ModelChoices } from './models/choices.ts';
export type { ModelOptions } from './models/options.ts';
export { createModel, type ModelEntry, modelNames, models } from './models/registry.ts';
export { Module } from './module.ts';
export { BatchNorm, type BatchNormOptions, batchNorm } from './norm/batchNorm.ts';
export { GroupNorm, type GroupNormOptions, groupNorm } from './norm/groupNorm.ts';
export { InstanceNorm, type InstanceNormOptions, instanceNorm } from './norm/instanceNorm.ts';
export { LayerNorm, type LayerNormOptions, layerNorm } from './norm/layerNorm.ts';
export { Norm, type Then } from './norm/norm.ts';
export {
  createNorm,
  type NormEntry,
  type NormOptions,
  normNames,
  registry as norms,
} from './norm/registry.ts';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d } from './pooling.ts';
export { PreActivationBlock, ResidualBlock, type ResidualOptions } from './residual.ts';
export { Sequential } from './sequential.ts';
export { type LayerSummary, parameterCount, summarize } from './summary.ts';
export type { WeightOptions } from './weights.ts';
