import type { NDArray, Numbers } from '../kernels/contract.ts';

/**
 * A backward rule reads numbers of the forward pass: of its inputs, of its result. Were they overwritten in between, its
 * gradient would be of something that was never computed, so backward() throws. Two things see it:
 *   what the library writes in place (optimizers, set(), clipping, gradients that add up) is noted, array by array
 *   fingerprints see what was written through `data`. They take as long as a small layer, so in float32 they are taken of the
 *   first steps of a process and then of one in 256: a loop that writes at the wrong time does so in every step. In float64,
 *   which is for checking, they are taken always
 */
export interface Seen {
  /** The list, made only if somebody asks. */
  readonly arrays: () => readonly NDArray[];
  /** A fingerprint of each; null: not taken. */
  readonly prints: readonly number[] | null;
  /** How many writes had been noted. */
  readonly writes: number;
}

const FIRST_STEPS = 8;
const EVERY = 256;

let steps = 0;
let always = false;
let looking = true;
let writes = 0;
/** Rules that have looked and are still to run: without any, nobody asks what is written. */
let waiting = 0;
const lastWrite = new WeakMap<Numbers, number>();

/**
 * For debugging: looks in every step for numbers that were written through `data` between forward and backward(). Without it
 * float32 is looked at in the first 8 steps and then in one of 256, float64 always.
 */
export function detectOverwriting(inEveryStep: boolean): void {
  always = inEveryStep;
  looking = isLookedAt();
}

const isLookedAt = () => always || steps < FIRST_STEPS || steps % EVERY === 0;

/** Notes that the numbers were overwritten in place: called by all in this library that do so. */
export function noteWrite(data: Numbers): void {
  if (waiting > 0) lastWrite.set(data, ++writes);
}

/** Remembers, for a rule, the numbers that it will read. */
export function look(arrays: () => readonly NDArray[], isDouble: boolean): Seen {
  waiting++;
  const prints = looking || isDouble ? arrays().map(fingerprint) : null;
  return { arrays, prints, writes };
}

/** The first array whose numbers are no longer what they were. */
export function firstChanged({ arrays, prints, writes: before }: Seen): NDArray | undefined {
  if (prints === null && writes === before) return undefined;
  return arrays().find(
    (array, i) =>
      (lastWrite.get(array.data) ?? 0) > before || (prints !== null && prints[i] !== fingerprint(array)),
  );
}

/** The rule will not run again. */
export function lookAway(): void {
  waiting--;
}

/** A step begins, and all rules of the one before have gone. */
export function lookAnew(): void {
  steps++;
  looking = isLookedAt();
  waiting = 0;
}

/** Of the words that the numbers consist of. Four chains, so that none waits for the multiplication of another. */
function fingerprint({ data }: NDArray): number {
  const words = new Int32Array(data.buffer, data.byteOffset, data.byteLength >> 2);
  const whole = words.length & -4;
  let [a, b, c, d] = [words.length, 1, 2, 3];
  for (let i = 0; i < whole; i += 4) {
    a = mix(a, words[i]);
    b = mix(b, words[i + 1]);
    c = mix(c, words[i + 2]);
    d = mix(d, words[i + 3]);
  }
  for (let i = whole; i < words.length; i++) a = mix(a, words[i]);
  return mix(mix(a, b), mix(c, d));
}

/** One to one in `hash`, so that another value of one word always shows; the shift carries high bits to low ones. */
function mix(hash: number, next: number): number {
  const product = Math.imul(hash ^ next, 0x9e3779b1);
  return product ^ (product >>> 15);
}
