import type { Norm } from './core/norm.ts';
import { type NormEntry, type NormOptions, registry } from './registry.ts';

/** What `--norm` accepts: the registry's names, and 'none'. */
export const normNames: readonly string[] = ['none', ...registry.map((entry) => entry.name)];

/** What `--weight-norm` accepts: those that are put on weights. */
export const weightNormNames: readonly string[] = registry
  .filter((entry) => entry.kind === 'weight')
  .map((entry) => entry.name);

/**
 * The registry's name for what somebody calls a norm, undefined for what nobody does: `bn`, `batchnorm`, `BatchNorm`,
 * `batch-norm`, `BatchNorm2d` and `nn.BatchNorm2d` are all `batch`.
 */
export function resolveNorm(name: string): string | undefined {
  return names.get(name) ?? names.get(keyOf(name));
}

/** Throws for a name that no norm has; aliases are resolved. */
export function findNorm(name: string): NormEntry {
  const own = resolveNorm(name);
  const entry = registry.find((each) => each.name === own);
  if (!entry)
    throw new Error(`unknown norm "${name}"; one of: ${registry.map((each) => each.name).join(', ')}.`);
  return entry;
}

/** The norm of activations of that name for `features` channels; null for 'none'. */
export function createNorm(name: string, features: number, options: NormOptions = {}): Norm | null {
  if (name === 'none') {
    checkDetached(name, false, options);
    return null;
  }
  const entry = findNorm(name);
  checkDetached(entry.name, entry.detaches, options);
  if (entry.kind === 'weight') {
    throw new Error(
      `"${name}" is a norm of weights, not of activations: put it on the layers with normalizeWeights(model, "${name}"), ` +
        `or name it in createModel's options, as norm or, beside a norm of activations, as weightNorm.`,
    );
  }
  return entry.build(features, options);
}

/** Every name and alias, as it is and as keyOf has it. */
const names = new Map<string, string>([['none', 'none']]);
for (const { name, title, aliases = [] } of registry) {
  for (const each of [name, title, ...aliases]) names.set(keyOf(each), name);
}
for (const { name } of registry) names.set(name, name);

/** Lower case, letters and digits only, without "nn." in front and without "norm", "normalization", "1d", "2d", "3d" at the end. */
function keyOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/^(torch\.)?nn\./, '')
    .replace(/[^a-z0-9]/g, '')
    .replace(/[123]d$/, '')
    .replace(/norm(alization)?$/, '');
}

/** Throws where statistics are to be constants in the backward pass and the norm has no such switch. */
function checkDetached(name: string, detaches: boolean, { detachStatistics = 'none' }: NormOptions): void {
  if (detaches || detachStatistics === 'none') return;
  const able = registry.filter((entry) => entry.detaches).map((entry) => entry.name);
  throw new Error(
    `norm "${name}" does not take detachStatistics ("${detachStatistics}"); those that do: ${able.join(', ')}.`,
  );
}
