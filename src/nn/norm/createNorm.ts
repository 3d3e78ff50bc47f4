import { unknownName } from '../../errors.ts';
import { checkDefinition, type DefinedNorm } from './core/define.ts';
import type { Norm } from './core/norm.ts';
import { keyOf, plain } from './core/spelling.ts';
import { addNorm, type NormEntry, type NormOptions, registry } from './registry.ts';

const allNames = ['none', ...registry.map((entry) => entry.name)];
const namesOfWeights = registry.filter((entry) => entry.kind === 'weight').map((entry) => entry.name);

/** What `--norm` accepts: the registry's names, and 'none'. A norm that is registered later is in this list from then on. */
export const normNames: readonly string[] = allNames;

/** What `--weight-norm` accepts: those that are put on weights. */
export const weightNormNames: readonly string[] = namesOfWeights;

/**
 * The registry's name for what somebody calls a norm, undefined for what nobody does: `bn`, `batchnorm`, `BatchNorm`,
 * `batch-norm`, `BatchNorm2d` and `nn.BatchNorm2d` are all `batch`.
 */
export function resolveNorm(name: string): string | undefined {
  if (typeof name !== 'string') return undefined;
  return names.get(plain(name)) ?? names.get(keyOf(name));
}

/** Throws for a name that no norm has; aliases are resolved. */
export function findNorm(name: string): NormEntry {
  const own = resolveNorm(name);
  const entry = registry.find((each) => each.name === own);
  if (!entry)
    throw new Error(
      `${unknownName('norm', String(name), normNames)}; one of: ${registry.map((each) => each.name).join(', ')}.`,
    );
  return entry;
}

/**
 * Makes a norm known under its name and aliases, to createNorm, createModel, gradcheckNorm and all that reads `norms`. Returns a
 * function that takes it out again. Throws where another norm has the name. (The command line needs no such call: `--norm
 * ./mine.mjs` takes the norm that the file exports by default.)
 */
export function registerNorm<Options extends object>(norm: DefinedNorm<Options>): () => void {
  checkDefinition('registerNorm', norm);
  const entry = norm as unknown as NormEntry;
  if (registry.includes(entry)) return () => {};
  const { name, kind } = entry;
  const taken = resolveNorm(name);
  if (taken !== undefined && (taken === name || names.get(plain(name)) !== undefined)) {
    throw new Error(
      `registerNorm: there is a norm "${taken}" already, and "${name}" would be the same word; choose another name.`,
    );
  }
  const remove = addNorm(entry);
  const own = nameNorm(entry);
  const lists = kind === 'weight' ? [allNames, namesOfWeights] : [allNames];
  for (const list of lists) list.push(name);
  return () => {
    remove();
    for (const each of own) names.delete(each);
    for (const list of lists) list.splice(list.indexOf(name), 1);
  };
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

/** Every name, title and alias, and what is left of them without "norm"; the first of two norms has the shorter form. */
const names = new Map<string, string>([['none', 'none']]);
for (const entry of registry) for (const each of spellings(entry)) names.set(each, entry.name);
for (const [each, name] of [...names]) if (!names.has(keyOf(each))) names.set(keyOf(each), name);

/** Adds what a norm is called, as far as nothing else is; returns that. */
function nameNorm(entry: NormEntry): string[] {
  const free = [...spellings(entry), ...spellings(entry).map(keyOf)].filter(
    (each) => each !== '' && !names.has(each),
  );
  for (const each of free) names.set(each, entry.name);
  return free;
}

function spellings({ name, title, aliases = [] }: NormEntry): string[] {
  return [name, title, ...aliases].map(plain);
}

/** Throws where statistics are to be constants in the backward pass and the norm has no such switch. */
function checkDetached(name: string, detaches: boolean, { detachStatistics = 'none' }: NormOptions): void {
  if (detaches || detachStatistics === 'none') return;
  const able = registry.filter((entry) => entry.detaches).map((entry) => entry.name);
  throw new Error(
    `norm "${name}" does not take detachStatistics ("${detachStatistics}"); those that do: ${able.join(', ')}.`,
  );
}
