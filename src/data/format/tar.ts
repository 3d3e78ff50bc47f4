/**
 * The files of a tar archive (POSIX.1-1988, "ustar"): headers of 512 bytes, each followed by its file, filled up to whole
 * blocks; two empty blocks end it. A header has the name in bytes 0 to 99, the size in octal digits in bytes 124 to 135, the
 * type in byte 156. Folders, links and the headers of later formats are passed over. Throws where the archive breaks off.
 */
export function readTar(archive: Uint8Array): { name: string; data: Uint8Array }[] {
  const files: { name: string; data: Uint8Array }[] = [];
  let at = 0;
  while (at + BLOCK <= archive.length && archive[at] !== 0) {
    const header = archive.subarray(at, at + BLOCK);
    const name = text(header.subarray(0, 100));
    const digits = text(header.subarray(124, 136)).trim();
    if (!/^[0-7]+$/.test(digits)) throw new Error(`the size of ${JSON.stringify(name)} is "${digits}"`);
    const size = Number.parseInt(digits, 8);
    const begin = at + BLOCK;
    if (begin + size > archive.length) {
      throw new Error(
        `${JSON.stringify(name)} should have ${size} bytes, and ${archive.length - begin} are left`,
      );
    }
    const type = String.fromCharCode(header[156]);
    if (type === '0' || type === '\0') files.push({ name, data: archive.subarray(begin, begin + size) });
    at = begin + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

const BLOCK = 512;

/** Up to the first zero. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
