import { grouped } from '../../errors.ts';
import { type DataError, invalidFile } from '../errors.ts';

/** More than any file of a dataset has, also unpacked: CIFAR's archive has 184 MB. */
export const MOST_BYTES = 2 ** 30;

/** Every gzip member opens with these two bytes (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The bytes inside a gzip file; bytes that are not gzipped come back as they are. `file` names them in errors. A gzip file can
 * unpack to a thousand times its size, so it is unpacked no further than `most` says once it has seen the beginning.
 */
export async function gunzip(
  bytes: Uint8Array,
  file: string,
  most: (beginning: Uint8Array) => number = () => MOST_BYTES,
): Promise<Uint8Array> {
  return isGzip(bytes) ? unpack(bytes, 'gzip', file, MOST_BYTES, most) : bytes;
}

/** The same for a bare deflate stream, as zip files have them, of `size` bytes when unpacked. */
export function inflate(bytes: Uint8Array, file: string, size: number): Promise<Uint8Array> {
  return unpack(bytes, 'deflate-raw', file, size);
}

async function unpack(
  bytes: Uint8Array,
  format: 'gzip' | 'deflate-raw',
  file: string,
  limit: number,
  most: (beginning: Uint8Array) => number = () => limit,
): Promise<Uint8Array> {
  const kind = format === 'gzip' ? 'gzip' : 'deflate';
  const chunks: Uint8Array[] = [];
  let length = 0;
  let allowed = limit;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
    .stream()
    .pipeThrough(new DecompressionStream(format));
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: Error) => {
      throw invalidFile(
        file,
        `a ${kind} stream that breaks off or is damaged (${cause.message}; ${bytes.length} bytes on disk)`,
        `a complete ${kind} stream`,
        'Fetch the file again, or copy it again from where it came.',
        { cause },
      );
    });
    if (done) return joined(chunks, length);
    chunks.push(value);
    const before = length;
    length += value.length;
    try {
      if (before < HEADER_BYTES && length >= HEADER_BYTES) {
        allowed = Math.min(most(joined(chunks, length)), limit);
      }
      if (length > allowed) throw unpacksTooFar(file, kind, allowed);
    } catch (error) {
      reader.cancel().catch(() => {});
      throw error;
    }
  }
}

function unpacksTooFar(file: string, kind: string, limit: number): DataError {
  return invalidFile(
    file,
    `a ${kind} stream that unpacks to more than ${grouped(limit)} bytes`,
    'as much as its header says, and no more than a dataset has',
    'The rest of it was not unpacked. Fetch the published file.',
  );
}

/** Of IDX, with four axes. */
const HEADER_BYTES = 20;

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
