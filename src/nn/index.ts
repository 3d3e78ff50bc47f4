export * as initializers from './initializers.ts';
export {
  Activation,
  type ActivationName,
  type ActivationOptions,
  activation,
  activationNames,
} from './layers/activation.ts';
export { ActivationNoise } from './layers/activationNoise.ts';
export { type Attended, MultiHeadAttention, type MultiHeadAttentionOptions } from './layers/attention.ts';
export { CircularPad, circularPad } from './layers/circularPad.ts';
export { Conv1d, type Conv1dLayerOptions } from './layers/conv1d.ts';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.ts';
export {
  ConvTranspose1d,
  type ConvTranspose1dLayerOptions,
  ConvTranspose2d,
  type ConvTranspose2dLayerOptions,
} from './layers/convTranspose.ts';
export { Dropout } from './layers/dropout.ts';
export { Embedding, type EmbeddingOptions } from './layers/embedding.ts';
export { Flatten } from './layers/flatten.ts';
export { Gru } from './layers/gru.ts';
export { Identity } from './layers/identity.ts';
export { Linear } from './layers/linear.ts';
export { Lstm } from './layers/lstm.ts';
export { NormalizedGru, type NormalizedGruOptions } from './layers/normalizedGru.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  GlobalAvgPool2d,
  GlobalMaxPool2d,
  MaxPool1d,
  MaxPool2d,
} from './layers/pooling.ts';
export { PRelu } from './layers/prelu.ts';
export { dropoutStates, loadDropoutStates } from './layers/randomLayer.ts';
export type { RecurrentOptions } from './layers/recurrent.ts';
export {
  PreActivationBlock,
  ResidualBlock,
  type ResidualBlockOptions,
  type ResidualOptions,
} from './layers/residual.ts';
export { SequenceNorm } from './layers/sequenceNorm.ts';
export { Sequential } from './layers/sequential.ts';
export { MeanOfTokens, Patches, Positions } from './layers/tokens.ts';
export { TransformerBlock, type TransformerBlockOptions } from './layers/transformer.ts';
export type { WeightOptions } from './layers/weights.ts';
export type { ModelChoices } from './models/choices.ts';
export { defineModel, type ModelOptions, needsBias, normLayer } from './models/options.ts';
export { createModel, type ModelEntry, modelNames, models, registerModel } from './models/registry.ts';
export { Module } from './module.ts';
export { EvoNormB0, type EvoNormB0Options, evoNormB0 } from './norm/activation/evoNormB0.ts';
export { EvoNormS0, type EvoNormS0Options, evoNormS0 } from './norm/activation/evoNormS0.ts';
export {
  FilterResponseNorm,
  type FilterResponseNormOptions,
  filterResponseNorm,
} from './norm/activation/filterResponseNorm.ts';
export type { ProxyActivation, ProxyExpectation } from './norm/activation/proxyMoments.ts';
export { ProxyNorm, type ProxyNormOptions, proxyNorm } from './norm/activation/proxyNorm.ts';
export { BatchNorm, type BatchNormOptions, batchNorm } from './norm/batch/batchNorm.ts';
export {
  BatchRenorm,
  type BatchRenormOptions,
  batchRenorm,
  type RenormLimits,
  type RenormSchedule,
  renormLimits,
} from './norm/batch/batchRenorm.ts';
export {
  ExtendedBatchNorm,
  type ExtendedOptions,
  extendedBatchNorm,
} from './norm/batch/extendedBatchNorm.ts';
export { fold } from './norm/batch/fold.ts';
export { GhostBatchNorm, type GhostBatchNormOptions, ghostBatchNorm } from './norm/batch/ghostBatchNorm.ts';
export { L1BatchNorm, l1BatchNorm } from './norm/batch/l1BatchNorm.ts';
export {
  MeanOnlyBatchNorm,
  type MeanOnlyOptions,
  meanOnlyBatchNorm,
} from './norm/batch/meanOnlyBatchNorm.ts';
export { recalibrate } from './norm/batch/recalibrate.ts';
export { TopkBatchNorm, type TopkBatchNormOptions, topkBatchNorm } from './norm/batch/topkBatchNorm.ts';
export type { AxesOptions } from './norm/core/axes.ts';
export * as calculus from './norm/core/calculus.ts';
export type { Conventions } from './norm/core/conventions.ts';
export { type DefinedNorm, defineNorm, type NormDefinition } from './norm/core/define.ts';
export { affineParameters, followedBy, Norm, type ParameterRule, type Then } from './norm/core/norm.ts';
export { type Framework, preset, presets } from './norm/core/presets.ts';
export { rule } from './norm/core/rule.ts';
export { moveMoments, RunningNorm, type RunningOptions, type TrackingOptions } from './norm/core/running.ts';
export { channelSets, checkFeatures, groupSets, lastAxesSets } from './norm/core/sets.ts';
export { createNorm, normNames, registerNorm, weightNormNames } from './norm/createNorm.ts';
export {
  BatchChannelNorm,
  type BatchChannelOptions,
  batchChannelNorm,
} from './norm/mixed/batchChannelNorm.ts';
export {
  BatchInstanceNorm,
  type BatchInstanceOptions,
  batchInstanceNorm,
} from './norm/mixed/batchInstanceNorm.ts';
export { SwitchableNorm, type SwitchableOptions, switchableNorm } from './norm/mixed/switchableNorm.ts';
export { ActNorm, type ActNormOptions } from './norm/pointwise/actNorm.ts';
export { DynamicErf, type DynamicErfOptions, dynamicErf } from './norm/pointwise/dynamicErf.ts';
export { DynamicTanh, type DynamicTanhOptions, dynamicTanh } from './norm/pointwise/dynamicTanh.ts';
export { LayerScale, type LayerScaleOptions, layerScale } from './norm/pointwise/layerScale.ts';
export { type NormEntry, type NormOptions, registry as norms } from './norm/registry.ts';
export { DivisiveNorm, type DivisiveNormOptions, divisiveNorm } from './norm/response/divisiveNorm.ts';
export { Gdn, gdn } from './norm/response/gdn.ts';
export {
  GlobalResponseNorm,
  type GlobalResponseNormOptions,
  globalResponseNorm,
} from './norm/response/globalResponseNorm.ts';
export { LocalResponseNorm, localResponseNorm } from './norm/response/localResponseNorm.ts';
export type { Pool } from './norm/response/pools.ts';
export {
  AdaptiveInstanceNorm,
  type AdaptiveInstanceOptions,
  adaptiveInstanceNorm,
} from './norm/sample/adaptiveInstanceNorm.ts';
export {
  ConditionalInstanceNorm,
  type ConditionalOptions,
  conditionalInstanceNorm,
} from './norm/sample/conditionalInstanceNorm.ts';
export { GroupNorm, type GroupNormOptions, groupNorm } from './norm/sample/groupNorm.ts';
export { InstanceNorm, type InstanceNormOptions, instanceNorm } from './norm/sample/instanceNorm.ts';
export { LayerNorm, type LayerNormOptions, layerNorm } from './norm/sample/layerNorm.ts';
export { PartialRmsNorm, type PartialRmsNormOptions, partialRmsNorm } from './norm/sample/partialRmsNorm.ts';
export {
  momentShortcut,
  PositionalNorm,
  type PositionalOptions,
  positionalNorm,
  positionalNormWithMoments,
} from './norm/sample/positionalNorm.ts';
export { RmsNorm, type RmsNormOptions, rmsNorm } from './norm/sample/rmsNorm.ts';
export { ScaleNorm, type ScaleNormOptions, scaleNorm } from './norm/sample/scaleNorm.ts';
export { normalizeWeights } from './norm/weights/normalizeWeights.ts';
export { WeightNorm } from './norm/weights/normOfWeights.ts';
export {
  ScaledWeightStandardization,
  type ScaledWeightStandardizationOptions,
  scaledWeightStandardization,
} from './norm/weights/scaledWeightStandardization.ts';
export { SpectralNorm, type SpectralNormOptions, spectralNorm } from './norm/weights/spectralNorm.ts';
export {
  initializeFromData,
  WeightNormalization,
  weightNormalization,
} from './norm/weights/weightNormalization.ts';
export { WeightStandardization, weightStandardization } from './norm/weights/weightStandardization.ts';
export { type LayerSummary, parameterCount, summarize } from './summary.ts';
