import type { Kernels } from '../contract.ts';
import { addInto } from './elementwise/addInto.ts';
import { binary } from './elementwise/binary.ts';
import { unary, unaryBackward } from './elementwise/unary.ts';
import { matmul } from './gemm/matmul.ts';
import { standardize, standardizeBackward } from './norm/standardize.ts';
import { adamStep } from './optimizers/adam.ts';
import { scaleInPlace, sumOfSquares } from './optimizers/lists.ts';
import { rmspropStep } from './optimizers/rmsprop.ts';
import { sgdStep } from './optimizers/sgd.ts';
import { reduce } from './reduce/reduce.ts';
import { allocate, isKernelMemory, release } from './runtime/memory.ts';
import { result } from './runtime/operands.ts';
import { broadcastTo, concat, pad, permute, slice } from './shape/shape.ts';
import { crossEntropy, crossEntropyBackward } from './softmax/crossEntropy.ts';
import { softmax, softmaxBackward } from './softmax/softmax.ts';

/**
 * The kernels that run: WebAssembly SIMD on all cores, float32, in one shared memory. Results equal the reference
 * kernels' within float32 rounding, and are the same bits for any number of threads.
 */
export const wasm: Kernels = {
  name: 'wasm',

  owns: isKernelMemory,
  release: (data) => release(data as Float32Array),
  lasting(data) {
    const block = allocate(data.length);
    block.set(data);
    return block;
  },
  resident(x) {
    if (isKernelMemory(x.data)) return x;
    const copy = result(x.shape);
    copy.data.set(x.data);
    return copy;
  },

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

  sgdStep,
  adamStep,
  rmspropStep,
  sumOfSquares,
  scaleInPlace,

  standardize,
  standardizeBackward,
};
