import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** mkdir -p. Node's own `recursive` never returns where the file system answers ENOENT, as Linux's /proc does. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
