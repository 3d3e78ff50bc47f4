/** The public API: everything here runs in Node and in a browser. */
export * from './autograd/index.ts';
export { type Augmentation, horizontalFlip, inOrder, padAndCrop } from './data/augment.ts';
export { type Batch, type Batches, type BatchOptions, createBatches } from './data/batches.ts';
export type { Dataset, ImageSet, ImageShape } from './data/dataset.ts';
export { DataError } from './data/errors.ts';
export { cifar10Format, cifar100Format, decodeCifar } from './data/format/cifar.ts';
export { syntheticDigits } from './data/format/digits.ts';
export { decodeIdxPair } from './data/format/idx.ts';
export {
  applyTransform,
  channelStatistics,
  minMaxScale,
  standardizePixels,
  symmetricScale,
} from './data/transforms.ts';
export type { NDArray, Numbers, SetView, Shape } from './kernels/contract.ts';
export { setWinograd, winogradEnabled } from './kernels/wasm/conv/winograd/choice.ts';
export { setThreadCount, stopThreads, threadCount } from './kernels/wasm/runtime/threads.ts';
export * from './nn/index.ts';
export {
  Adam,
  type AdamOptions,
  AdamW,
  clipGradNorm,
  clipGradValue,
  createOptimizer,
  type Optimizer,
  type OptimizerName,
  type OptimizerState,
  optimizerNames,
  type ParameterGroup,
  parameterGroups,
  Sgd,
  type SgdOptions,
} from './optim/index.ts';
export * as schedules from './optim/schedules.ts';
export { createRandom, defaultRandom, manualSeed, type Random, type RandomState } from './random.ts';
export {
  type GradcheckNormOptions,
  type GradcheckRow,
  gradcheckNorm,
} from './verify/gradcheckNorm.ts';
export { checkLaws, type LawRow } from './verify/laws.ts';
export { checkPaths, type PathCheck, type PathPair } from './verify/pathCheck.ts';
