import { findNorm } from '../../../nn/norm/createNorm.ts';
import { type NormTape, tapeOf } from '../../../teach/tape.ts';
import type { PathsState } from '../paths/fields.ts';

/** One norm's backward pass by autograd and as it is written, for the numbers of `explain`. */
export function tapeAnswer({ norm, x, dy, gamma, mode, detach }: PathsState): NormTape {
  return tapeOf(findNorm(norm), { x: [x], g: [dy], gamma: gammaOf(norm, gamma), mode, detach });
}

/** Where it is 1 throughout, it is as it was made: not every norm has one. */
function gammaOf(norm: string, gamma: readonly number[]): readonly number[] | undefined {
  const hasNone = findNorm(norm).kind === 'weight';
  return hasNone && gamma.every((value) => value === 1) ? undefined : gamma;
}
