import type * as v from 'valibot';
import { RunFolderError } from '../errors.ts';
import { checked, parsed, readText } from '../storedFile.node.ts';
import { fromJson, toJson } from '../train/metrics.ts';

export { makeFolder } from '../makeFolder.node.ts';

/** JSON as it stands in the files of a run. */
export function jsonText(value: unknown): string {
  return `${toJson(value, 2)}\n`;
}

/** What a file holds that `jsonText` made; a RunFolderError where it is not what the schema says. */
export function readJson<T>(
  file: string,
  schema: v.GenericSchema<unknown, T>,
  hint = 'delete it, or choose another folder',
): T {
  const from = { file, hint };
  return checked(from, parsed(from, readText(from), fromJson), schema);
}

/** Says in words what the file system refused to do with `what`, a run folder or the file that `--out` names. */
export function guarded<T>(path: string, fn: () => T, what: 'the run folder ' | '' = 'the run folder '): T {
  try {
    return fn();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    const out = what ? '--out DIR' : '--out FILE';
    const hint =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? `free some space, or choose a folder on another disk: ${out}`
        : code === 'ENOENT' || code === 'ENOTDIR'
          ? `check that the folder around it exists, or choose another place: ${out}`
          : `check the permissions, or choose another place: ${out}`;
    throw new RunFolderError(`cannot write ${what}${path}: ${message}`, [hint], { cause: error });
  }
}
