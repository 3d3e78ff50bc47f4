import { crc32 } from '../../crc32.ts';
import { bytesText, shown } from '../../errors.ts';
import { requireFields } from '../../options.ts';
import type { NamedBytes } from '../dataset.ts';
import { invalidFile } from '../errors.ts';
import { inflate, MOST_BYTES } from './gzip.ts';
import { decodeNpy, encodeNpy, type NpyArray, type NpyNumbers } from './npy.ts';

/**
 * NPZ, the format of numpy.savez: a zip file (PKWARE's APPNOTE) with one .npy file for each array, stored as it is or deflated
 * (savez_compressed). Every entry has a header in front of it and one in the directory at the file's end, and the file ends with a
 * record that says where that directory is.
 */
const LOCAL = { signature: 0x04034b50, length: 30 };
const ENTRY = { signature: 0x02014b50, length: 46 };
const END = { signature: 0x06054b50, length: 22 };
/** What may follow the end's record. */
const LONGEST_COMMENT = 0xffff;
/** 1980-01-01, the first day that zip knows: the same arrays give the same bytes. */
const DAY = 0x21;

interface ZipEntry {
  name: string;
  method: number;
  crc: number;
  packed: number;
  size: number;
  /** Of its local header. */
  at: number;
}

/** The arrays of a .npz file by their names. Throws a DataError where it is damaged. */
export async function decodeNpz(source: NamedBytes): Promise<Map<string, NpyArray>> {
  requireFields('decodeNpz', source, 'a file', ['file', 'bytes']);
  const entries = readDirectory(source);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > MOST_BYTES) {
    const most = `${bytesText(MOST_BYTES)} at most`;
    throw invalidFile(source.file, `arrays of ${bytesText(total)}`, most, 'Save fewer or smaller arrays.');
  }
  const arrays = new Map<string, NpyArray>();
  for (const entry of entries) {
    if (!entry.name.endsWith('.npy')) continue;
    const file = `${source.file}: ${entry.name}`;
    arrays.set(entry.name.slice(0, -4), decodeNpy({ file, bytes: await contentOf(source, entry, file) }));
  }
  return arrays;
}

/** The bytes of a .npz file, as numpy.savez writes them: nothing is compressed, numbers of networks hardly would be. */
export function encodeNpz(
  arrays: Iterable<readonly [name: string, { shape: readonly number[]; data: NpyNumbers }]>,
): Uint8Array {
  if (typeof (arrays as Partial<typeof arrays> | null)?.[Symbol.iterator] !== 'function') {
    throw new Error(`encodeNpz: expected [name, { shape, data }] of every array, got ${shown(arrays)}.`);
  }
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const entry of arrays) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') {
      throw new Error(`encodeNpz: expected [name, { shape, data }] of every array, got ${shown(entry)}.`);
    }
    const [name, array] = entry;
    const content = encodeNpy(array);
    const path = new TextEncoder().encode(`${name}.npy`);
    // Version, flags (bit 11: the name is UTF-8), method, time, day, checksum, both sizes, lengths of the name and of what follows.
    const shared = (header: DataView, from: number) => {
      header.setUint16(from, 20, true);
      header.setUint16(from + 2, 0x800, true);
      header.setUint16(from + 8, DAY, true);
      header.setUint32(from + 10, crc32(content), true);
      header.setUint32(from + 14, content.length, true);
      header.setUint32(from + 18, content.length, true);
      header.setUint16(from + 22, path.length, true);
    };
    locals.push(
      record(LOCAL, path, (header) => shared(header, 4)),
      content,
    );
    directory.push(
      record(ENTRY, path, (header) => {
        header.setUint16(4, 20, true);
        shared(header, 6);
        header.setUint32(42, at, true);
      }),
    );
    at += LOCAL.length + path.length + content.length;
  }
  const end = record(END, new Uint8Array(), (header) => {
    header.setUint16(8, directory.length, true);
    header.setUint16(10, directory.length, true);
    header.setUint32(12, lengthOf(directory), true);
    header.setUint32(16, at, true);
  });
  const parts = [...locals, ...directory, end];
  const file = new Uint8Array(lengthOf(parts));
  let place = 0;
  for (const part of parts) {
    file.set(part, place);
    place += part.length;
  }
  return file;
}

function record({ signature, length }: typeof LOCAL, name: Uint8Array, fill: (header: DataView) => void) {
  const bytes = new Uint8Array(length + name.length);
  const header = new DataView(bytes.buffer);
  header.setUint32(0, signature, true);
  fill(header);
  bytes.set(name, length);
  return bytes;
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function readDirectory({ file, bytes }: NamedBytes): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END.length;
  const first = Math.max(0, end - LONGEST_COMMENT);
  while (end >= first && view.getUint32(end, true) !== END.signature) end--;
  if (end < first) throw damaged(file, 'no end of a zip file', 'a .npz file, as numpy.savez writes it');
  const entries: ZipEntry[] = [];
  let at = view.getUint32(end + 16, true);
  for (let n = view.getUint16(end + 10, true); n > 0; n--) {
    if (at + ENTRY.length > end || view.getUint32(at, true) !== ENTRY.signature) {
      throw damaged(file, `no entry at byte ${at}`, 'a directory of all arrays before the end of the file');
    }
    const next = at + ENTRY.length + view.getUint16(at + 28, true);
    entries.push({
      name: new TextDecoder().decode(bytes.subarray(at + ENTRY.length, next)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
    });
    at = next + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

async function contentOf({ bytes }: NamedBytes, entry: ZipEntry, file: string): Promise<Uint8Array> {
  const { method, crc, packed, size, at } = entry;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + LOCAL.length > bytes.length || view.getUint32(at, true) !== LOCAL.signature) {
    throw damaged(file, `other bytes at ${at}`, 'the array that the directory announces there');
  }
  if (method !== 0 && method !== 8) {
    throw damaged(file, `compression method ${method}`, '0 (none) or 8 (deflate), which numpy writes');
  }
  const begin = at + LOCAL.length + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  const stored = bytes.subarray(begin, begin + packed);
  const content = method === 0 ? stored : await inflate(stored, file, size);
  if (content.length !== size || crc32(content) !== crc) {
    throw damaged(
      file,
      'other bytes than its checksum is of',
      `${size} bytes with checksum ${crc.toString(16)}`,
    );
  }
  return content;
}

function damaged(file: string, came: string, expected: string) {
  return invalidFile(file, came, expected, 'The file is damaged, or no .npz: save or copy it again.');
}
