import { platform } from '#platform';
import { checkVariable } from '../../../environment.ts';
import { setPairs } from '../builder/features.ts';
import { i32 } from '../builder/index.ts';
import { ModuleBuilder } from '../builder/module.ts';
import { forgetAll } from '../runtime/remember.ts';
import { sampleOfKernels } from './sampleOfKernels.ts';
import { type VectorSwitch, vectorSwitch } from './vectorSwitch.node.ts';

/**
 * Vectors of 256 bits. WebAssembly has 128, but V8 can make one AVX2 operation of two that lie side by side
 * (../README.md says what they must look like). The switch is a flag of V8 that is experimental and holds for the whole
 * process, so only who asks for it gets it (NORMGRAD_VECTORS=256), and only after the kernels have shown that their results stay
 * the same bits.
 */

/** Why it is off where it was asked for. */
let refused: string | undefined;
let on = false;

export const vectorBits = (): 128 | 256 => (on ? 256 : 128);

/** Called before the first kernel is compiled. */
export function startWideVectors(): void {
  const wanted = checkVariable('NORMGRAD_VECTORS', platform.environment('NORMGRAD_VECTORS'));
  if (wanted !== '256' || on || refused !== undefined) return;
  refused = widen(vectorSwitch(probe()), sampleOfKernels);
  on = refused === undefined;
  if (!on) console.warn(`normgrad: NORMGRAD_VECTORS=256: ${refused}. Vectors stay at 128 bits. (Said once.)`);
}

/** Switches over if `sample`, which runs kernels, then still gives the same bits; undefined, or why it has switched back. */
export function widen(vectors: VectorSwitch | string, sample: () => Int32Array): string | undefined {
  if (typeof vectors === 'string') return vectors;
  const narrow = sample();
  let reason: string;
  const join = (pairs: boolean): void => {
    vectors.joinPairs(pairs);
    setPairs(pairs);
    forgetAll();
  };
  try {
    join(true);
    vectors.compileSoon(true);
    // The first time in simple code, after which functions that are called are compiled again, and then those that call them.
    const same = [sample(), sample(), sample()].every((wide) => wide.every((bits, i) => bits === narrow[i]));
    if (same) return undefined;
    reason = 'kernels gave other bits with joined vectors, which they must not';
  } catch (error) {
    reason = `kernels failed with joined vectors (${(error as Error).message})`;
  } finally {
    vectors.compileSoon(false);
  }
  join(false);
  return reason;
}

/** A module whose function `run` has a pair of vectors to join, to be run on a memory of one page. */
export function probe(): Uint8Array {
  const builder = new ModuleBuilder();
  builder.func('run', { at: i32 }, (f, { at }) => {
    const sums = [0, 1].map((v) => f.let(f.load4(at, 16 * v).plus(f.load4(at, 32 + 16 * v))));
    f.store4(at, sums[1], 16);
    f.store4(at, sums[0]);
  });
  return builder.finish('probe', { maximumPages: 1, shared: false }).bytes;
}
