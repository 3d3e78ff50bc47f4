import { platform } from '#platform';
import type { NpyNumbers } from '../data/format/npy.ts';
import { decodeNpz, encodeNpz } from '../data/format/npz.ts';
import { WeightsError } from '../errors.ts';
import type { Numbers } from '../kernels/contract.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from './safetensors.ts';

/** Whose names and layouts a file has: PyTorch's (pytorch.ts), or this library's own. */
export type WeightNames = 'pytorch' | 'own';
/** What every reader of safetensors opens, or numpy.load. */
export type WeightsFormat = 'safetensors' | 'npz';

/** A file of weights, read, before it is known whether a model fits. */
export interface WeightsFile {
  /** For messages. */
  file: string;
  /** In the file's order. */
  tensors: Map<string, StoredTensor>;
  names: WeightNames;
}

const OWN = 'normgrad';
/** An array of a .npz file, which has no metadata: it says that the names and layouts are ours. */
const MARK = 'normgrad';
/** Of a checkpoint of a run: its optimizer. */
const OPTIMIZER = 'optimizer.';
const PYTORCH_HINT =
  "from PyTorch: safetensors.torch.save_file(model.state_dict(), 'weights.safetensors'); a .pt file cannot be read";

/** The bytes of a file with these tensors. */
export function encodeWeights(
  tensors: ReadonlyMap<string, StoredTensor>,
  names: WeightNames,
  format: WeightsFormat,
): Uint8Array {
  if (format === 'npz') {
    const arrays = [...tensors].map(([name, { shape, data, as }]) => {
      const array = as === 'I64' ? BigInt64Array.from(data, BigInt) : (data as NpyNumbers);
      return [name, { shape, data: array }] as const;
    });
    const mark = [MARK, { shape: [], data: Uint8Array.of(1) }] as const;
    return encodeNpz(names === 'own' ? [...arrays, mark] : arrays);
  }
  // Numbers of 8 bytes in front, so that all are aligned, which PyTorch's reader asks for.
  const width = ({ data, as }: StoredTensor) => (as === 'I64' ? 8 : data.BYTES_PER_ELEMENT);
  const aligned = new Map([...tensors].sort(([, a], [, b]) => width(b) - width(a)));
  // What the transformers library looks for is 'pt'.
  return encodeSafetensors({ tensors: aligned, metadata: { format: names === 'own' ? OWN : 'pt' } });
}

/** The bytes of a file in the file system. Throws a WeightsError. */
export function readWeightsFile(file: string): Uint8Array {
  try {
    return platform.readFile(file);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    const what = code === 'ENOENT' ? `there is no file ${file}` : `cannot read ${file}: ${message}`;
    const hint = 'name a .safetensors or .npz file; of a run, its last.safetensors';
    throw new WeightsError(message.startsWith(file) ? message : what, [hint], { cause: error });
  }
}

/**
 * A .safetensors or .npz file, or a checkpoint of a run, of which the weights are taken. `check` may look at what a .safetensors
 * file has. Throws a WeightsError.
 */
export async function decodeWeights(
  bytes: Uint8Array,
  file: string,
  check: (file: string, content: SafetensorsFile) => void = () => {},
): Promise<WeightsFile> {
  try {
    return isZip(bytes) ? await fromNpz(bytes, file) : fromSafetensors(bytes, file, check);
  } catch (error) {
    if (error instanceof WeightsError) throw error;
    const { message } = error as Error;
    throw new WeightsError(message.includes(file) ? message : `${file}: ${message}`, [PYTORCH_HINT], {
      cause: error,
    });
  }
}

function fromSafetensors(
  bytes: Uint8Array,
  file: string,
  check: (file: string, content: SafetensorsFile) => void,
): WeightsFile {
  const content = decodeSafetensors(bytes);
  check(file, content);
  const { tensors, metadata } = content;
  const names = metadata.format?.startsWith(OWN) ? 'own' : 'pytorch';
  if (names === 'own')
    for (const name of tensors.keys()) if (name.startsWith(OPTIMIZER)) tensors.delete(name);
  return { file, tensors, names };
}

async function fromNpz(bytes: Uint8Array, file: string): Promise<WeightsFile> {
  const arrays = await decodeNpz({ file, bytes });
  const names = arrays.delete(MARK) ? 'own' : 'pytorch';
  if (arrays.size === 0) {
    throw new WeightsError(`${file} is a zip file without arrays of numpy`, [PYTORCH_HINT]);
  }
  const tensors = [...arrays].map(([name, { shape, data }]): [string, StoredTensor] => {
    const isWide = data instanceof BigInt64Array || data instanceof BigUint64Array;
    const numbers: Numbers = isWide
      ? Float64Array.from(data as BigInt64Array, Number)
      : data instanceof Float32Array || data instanceof Float64Array
        ? data
        : Float64Array.from(data as Int32Array);
    return [name, isWide ? { shape, data: numbers, as: 'I64' } : { shape, data: numbers }];
  });
  return { file, tensors: new Map(tensors), names };
}

function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] < 8 && bytes[3] < 8;
}
