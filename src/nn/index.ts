export { Activation, type ActivationName, activation, activationNames } from './activation.ts';
export { CircularPad, circularPad } from './circularPad.ts';
export { Conv2d, type Conv2dLayerOptions } from './conv2d.ts';
export { Dropout, dropoutStates, loadDropoutStates } from './dropout.ts';
export { Flatten } from './flatten.ts';
export { Gru, type GruOptions } from './gru.ts';
export { Identity } from './identity.ts';
export * as initializers from './initializers.ts';
export { Linear } from './linear.ts';
export type { ModelChoices } from './models/choices.ts';
export type { ModelOptions } from './models/options.ts';
export { createModel, type ModelEntry, modelNames, models } from './models/registry.ts';
export { Module } from './module.ts';
export { ActNorm, type ActNormOptions } from './norm/actNorm.ts';
export {
  AdaptiveInstanceNorm,
  type AdaptiveInstanceOptions,
  adaptiveInstanceNorm,
} from './norm/adaptiveInstanceNorm.ts';
export { BatchChannelNorm, type BatchChannelOptions, batchChannelNorm } from './norm/batchChannelNorm.ts';
export { BatchInstanceNorm, type BatchInstanceOptions, batchInstanceNorm } from './norm/batchInstanceNorm.ts';
export { BatchNorm, type BatchNormOptions, batchNorm } from './norm/batchNorm.ts';
export {
  BatchRenorm,
  type BatchRenormOptions,
  batchRenorm,
  type RenormLimits,
  type RenormSchedule,
  renormLimits,
} from './norm/batchRenorm.ts';
export {
  ConditionalInstanceNorm,
  type ConditionalOptions,
  conditionalInstanceNorm,
} from './norm/conditionalInstanceNorm.ts';
export type { Conventions } from './norm/conventions.ts';
export { DivisiveNorm, type DivisiveNormOptions, divisiveNorm } from './norm/divisiveNorm.ts';
export { DynamicErf, type DynamicErfOptions, dynamicErf } from './norm/dynamicErf.ts';
export { DynamicTanh, type DynamicTanhOptions, dynamicTanh } from './norm/dynamicTanh.ts';
export { EvoNormB0, type EvoNormB0Options, evoNormB0 } from './norm/evoNormB0.ts';
export { EvoNormS0, type EvoNormS0Options, evoNormS0 } from './norm/evoNormS0.ts';
export { ExtendedBatchNorm, type ExtendedOptions, extendedBatchNorm } from './norm/extendedBatchNorm.ts';
export {
  FilterResponseNorm,
  type FilterResponseNormOptions,
  filterResponseNorm,
} from './norm/filterResponseNorm.ts';
export { fold } from './norm/fold.ts';
export { Gdn, gdn } from './norm/gdn.ts';
export { GhostBatchNorm, type GhostBatchNormOptions, ghostBatchNorm } from './norm/ghostBatchNorm.ts';
export {
  GlobalResponseNorm,
  type GlobalResponseNormOptions,
  globalResponseNorm,
} from './norm/globalResponseNorm.ts';
export { GroupNorm, type GroupNormOptions, groupNorm } from './norm/groupNorm.ts';
export { InstanceNorm, type InstanceNormOptions, instanceNorm } from './norm/instanceNorm.ts';
export { L1BatchNorm, l1BatchNorm } from './norm/l1BatchNorm.ts';
export { LayerNorm, type LayerNormOptions, layerNorm } from './norm/layerNorm.ts';
export { LayerScale, type LayerScaleOptions, layerScale } from './norm/layerScale.ts';
export { LocalResponseNorm, localResponseNorm } from './norm/localResponseNorm.ts';
export { MeanOnlyBatchNorm, type MeanOnlyOptions, meanOnlyBatchNorm } from './norm/meanOnlyBatchNorm.ts';
export { Norm, type ParameterRule, type Then } from './norm/norm.ts';
export { WeightNorm } from './norm/normOfWeights.ts';
export { PartialRmsNorm, type PartialRmsNormOptions, partialRmsNorm } from './norm/partialRmsNorm.ts';
export type { Pool } from './norm/pools.ts';
export {
  momentShortcut,
  PositionalNorm,
  type PositionalOptions,
  positionalNorm,
  positionalNormWithMoments,
} from './norm/positionalNorm.ts';
export { type Framework, preset, presets } from './norm/presets.ts';
export type { ProxyActivation, ProxyExpectation } from './norm/proxyMoments.ts';
export { ProxyNorm, type ProxyNormOptions, proxyNorm } from './norm/proxyNorm.ts';
export { recalibrate } from './norm/recalibrate.ts';
export {
  createNorm,
  type NormEntry,
  type NormOptions,
  normNames,
  registry as norms,
  weightNormNames,
} from './norm/registry.ts';
export { RmsNorm, type RmsNormOptions, rmsNorm } from './norm/rmsNorm.ts';
export { moveMoments, RunningNorm, type RunningOptions } from './norm/running.ts';
export {
  ScaledWeightStandardization,
  type ScaledWeightStandardizationOptions,
  scaledWeightStandardization,
} from './norm/scaledWeightStandardization.ts';
export { ScaleNorm, type ScaleNormOptions, scaleNorm } from './norm/scaleNorm.ts';
export { channelSets, groupSets, lastAxesSets } from './norm/sets.ts';
export { SpectralNorm, type SpectralNormOptions, spectralNorm } from './norm/spectralNorm.ts';
export { SwitchableNorm, type SwitchableOptions, switchableNorm } from './norm/switchableNorm.ts';
export {
  mergeMoments,
  type ShardMoments,
  type ShardSums,
  type SyncCall,
  shardMoments,
  shardSums,
  syncBackward,
  syncForward,
} from './norm/syncBatchNorm.ts';
export { TopkBatchNorm, type TopkBatchNormOptions, topkBatchNorm } from './norm/topkBatchNorm.ts';
export { initializeFromData, WeightNormalization, weightNormalization } from './norm/weightNormalization.ts';
export { WeightStandardization, weightStandardization } from './norm/weightStandardization.ts';
export { normalizeWeights } from './normalizeWeights.ts';
export { AvgPool2d, GlobalAvgPool2d, MaxPool2d } from './pooling.ts';
export { PreActivationBlock, ResidualBlock, type ResidualOptions } from './residual.ts';
export { SequenceNorm } from './sequenceNorm.ts';
export { Sequential } from './sequential.ts';
export { type LayerSummary, parameterCount, summarize } from './summary.ts';
export type { WeightOptions } from './weights.ts';
