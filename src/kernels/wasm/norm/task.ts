import type { Address, F64, FunctionBuilder, I32, Var } from '../builder/index.ts';
import { allocate } from '../runtime/memory.ts';

/**
 * What a norm kernel is told: addresses, sizes and flags, in one block of the shared memory that all its functions read, on
 * whatever thread. Kernels run one at a time, so one block serves all calls. Addresses and lengths are bytes unless a
 * name says otherwise.
 */
const WORDS = [
  'x',
  'y',
  'residual', // 0: none
  'gamma',
  'beta',
  'mean', // float64 [n, g]
  'variance', // float64 [n, g]
  'given', // 1: mean and variance are inputs
  'relu',
  'dy',
  'd', // dy behind the relu, where it is wanted; else 0
  'dx',
  'dgamma', // of scratch, where it is not asked for; so is dbeta
  'dbeta',
  'wanted', // 1: dgamma or dbeta is asked for
  'sums', // scratch: partial sums
  'tables', // scratch: coefficients for each column
  'gradients', // scratch: float64 partial (dgamma, dbeta) of each feature
  'own', // scratch of each thread
  'reduces', // 1: the backward pass needs sums
  'count', // values in a set, m
  // From here on: what the view alone says.
  'images',
  'imageBytes',
  'groups', // g
  'k',
  'features', // g k
  'parts', // of an image
  'group', // images (or rows) in a part
  'sumsBytes', // of one part
  'tableBytes', // of one coefficient
  'tablesBytes', // of one image
  'gradientsBytes', // of one part
  'ownBytes', // of one thread
  // How an image is walked: see fold.ts. First for the affine side, then for the statistics.
  'stride',
  'rows',
  'tail', // floats
  'partRows',
  'setStride',
  'setRows',
  'setTail',
  'setPartRows',
  'setK', // k, or 1 where all columns of an image are one set, which is walked as one long row
] as const;

const DOUBLES = [
  'epsInside', // 1 / sqrt(v + epsInside) + epsOutside), one of the two is 0
  'epsOutside',
  'center', // 1, or 0 for mu = 0
  'perCount', // 1 / m
  'perDegree', // 1 / (m - ddof)
  'throughMean', // 1 or 0
  'throughVariance',
] as const;

type Word = (typeof WORDS)[number];
type Double = (typeof DOUBLES)[number];

const DOUBLES_AT = Math.ceil(WORDS.length / 2) * 8;
const wordOffset = (name: Word): number => WORDS.indexOf(name) * 4;
const doubleOffset = (name: Double): number => DOUBLES_AT + DOUBLES.indexOf(name) * 8;

/** The words from `images` on, for `task.words.set(..., WORD.images)`. */
export function viewWords(values: Partial<Record<Word, number>>): Int32Array {
  return Int32Array.from(WORDS.slice(WORD.images), (name) => values[name] ?? 0);
}

/** Places in the arrays of a `Task`. */
export const WORD = Object.fromEntries(WORDS.map((name, i) => [name, i])) as Record<Word, number>;
export const DOUBLE = Object.fromEntries(DOUBLES.map((name, i) => [name, i])) as Record<Double, number>;

export interface Task {
  readonly address: number;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
}

let task: Task | undefined;

/** The block. Whoever uses it sets every word that its kernels read. */
export function normTask(): Task {
  if (task === undefined) {
    const { buffer, byteOffset } = allocate(DOUBLES_AT / 4 + DOUBLES.length * 2);
    task = {
      address: byteOffset,
      words: new Int32Array(buffer, byteOffset, WORDS.length),
      doubles: new Float64Array(buffer, byteOffset + DOUBLES_AT, DOUBLES.length),
    };
  }
  return task;
}

/** Reads the block inside a kernel, each value once. */
export function reader(
  f: FunctionBuilder,
  address: Address,
): { word: (name: Word) => Var<I32>; double: (name: Double) => Var<F64> } {
  return {
    word: (name) => f.let(f.loadI32(address, wordOffset(name))),
    double: (name) => f.let(f.loadF64(address, doubleOffset(name))),
  };
}
