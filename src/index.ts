/** The public API: everything here runs in Node and in a browser. */
export * from './autograd/index.ts';
export { type Augmentation, horizontalFlip, inOrder, padAndCrop } from './data/augment.ts';
export { type Batch, type Batches, type BatchOptions, createBatches } from './data/batches.ts';
export type { Dataset, ImageSet, ImageShape, Labels, NamedBytes, Values } from './data/dataset.ts';
export { type DatasetOptions, datasetOf, type Examples, type NumberArray } from './data/datasetOf.ts';
export { DataError } from './data/errors.ts';
export { usedCars } from './data/format/cars.ts';
export { cifar10Format, cifar100Format, decodeCifar } from './data/format/cifar.ts';
export { type CsvOptions, decodeCsv } from './data/format/csv.ts';
export { syntheticDigits } from './data/format/digits.ts';
export { decodeIdx, decodeIdxPair, type IdxArray } from './data/format/idx.ts';
export { decodeNpy, encodeNpy, type NpyArray, type NpyNumbers } from './data/format/npy.ts';
export { decodeNpz, encodeNpz } from './data/format/npz.ts';
export { splitTest } from './data/split.ts';
export {
  applyTransform,
  channelStatistics,
  minMaxScale,
  type PixelTransform,
  standardizePixels,
  symmetricScale,
} from './data/transforms.ts';
export { type HintedError, WeightsError } from './errors.ts';
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
  Rmsprop,
  type RmspropOptions,
  Sgd,
  type SgdOptions,
} from './optim/index.ts';
export * as schedules from './optim/schedules.ts';
export { createRandom, defaultRandom, manualSeed, type Random, type RandomState } from './random.ts';
export { checkLaws, type LawRow } from './verify/checkLaws.ts';
export {
  type GradcheckNormOptions,
  type GradcheckRow,
  gradcheckNorm,
} from './verify/gradcheckNorm.ts';
export { checkPaths, type PathCheck, type PathPair } from './verify/pathCheck.ts';
export * from './weights/index.ts';
