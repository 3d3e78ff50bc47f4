import { invalidFile } from '../errors.ts';

/** Every gzip member opens with these two bytes (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** The bytes inside a gzip file; bytes that are not gzipped come back as they are. `file` names them in errors. */
export async function gunzip(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>])
      .stream()
      .pipeThrough(new DecompressionStream('gzip'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw invalidFile(
      file,
      `a gzip stream that breaks off or is damaged (${(cause as Error).message}; ${bytes.length} bytes on disk)`,
      'a complete gzip file',
      'Fetch the file again, or copy it again from where it came.',
      { cause },
    );
  }
}
