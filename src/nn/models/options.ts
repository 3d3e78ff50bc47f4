import type { Random } from '../../random.ts';
import type { Norm } from '../norm/norm.ts';
import { createNorm, type NormOptions } from '../norm/registry.ts';

/** What every model takes. */
export interface ModelOptions {
  /** [height, width, channels] of one image. */
  input: readonly [number, number, number];
  classes: number;
  /** A name of the norm registry, or 'none'. */
  norm: string;
  normOptions?: NormOptions;
  /** Where the first weights come from. */
  random: Random;
}

/** The model's norm, for so many features. */
export function normFactory({ norm, normOptions }: ModelOptions): (features: number) => Norm | null {
  return (features) => createNorm(norm, features, normOptions);
}

/** The norm for `features`, as a list for a Sequential: empty for 'none'. */
export function normLayer(features: number, options: ModelOptions): Norm[] {
  const norm = normFactory(options)(features);
  return norm ? [norm] : [];
}

/** Convolutions and dense layers in front of a norm go without a bias: beta does its work. */
export function needsBias({ norm }: ModelOptions): boolean {
  return norm === 'none';
}

/** Throws where the images are smaller than `least` in height or width. */
export function requireImages(model: string, { input }: ModelOptions, least: number, why: string): void {
  if (input[0] >= least && input[1] >= least) return;
  throw new Error(
    `${model}: images of ${input[0]}x${input[1]} are too small, since ${why}. It needs at least ${least}x${least}; ` +
      'use larger images or another model (mlp takes any size).',
  );
}
