import type { NormEntry, NormOptions } from './core/entry.ts';
import type { Norm } from './core/norm.ts';
import { otherNorms } from './otherNorms.ts';
import { setNorms } from './setNorms.ts';
import { weightNorms } from './weightNorms.ts';

export type { NormEntry, NormOptions } from './core/entry.ts';
export { defaultGroups } from './core/groups.ts';

/**
 * Every norm once. The command line, gradcheck, verify, the laws (test/nn/norm/laws.test.ts) and the documentation read
 * this table: a norm that is not in it does not exist; one that is gets every check for free.
 */
export const registry: readonly NormEntry[] = [...setNorms, ...otherNorms, ...weightNorms];

/** What `--norm` accepts: the registry's names, and 'none'. */
export const normNames: readonly string[] = ['none', ...registry.map((entry) => entry.name)];

/** The registry's own name of a norm that a user named, or 'none'; undefined for a name that means nothing. */
export function resolveNorm(name: string): string | undefined {
  return normNames.find((each) => each === name);
}

export function findNorm(name: string): NormEntry {
  const entry = registry.find((each) => each.name === name);
  if (!entry)
    throw new Error(`unknown norm "${name}"; one of: ${registry.map((each) => each.name).join(', ')}.`);
  return entry;
}

/** What `--weight-norm` accepts: those that are put on weights. */
export const weightNormNames: readonly string[] = weightNorms.map((entry) => entry.name);

/** The norm of activations of that name for `features` channels; null for 'none'. */
export function createNorm(name: string, features: number, options: NormOptions = {}): Norm | null {
  if (name === 'none') {
    checkDetached(name, false, options);
    return null;
  }
  const { kind, build, detaches = false } = findNorm(name);
  checkDetached(name, detaches, options);
  if (kind === 'weight') {
    throw new Error(
      `"${name}" is a norm of weights, not of activations: put it on the layers with normalizeWeights(model, "${name}"), ` +
        `or name it in createModel's options, as norm or, beside a norm of activations, as weightNorm.`,
    );
  }
  return build(features, options);
}

/** Throws where statistics are to be constants in the backward pass and the norm has no such switch. */
function checkDetached(name: string, detaches: boolean, { detachStatistics = 'none' }: NormOptions): void {
  if (detaches || detachStatistics === 'none') return;
  const able = registry.filter((entry) => entry.detaches).map((entry) => entry.name);
  throw new Error(
    `norm "${name}" does not take detachStatistics ("${detachStatistics}"); those that do: ${able.join(', ')}.`,
  );
}
