import type { NDArray, Numbers } from '../kernels/contract.ts';

/**
 * A backward rule reads numbers of the forward pass: of its inputs, of its result. Were they overwritten in between, its
 * gradient would be of something that was never computed, so backward() throws. Two things see a change:
 *   what the library writes in place (optimizers, set(), running statistics, clipping) is noted, array by array: sure
 *   a fingerprint sees what is written through `data`: in float64 of all numbers; in float32 of all where they are few, else
 *   of some, spread over the array, since to read all of them twice takes as long as a small layer. A change of every number
 *   is seen, one of a single weight among thousands may not be: gradients are checked in float64, where it is
 */
export interface Seen {
  readonly arrays: readonly NDArray[];
  readonly prints: readonly number[];
  /** How many writes had been noted. */
  readonly writes: number;
}

/** How many numbers of a float32 array are looked at: 50 ns, twice for each array that a rule reads. */
const SAMPLES = 16;

let writes = 0;
const lastWrite = new WeakMap<Numbers, number>();

/** Notes that the numbers were overwritten in place: called by all in this library that do so. */
export function noteWrite(data: Numbers): void {
  lastWrite.set(data, ++writes);
}

/** Remembers the numbers as they are. */
export function look(arrays: readonly NDArray[]): Seen {
  const prints: number[] = [];
  for (let i = 0; i < arrays.length; i++) prints.push(fingerprint(arrays[i].data));
  return { arrays, prints, writes };
}

/** The first array whose numbers are no longer what they were. */
export function firstChanged(seen: Seen): NDArray | undefined {
  for (let i = 0; i < seen.arrays.length; i++) {
    const { data } = seen.arrays[i];
    if ((lastWrite.get(data) ?? 0) > seen.writes || fingerprint(data) !== seen.prints[i])
      return seen.arrays[i];
  }
  return undefined;
}

function fingerprint(data: Numbers): number {
  return data instanceof Float64Array ? printOfAll(data) : printOfSome(data);
}

const single = new Float32Array(1);
const singleBits = new Int32Array(single.buffer);
const double = new Float64Array(1);
const doubleBits = new Int32Array(double.buffer);

function printOfSome(data: Float32Array): number {
  const { length } = data;
  const count = Math.min(length, SAMPLES);
  const step = Math.max(1, Math.floor(length / SAMPLES));
  let hash = length;
  for (let i = 0, at = 0; i < count; i++, at += step) {
    single[0] = data[at];
    hash = mix(hash, singleBits[0]);
  }
  return hash;
}

/** Two chains that do not wait for one another. */
function printOfAll(data: Float64Array): number {
  let first = data.length;
  let second = 0;
  for (let i = 0; i < data.length; i++) {
    double[0] = data[i];
    first = mix(first, doubleBits[0]);
    second = mix(second, doubleBits[1]);
  }
  return mix(first, second);
}

/** One to one in `hash` for each word, so that a change of one word always shows; the shift carries high bits to low ones. */
function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}
