import { nearest, WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import type { Module } from '../nn/module.ts';
import { byLayers } from './byLayers.ts';
import { joined, lastOf, listed, pathOf } from './names.ts';
import type { StoredTensor } from './safetensors.ts';
import type { Slots } from './slots.ts';

/**
 * WeightNames of modules or tensors of a file, and what the model calls them: `{ conv1: '0', bn1: '1', fc: '9' }`. A name stands for all
 * that is below it; the longest that fits counts. `''` is the whole model: `{ module: '' }` takes DataParallel's prefix away. null:
 * nothing of the model, left out.
 */
export type NameMap = Readonly<Record<string, string | null>>;

/** Which tensor of a file belongs where. */
interface Pairing {
  /** From the file's name to the model's. */
  pairs: Map<string, string>;
  /** Of the model, without a tensor. */
  missing: string[];
  /** Of the file, without a place. */
  unexpected: string[];
}

export interface MatchOptions {
  map?: NameMap;
  /** 'names' (default); 'order' and 'shape' are said in load.ts. */
  by?: 'names' | 'order' | 'shape';
  /** Layers of the model that keep what they have. */
  except?: readonly Module[];
}

/** The pairs of a file's tensors and a model's places; throws a WeightsError that says all that does not fit. */
export function matched(
  tensors: ReadonlyMap<string, StoredTensor>,
  slots: Slots,
  { map = {}, by = 'names', except = [] }: MatchOptions,
  file: string,
): [from: string, to: string][] {
  const kept = keptNames(slots, except);
  const pairing =
    by === 'names'
      ? byNames(tensors, slots, map, kept)
      : { pairs: byLayers(tensors, slots, by, kept, file), missing: [], unexpected: [] };
  const pairs = [...pairing.pairs].filter(([, to]) => !kept.has(to));
  const missing = pairing.missing.filter((name) => !kept.has(name) && !slots.get(name)!.optional);
  const { unexpected } = pairing;
  const misshapen = pairs.filter(
    ([from, to]) => tensors.get(from)!.shape.join() !== slots.get(to)!.shape.join(),
  );
  if (missing.length + unexpected.length + misshapen.length === 0) return pairs;
  const lines = [
    ['missing', listed(missing, (name) => withNearest(name, slots, unexpected, tensors))],
    ['unexpected', listed(unexpected, (name) => withNearest(name, tensors, missing, slots))],
    [
      'of another shape',
      listed(misshapen, ([from, to]) => {
        const is = from === to ? from : `${from} (for ${to})`;
        return `${is} [${tensors.get(from)!.shape.join(', ')}], where the model has [${slots.get(to)!.shape.join(', ')}]`;
      }),
    ],
  ].flatMap(([what, text]) => (text === '' ? [] : `${what}: ${text}`));
  throw new WeightsError(`${file} does not fit this model: ${lines.join('; ')}`, [
    'nothing was loaded',
    ...hints(missing, unexpected, misshapen.length > 0),
  ]);
}

/** The name, with the nearest of the other side's that ends like it and has its shape. */
function withNearest(
  name: string,
  own: ReadonlyMap<string, { shape: Shape }>,
  names: readonly string[],
  others: ReadonlyMap<string, { shape: Shape }>,
): string {
  const shape = own.get(name)!.shape.join();
  const like = names.filter(
    (other) => lastOf(other) === lastOf(name) && others.get(other)!.shape.join() === shape,
  );
  const near = like.length === 1 ? like[0] : nearest(name, like);
  return near === undefined ? name : `${name} (there is ${near})`;
}

function hints(missing: string[], unexpected: string[], misshapen: boolean): string[] {
  return [
    ...(missing.length > 0 && unexpected.length > 0
      ? ["other names, the same layers: a map of names, or by: 'order' or 'shape' (--init-by)"]
      : []),
    ...(misshapen
      ? ['another number of classes: leave the last layer as it is, with except (--fresh-head)']
      : []),
  ];
}

function keptNames(slots: Slots, except: readonly Module[]): Set<string> {
  const owners = new Set(except.flatMap((module) => [...module.namedModules().values()]));
  return new Set([...slots].flatMap(([name, { owner }]) => (owners.has(owner) ? [name] : [])));
}

function byNames(
  tensors: ReadonlyMap<string, StoredTensor>,
  slots: Slots,
  map: NameMap,
  kept: ReadonlySet<string>,
): Pairing {
  const pairs = new Map<string, string>();
  const taken = new Map<string, string>();
  const unexpected: string[] = [];
  const keptLayers = new Set([...kept].map(pathOf));
  for (const from of tensors.keys()) {
    const to = renamed(from, map);
    if (to === null) continue;
    const other = taken.get(to);
    if (other !== undefined) {
      throw new WeightsError(`the names ${other} and ${from} of the file both become ${to}`, [
        'change the map',
      ]);
    }
    taken.set(to, from);
    if (slots.has(to)) pairs.set(from, to);
    else if (!keptLayers.has(pathOf(to))) unexpected.push(from);
  }
  return { pairs, missing: [...slots.keys()].filter((name) => !taken.has(name)), unexpected };
}

/** A file's name as the model has it; null for one that is left out. */
export function renamed(name: string, map: NameMap): string | null {
  const begins = Object.keys(map).filter((key) => key === '' || name === key || name.startsWith(`${key}.`));
  if (begins.length === 0) return name;
  const longest = begins.reduce((a, b) => (b.length > a.length ? b : a));
  const to = map[longest];
  if (to === null) return null;
  const rest = longest === '' ? name : name.slice(longest.length + 1);
  return joined(to, rest);
}
