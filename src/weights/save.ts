import { platform } from '#platform';
import { unknownName, WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import type { Module } from '../nn/module.ts';
import { checkOptions, requireFields } from '../options.ts';
import { encodeWeights, type WeightNames, type WeightsFormat } from './file.ts';
import { type NameMap, renamed } from './match.ts';
import { placesOf } from './places.ts';
import type { StoredTensor } from './safetensors.ts';

/** How a file of weights is written. */
export interface SaveOptions {
  /** The names and layouts of a PyTorch state_dict (default), or this library's own. */
  names?: WeightNames;
  /** The shape of one sample, [28, 28, 1]: PyTorch's names need it where images are flattened, since their order is another one. */
  input?: Shape;
  /** The file's names and the model's, as `load` takes it: `{ conv1: '0', fc: '9' }` writes `fc.weight` for `9.weight`. */
  map?: NameMap;
  /** Default: by the file's name, else safetensors. */
  format?: WeightsFormat;
}

/**
 * Parameters and running statistics of a model as a file that PyTorch reads with `load_state_dict(load_file(name))`, or numpy with
 * `numpy.load(name)`: as bytes, or written to `file` (not in a browser). The layers' names are said in docs/pytorch.md. Throws a
 * WeightsError.
 */
export function save(model: Module, file: string, options?: SaveOptions): void;
export function save(model: Module, options?: SaveOptions): Uint8Array;
export function save(
  model: Module,
  ...rest: readonly [file: string, options?: SaveOptions] | readonly [options?: SaveOptions]
): Uint8Array | undefined {
  const [first, second] = rest;
  const file = typeof first === 'string' ? first : undefined;
  const options = (file === undefined ? (first as SaveOptions | undefined) : second) ?? {};
  requireFields('save', model, 'a model', ['namedModules']);
  checkOptions('save', options, ['names', 'input', 'map', 'format']);
  const { names = 'pytorch', input, map } = options;
  const { format = file?.endsWith('.npz') ? 'npz' : 'safetensors' } = options;
  requireOneOf('names', names, ['pytorch', 'own']);
  requireOneOf('format', format, ['safetensors', 'npz']);
  const bytes = encodeWeights(tensorsOf(model, { names, input, map }), names, format);
  if (file === undefined) return bytes;
  platform.writeFile(file, bytes);
  return undefined;
}

/** The tensors of a file, by their names in it. */
export function tensorsOf(
  model: Module,
  { names = 'pytorch', input, map = {} }: Omit<SaveOptions, 'format'>,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const back = turnedAround(map);
  for (const [name, { shape, as, read }] of placesOf(model, names, input)) {
    const to = renamed(name, back)!;
    if (tensors.has(to)) throw new WeightsError(`save: two tensors become ${to}`, ['change the map']);
    tensors.set(to, { shape, data: read(), ...(as ? { as } : {}) });
  }
  return tensors;
}

/** From the model's names to the file's. */
function turnedAround(map: NameMap): NameMap {
  return Object.fromEntries(Object.entries(map).flatMap(([from, to]) => (to === null ? [] : [[to, from]])));
}

/** Throws unless `value` is one of `names`. */
export function requireOneOf(option: string, value: unknown, names: readonly string[]): void {
  if (names.includes(value as string)) return;
  throw new WeightsError(`${unknownName(option, String(value), names)}`, [`one of: ${names.join(', ')}`]);
}
