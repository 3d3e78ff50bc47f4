import * as v from 'valibot';
import type { Numbers } from '../kernels/contract.ts';
import { issueText, plainObject, wholeNumber } from '../storedFile.node.ts';

/**
 * The safetensors format (Hugging Face 2022): 8 bytes with the header's length, little-endian; the header, JSON that
 * gives each tensor's dtype, shape and place, and under `__metadata__` a map of strings; then the numbers of all
 * tensors, little-endian and without gaps. Nothing in it is code, and every reader of the format can open it.
 */
interface SafetensorsFile {
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
}

export interface StoredTensor {
  shape: readonly number[];
  data: Numbers;
}

/** How the header describes a tensor: its numbers lie from byte begin to end, counted behind the header. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [begin: number, end: number];
}

const METADATA = '__metadata__';
const metadataSchema = v.record(v.string(), v.string());
const entrySchema = v.pipe(
  plainObject,
  v.object({
    dtype: v.string(),
    shape: v.array(wholeNumber),
    data_offsets: v.tuple([wholeNumber, wholeNumber]),
  }),
);
const LENGTH_BYTES = 8;
const arrays = new Map<string, Float32ArrayConstructor | Float64ArrayConstructor>([
  ['F32', Float32Array],
  ['F64', Float64Array],
]);

/** The file's bytes. Typed arrays are little-endian on every machine that Node runs on but s390x, which is refused. */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array {
  requireLittleEndian();
  const header: Record<string, Entry | Record<string, string>> = { [METADATA]: metadata };
  let end = 0;
  for (const [name, { shape, data }] of tensors) {
    const begin = end;
    end += data.byteLength;
    const dtype = data instanceof Float64Array ? 'F64' : 'F32';
    header[name] = { dtype, shape: [...shape], data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces behind the header align the numbers to 8 bytes, as the reference implementation does.
  const start = LENGTH_BYTES + Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.set(json, LENGTH_BYTES);
  let place = start;
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place);
    place += data.byteLength;
  }
  return file;
}

/**
 * Reads what `encodeSafetensors` or another writer made, float32 and float64 only; an Error says where the file is damaged. It takes
 * no more memory than the file has bytes, whatever its header says.
 */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  requireLittleEndian();
  const { header, start } = readHeader(file);
  const tensors = new Map<string, StoredTensor>();
  let metadata: Record<string, string> = {};
  let end = 0;
  for (const [name, content] of Object.entries(header)) {
    if (name === METADATA) {
      metadata = checked(name, content, metadataSchema);
      continue;
    }
    const entry = checked(name, content, entrySchema);
    tensors.set(name, readTensor(name, entry, file.subarray(start)));
    end += entry.data_offsets[1] - entry.data_offsets[0];
  }
  if (end > file.length - start) {
    throw new Error(
      `safetensors: the tensors have ${end} bytes together, the file ${file.length - start}. Two of them lie in one place.`,
    );
  }
  return { tensors, metadata };
}

function readTensor(name: string, { dtype, shape, data_offsets }: Entry, numbers: Uint8Array): StoredTensor {
  const ArrayType = arrays.get(dtype);
  if (ArrayType === undefined) {
    throw new Error(`safetensors: ${name} has dtype ${dtype}; F32 and F64 can be read.`);
  }
  const [begin, end] = data_offsets;
  const bytes = shape.reduce((size, length) => size * length, ArrayType.BYTES_PER_ELEMENT);
  if (end - begin !== bytes || end > numbers.length) {
    throw new Error(
      `safetensors: ${name} [${shape.join(', ')}] should lie in bytes ${begin} to ${end} of ${numbers.length}. The file is not whole.`,
    );
  }
  // A copy, because the numbers of a file from elsewhere need not be aligned; Buffer's own slice makes none.
  const copy = new Uint8Array(numbers.subarray(begin, end));
  return { shape, data: new ArrayType(copy.buffer) };
}

function checked<T>(name: string, content: unknown, schema: v.GenericSchema<unknown, T>): T {
  const { success, output, issues } = v.safeParse(schema, content);
  if (success) return output;
  throw new Error(`safetensors: in the header, of ${name}, ${issueText(issues[0])}. The file is damaged.`);
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
  if (!v.is(plainObject, header)) throw damaged('the header is no object');
  return { header, start };
}

function requireLittleEndian(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return;
  throw new Error('safetensors: this machine is big-endian, and the format little-endian.');
}
