import { WeightsError } from '../errors.ts';
import type { Shape } from '../kernels/contract.ts';
import type { Module } from '../nn/module.ts';
import { checkOptions, requireFields } from '../options.ts';
import { decodeWeights, readWeightsFile, type WeightNames, type WeightsFile } from './file.ts';
import { type MatchOptions, matched } from './match.ts';
import { placesOf } from './places.ts';
import { requireOneOf } from './save.ts';

/** Which tensor of a file belongs where. */
export interface LoadOptions extends MatchOptions {
  /** Default: as the file says; a file that says nothing has PyTorch's. */
  names?: WeightNames;
  /** The shape of one sample, [28, 28, 1]: PyTorch's names need it where images are flattened, since their order is another one. */
  input?: Shape;
}

/** What came of a file. */
export interface LoadReport {
  /** The tensors that were taken: their names in the file, and in the model. */
  loaded: [from: string, to: string][];
  /** Of the model: what keeps its old numbers. */
  kept: string[];
  /** Of the file: what was left out. */
  ignored: string[];
}

/**
 * Sets the parameters and running statistics of a model to those of a file: a .safetensors or .npz file of PyTorch or of `save`, or
 * a checkpoint of a run; as bytes or by its name (not in a browser). All or nothing: a WeightsError lists what is missing,
 * unexpected or of another shape, and the model stays as it was.
 */
export async function load(
  model: Module,
  from: string | Uint8Array,
  options: LoadOptions = {},
): Promise<LoadReport> {
  requireFields('load', model, 'a model', ['namedModules']);
  const file = typeof from === 'string' ? from : 'the file';
  const bytes = typeof from === 'string' ? readWeightsFile(from) : from;
  if (!ArrayBuffer.isView(bytes)) {
    throw new WeightsError('load: takes the name of a file or its bytes, a Uint8Array', [
      'load(model, new Uint8Array(await response.arrayBuffer()))',
    ]);
  }
  return loadFrom(model, await decodeWeights(bytes, file), options);
}

/** The same of a file that has been read. */
export function loadFrom(model: Module, file: WeightsFile, options: LoadOptions = {}): LoadReport {
  checkOptions('load', options, ['names', 'input', 'map', 'by', 'except']);
  const { names = file.names, input, by = 'names' } = options;
  requireOneOf('names', names, ['pytorch', 'own']);
  requireOneOf('by', by, ['names', 'order', 'shape']);
  const slots = placesOf(model, names, input);
  const loaded = matched(file.tensors, slots, options, file.file);
  for (const [from, to] of loaded) {
    const problem = slots.get(to)!.refuses?.(file.tensors.get(from)!.data);
    if (problem !== undefined)
      throw new WeightsError(`${file.file}: ${from} ${problem}`, ['nothing was loaded']);
  }
  for (const [from, to] of loaded) slots.get(to)!.write(file.tensors.get(from)!.data);
  const taken = new Map(loaded);
  const reached = new Set(taken.values());
  return {
    loaded,
    kept: [...slots.keys()].filter((name) => !reached.has(name)),
    ignored: [...file.tensors.keys()].filter((name) => !taken.has(name)),
  };
}
