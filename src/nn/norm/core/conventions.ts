import type { Standardize } from '../../../autograd/index.ts';

/** What frameworks do differently, by name; the defaults are PyTorch's. presets.ts has those of others. */
export interface Conventions {
  /** Keeps sigma above 0; 1e-5 unless told otherwise. */
  eps?: number;
  /** true: sigma = sqrt(v + eps). false: sigma = sqrt(v) + eps. */
  epsInside?: boolean;
  /** v = sum (x - mu)^2 / (m - ddof): 0 is the biased variance, 1 Bessel's. */
  ddof?: 0 | 1;
  /** Learn gamma and beta; true unless told otherwise. */
  affine?: boolean;
  /** Statistics that the backward pass takes for constants, to see what their paths do. Wrong, and for teaching only. */
  detachStatistics?: Detached;
}

export const detachable = ['none', 'mean', 'variance', 'both'] as const;

export type Detached = NonNullable<Standardize['detach']>;

/** The conventions as the core takes them. */
export interface CoreOptions {
  eps: number;
  epsInside?: boolean;
  ddof?: 0 | 1;
  detach?: Detached;
}

export function coreOptions({ eps = 1e-5, epsInside, ddof, detachStatistics }: Conventions): CoreOptions {
  return { eps, epsInside, ddof, detach: detachStatistics };
}
