import { plural, WeightsError } from '../errors.ts';
import { joined, lastOf, listed, pathOf } from './names.ts';
import type { StoredTensor } from './safetensors.ts';
import type { Slot, Slots } from './slots.ts';

/** The tensors of one layer. */
interface Layer {
  path: string;
  /** `bias [8], weight [8, 3, 3, 3]` */
  content: string;
}

/**
 * The pairs of a file's tensors and a model's places, where the names of the layers say nothing: layer by layer, a layer being the
 * tensors whose names differ in the last word only.
 *   order   the first layer of the file is the first of the model, and so on
 *   shape   among layers with the same tensors: the file's, sorted by name (2 before 10), are the model's in their order
 */
export function byLayers(
  tensors: ReadonlyMap<string, StoredTensor>,
  slots: Slots,
  by: 'order' | 'shape',
  kept: ReadonlySet<string>,
  file: string,
): Map<string, string> {
  const [theirs, ours] = [layersOf(tensors), layersOf(slots)];
  const keptLayers = new Set([...kept].map(pathOf));
  const layers =
    by === 'order' ? inOrder(theirs, ours, keptLayers, file) : byShape(theirs, ours, keptLayers, file);
  const pairs = new Map<string, string>();
  for (const name of tensors.keys()) {
    const path = layers.get(pathOf(name));
    const to = path === undefined ? undefined : joined(path, lastOf(name));
    if (to !== undefined && slots.has(to)) pairs.set(name, to);
  }
  return pairs;
}

function inOrder(
  theirs: Layer[],
  ours: Layer[],
  kept: ReadonlySet<string>,
  file: string,
): Map<string, string> {
  const pairs = new Map<string, string>();
  ours.forEach((own, i) => {
    const other = theirs[i];
    if (kept.has(own.path)) return;
    if (other?.content === own.content) pairs.set(other.path, own.path);
    else {
      const came = other ? `${other.path} with ${other.content}` : 'none';
      throw new WeightsError(
        `${file} does not fit this model in order: layer ${i + 1} of the model is ${own.path} with ${own.content}, ` +
          `and of the file ${came}`,
        [
          "files that PyTorch's safetensors wrote are sorted by name, so that their order is lost: by: 'shape' (--init-by shape), or a map of names",
        ],
      );
    }
  });
  if (theirs.length > ours.length) {
    throw new WeightsError(`${file} has ${plural(theirs.length, 'layer')}, and this model ${ours.length}`, [
      `the first one too many is ${theirs[ours.length].path}`,
    ]);
  }
  return pairs;
}

function byShape(
  theirs: Layer[],
  ours: Layer[],
  kept: ReadonlySet<string>,
  file: string,
): Map<string, string> {
  const open = ours.filter(({ path }) => !kept.has(path));
  const sorted = [...theirs].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
  const pairs = new Map<string, string>();
  for (const content of new Set(open.map((layer) => layer.content))) {
    const own = open.filter((layer) => layer.content === content);
    const other = sorted.filter((layer) => layer.content === content);
    if (own.length !== other.length) {
      throw new WeightsError(
        `${file} does not fit this model by shape: ${plural(own.length, 'layer')} of the model with ${content} ` +
          `(${names(own)}), and of the file ${other.length} (${names(other)})`,
        ['nothing was loaded', 'give a map of names'],
      );
    }
    for (const [i, { path }] of own.entries()) pairs.set(other[i].path, path);
  }
  const left = theirs.filter(({ path }) => !pairs.has(path));
  if (left.length > kept.size) {
    throw new WeightsError(`${file} has layers that this model has not: ${names(left)}`, [
      'nothing was loaded',
    ]);
  }
  return pairs;
}

function names(layers: readonly Layer[]): string {
  return layers.length === 0 ? 'none' : listed(layers, ({ path }) => path);
}

/** The layers in the order of their first tensors; counters are left aside, since writers put them in front, or leave them out. */
function layersOf(tensors: ReadonlyMap<string, Pick<Slot | StoredTensor, 'shape' | 'as'>>): Layer[] {
  const found = new Map<string, string[]>();
  for (const [name, { shape, as }] of tensors) {
    if (as === 'I64') continue;
    const path = pathOf(name);
    const contents = found.get(path) ?? [];
    contents.push(`${lastOf(name)} [${shape.join(', ')}]`);
    found.set(path, contents);
  }
  return [...found].map(([path, contents]) => ({ path, content: contents.sort().join(', ') }));
}
