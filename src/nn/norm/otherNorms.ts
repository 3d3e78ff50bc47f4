import type { NormEntry } from './entry.ts';

/** Norms that are not a standardization over index sets, or do more than that (part of the registry). */
export const otherNorms: readonly NormEntry[] = [];
