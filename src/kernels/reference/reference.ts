import type { Kernels } from '../contract.ts';
import { addInto, binary, unary, unaryBackward } from './elementwise.ts';
import { matmul } from './matmul.ts';
import { adamStep, rmspropStep, scaleInPlace, sgdStep, sumOfSquares } from './optimizers.ts';
import { reduce } from './reduce.ts';
import { broadcastTo, concat, pad, permute, slice } from './shape.ts';
import { crossEntropy, crossEntropyBackward, softmax, softmaxBackward } from './softmax.ts';
import { standardize, standardizeBackward } from './standardize.ts';

/**
 * Every kernel as plain loops over ordinary typed arrays, float32 or float64; sums in double, in the order in which the
 * values lie in memory. Slow, and the judge of the fast ones.
 */
export const reference: Kernels = {
  name: 'reference',

  // The garbage collector owns every array, so there is nothing to give back.
  owns: () => false,
  release: () => {},
  lasting: (data) => data.slice(),
  resident: (x) => x,

  unary,
  unaryBackward,
  binary,
  addInto,

  reduce,
  broadcastTo,
  permute,
  concat,
  slice,
  pad,

  matmul,

  softmax,
  softmaxBackward,
  crossEntropy,
  crossEntropyBackward,

  standardize,
  standardizeBackward,

  sgdStep,
  adamStep,
  rmspropStep,
  sumOfSquares,
  scaleInPlace,
};
