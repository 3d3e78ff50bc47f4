export {
  type BinaryCrossEntropyOptions,
  type BinaryLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from './binaryCrossEntropy.ts';
export { type CrossEntropyOptions, crossEntropy } from './crossEntropy.ts';
export type { LabelOptions } from './labels.ts';
export { nllLoss } from './nllLoss.ts';
export type { Reduction, ReductionOptions } from './reduction.ts';
export { huberLoss, l1Loss, mseLoss, smoothL1Loss } from './regression.ts';
