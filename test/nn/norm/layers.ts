import { type NormEntry, registry } from '../../../src/nn/norm/registry.ts';

export * from '../../../src/verify/passes.ts';

/** The norms that divide by statistics over index sets, and ActNorm, which takes those of its first batch. */
export const setNorms: readonly NormEntry[] = registry.filter(
  ({ name, source }) => /^(batch|sample|mixed)\//.test(source) || name === 'actnorm',
);

/** The other norms of activations. */
export const otherNorms: readonly NormEntry[] = registry.filter(
  (entry) => entry.kind === 'activation' && !setNorms.includes(entry),
);
