import { shown } from '../errors.ts';
import type { Numbers } from '../kernels/contract.ts';
import { isPlain } from '../options.ts';
import { numberBytes, numberFormat, readableDtypes } from './numbers.ts';

/**
 * The safetensors format (Hugging Face 2022): 8 bytes with the header's length, little-endian; the header, JSON that
 * gives each tensor's dtype, shape and place, and under `__metadata__` a map of strings; then the numbers of all
 * tensors, little-endian and without gaps. Nothing in it is code, and every reader of the format can open it.
 */
export interface SafetensorsFile {
  /** In the order in which their numbers lie. */
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

export interface StoredTensor {
  shape: readonly number[];
  data: Numbers;
  /** How the numbers are written in the file; default: as `data` has them, F32 or F64. */
  as?: 'I64';
}

/** How the header describes a tensor: its numbers lie from byte begin to end, counted behind the header. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;

/** The file's bytes. Typed arrays are little-endian on every machine that Node runs on but s390x, which is refused. */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  requireLittleEndian();
  const header: Record<string, Entry | Record<string, string>> = { [METADATA]: metadata };
  const blocks: Uint8Array[] = [];
  let end = 0;
  for (const [name, { shape, data, as }] of tensors) {
    const begin = end;
    const dtype = as ?? (data instanceof Float64Array ? 'F64' : 'F32');
    const block = numberBytes(data, dtype);
    end += block.byteLength;
    blocks.push(block);
    header[name] = { dtype, shape: [...shape], data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces behind the header align the numbers to 8 bytes, as the reference implementation does.
  const start = LENGTH_BYTES + Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.set(json, LENGTH_BYTES);
  let place = start;
  for (const block of blocks) {
    file.set(block, place);
    place += block.byteLength;
  }
  return file;
}

/**
 * Reads what `encodeSafetensors` or another writer made; an Error says where the file is damaged. It takes no more memory than a few
 * times the bytes of the file, whatever its header says.
 */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  requireLittleEndian();
  const { header, start } = readHeader(file);
  const metadata: Record<string, string> = {};
  const entries: [name: string, entry: Entry][] = [];
  let end = 0;
  for (const [name, content] of Object.entries(header)) {
    if (name === METADATA) Object.assign(metadata, checkedMetadata(content));
    else {
      const entry = checkedEntry(name, content);
      entries.push([name, entry]);
      end += entry.data_offsets[1] - entry.data_offsets[0];
    }
  }
  entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  const numbers = file.subarray(start);
  const tensors = new Map(entries.map(([name, entry]) => [name, readTensor(name, entry, numbers)]));
  if (end > numbers.length) {
    throw new Error(
      `safetensors: the tensors have ${end} bytes together, the file ${numbers.length}. Two of them lie in one place.`,
    );
  }
  return { tensors, metadata };
}

function readTensor(name: string, { dtype, shape, data_offsets }: Entry, numbers: Uint8Array): StoredTensor {
  const format = numberFormat(dtype);
  if (format === undefined) {
    throw new Error(
      `safetensors: ${name} has dtype ${dtype}; readable are ${readableDtypes.join(', ')}. Convert it first: tensor.float().`,
    );
  }
  const [begin, end] = data_offsets;
  const bytes = shape.reduce((size, length) => size * length, format.width);
  if (end - begin !== bytes || end > numbers.length) {
    throw new Error(
      `safetensors: ${name} [${shape.join(', ')}] should lie in bytes ${begin} to ${end} of ${numbers.length}. The file is not whole.`,
    );
  }
  // A copy, because the numbers of a file from elsewhere need not be aligned; Buffer's own slice makes none.
  const data = format.read(new Uint8Array(numbers.subarray(begin, end)).buffer);
  return dtype === 'I64' ? { shape, data, as: dtype } : { shape, data };
}

function checkedMetadata(content: unknown): Record<string, string> {
  if (!isPlain(content)) throw inHeader(METADATA, `its content must be an object, got ${shown(content)}`);
  for (const [key, value] of Object.entries(content)) {
    if (typeof value !== 'string') throw inHeader(METADATA, `${key} must be a text, got ${shown(value)}`);
  }
  return content as Record<string, string>;
}

function checkedEntry(name: string, content: unknown): Entry {
  if (!isPlain(content)) throw inHeader(name, `its content must be an object, got ${shown(content)}`);
  const { dtype, shape, data_offsets } = content as Partial<Record<keyof Entry, unknown>>;
  if (typeof dtype !== 'string') throw inHeader(name, problem('dtype', dtype, 'a text'));
  const lists = { shape, data_offsets };
  for (const [field, list] of Object.entries(lists)) {
    if (!Array.isArray(list)) throw inHeader(name, problem(field, list, 'a list'));
    const numbers = field === 'shape' ? list : [list[0], list[1]];
    numbers.forEach((value, i) => {
      const isCount = Number.isSafeInteger(value) && value >= 0;
      if (!isCount) throw inHeader(name, problem(`${field}.${i}`, value, 'a whole number of 0 or more'));
    });
  }
  return { dtype, shape: shape as number[], data_offsets: data_offsets as [number, number] };
}

function problem(field: string, value: unknown, must: string): string {
  return value === undefined ? `${field} is missing` : `${field} must be ${must}, got ${shown(value)}`;
}

function inHeader(name: string, what: string): Error {
  return new Error(`safetensors: in the header, of ${name}, ${what}. The file is damaged.`);
}

function readHeader(file: Uint8Array): { header: Record<string, unknown>; start: number } {
  const damaged = (what: string) =>
    new Error(`safetensors: ${what}. The file is not whole, or another format.`);
  if (file.length < LENGTH_BYTES)
    throw damaged(`${file.length} bytes, and the header's length alone takes 8`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(file.length - LENGTH_BYTES)) {
    throw damaged(`a header of ${length} bytes in a file of ${file.length}`);
  }
  const start = LENGTH_BYTES + Number(length);
  const text = new TextDecoder().decode(file.subarray(LENGTH_BYTES, start));
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw damaged('the header is not JSON');
  }
  if (!isPlain(header)) throw damaged('the header is no object');
  return { header, start };
}

function requireLittleEndian(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return;
  throw new Error('safetensors: this machine is big-endian, and the format little-endian.');
}
