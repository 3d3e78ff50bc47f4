import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';

interface Staging {
  /** The name under which the file is written first, on the same disk; by default one beside it that no other writer has. */
  staged?: string;
  /** Called before the file gets its name; throwing leaves the old file. */
  check?: () => void;
}

/**
 * Writes a file so that it is either the old one or the new one, never a part, also after a power cut: the bytes go to
 * the disk under another name first.
 */
export function writeWholeFile(file: string, content: string | Uint8Array, staging?: Staging): void {
  closeSync(openWholeFile(file, content, staging));
}

/** The same, and leaves the file open for appending: the descriptor stays this file's, also when another one gets its name. */
export function openWholeFile(
  file: string,
  content: string | Uint8Array,
  { staged = `${file}.${randomUUID()}.tmp`, check = () => {} }: Staging = {},
): number {
  const descriptor = openSync(staged, 'ax');
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
    check();
    renameSync(staged, file);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    rmSync(staged, { force: true });
    throw error;
  }
}
