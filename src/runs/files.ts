import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { RunFolderError } from '../errors.ts';
import { fromJson, toJson } from '../train/metrics.ts';

/** JSON as it stands in the files of a run. */
export function jsonText(value: unknown): string {
  return `${toJson(value, 2)}\n`;
}

export function readJson(file: string, hint = 'delete it, or choose another folder'): unknown {
  try {
    return fromJson(readFileSync(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RunFolderError(`${file} is not JSON: ${error.message}`, [hint]);
  }
}

/** mkdir -p. Node's own `recursive` never returns where the file system answers ENOENT, as Linux's /proc does. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another run may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Says in words what the file system refused. */
export function guarded<T>(path: string, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    const hint =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free some space, or choose a folder on another disk: --out DIR'
        : 'check the permissions, or choose another folder: --out DIR';
    throw new RunFolderError(`cannot write the run folder ${path}: ${message}`, [hint], { cause: error });
  }
}
