import { type SetStatistics, sizeOf } from '../../../kernels/contract.ts';
import type { AffineOptions } from './norm.ts';
import type { Setting } from './rule.ts';

/** What frameworks do differently, by name; the defaults are PyTorch's. presets.ts has those of others. */
export interface Conventions extends AffineOptions {
  /** true: sigma = sqrt(v + eps). false: sigma = sqrt(v) + eps. */
  epsInside?: boolean;
  /** v = sum (x - mu)^2 / (m - ddof): 0 is the biased variance, 1 Bessel's. */
  ddof?: 0 | 1;
  /** Statistics that the backward pass takes for constants, to see what their paths do. Wrong, and for teaching only. */
  detachStatistics?: Detached;
}

export const detachable = ['none', 'mean', 'variance', 'both'] as const;

export type Detached = (typeof detachable)[number];

/** The statistics of the written forms whose paths are left out. */
export function detachedPaths(detach: Detached = 'none'): readonly string[] {
  return { none: [], mean: ['mu'], variance: ['v'], both: ['mu', 'v'] }[detach];
}

/** How sigma comes from x: sqrt(v + eps) or sqrt(v) + eps, v = sum (x - mu)^2 / (m - ddof). */
export interface Standard {
  eps: number;
  epsInside: boolean;
  ddof: 0 | 1;
}

/** The conventions of a standardization with their defaults. */
export function standard(options: Conventions): Standard & Pick<Conventions, 'detachStatistics'> {
  const { eps = 1e-5, epsInside = true, ddof = 0, detachStatistics } = options;
  return { eps, epsInside, ddof, detachStatistics };
}

/** What a written standardization takes for constants: statistics that are given (evaluation), and detached ones. */
export function constantsOf(set: Conventions & { given?: SetStatistics | null }): Setting {
  const { detachStatistics, ...own } = standard(set);
  return {
    given: { mu: set.given?.mean, v: set.given?.variance },
    detach: detachedPaths(detachStatistics),
    numbers: { eps: own.eps },
    standard: own,
  };
}

/** Throws where the unbiased variance is taken of sets of one value. */
export function checkDdof(shape: readonly number[], m: number, ddof: 0 | 1 = 0): void {
  if (m > ddof || sizeOf(shape) === 0) return;
  throw new Error(
    `standardize: the unbiased variance (ddof 1) needs more than one value per set; [${shape.join(', ')}] has sets of one. ` +
      'Use ddof 0, or sets that hold more.',
  );
}
