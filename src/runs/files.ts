import type * as v from 'valibot';
import { RunFolderError } from '../errors.ts';
import { fromJson, toJson } from '../json.ts';
import { checked, parsed, readText } from '../storedFile.node.ts';
import { ifThere } from './lock/errors.ts';

export { makeFolder } from '../makeFolder.node.ts';

/** JSON as it stands in the files of a run. */
export function jsonText(value: unknown): string {
  return `${toJson(value, 2)}\n`;
}

const USELESS = 'delete it, or choose another folder';

/** What a file holds that `jsonText` made; a RunFolderError where it is not what the schema says, or not there. */
export function readJson<T>(file: string, schema: v.GenericSchema<unknown, T>, hint = USELESS): T {
  const content = readJsonIfThere(file, schema, hint);
  if (content === undefined) throw new RunFolderError(`there is no file ${file}`, [hint]);
  return content;
}

/** The same; undefined where there is no such file, which others may remove at any moment. */
export function readJsonIfThere<T>(
  file: string,
  schema: v.GenericSchema<unknown, T>,
  hint = USELESS,
): T | undefined {
  const from = { file, hint };
  const text = ifThere(() => readText(from));
  return text === undefined ? undefined : checked(from, parsed(from, text, fromJson), schema);
}

/** Says in words what the file system refused to do with `what`, a run folder or the file that the flag `out` names. */
export function guarded<T>(
  path: string,
  fn: () => T,
  what: 'the run folder ' | '' = 'the run folder ',
  out = what ? '--out DIR' : '--out FILE',
): T {
  try {
    return fn();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    const hint =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? `free some space, or choose a folder on another disk: ${out}`
        : code === 'ENOENT' || code === 'ENOTDIR'
          ? `check that the folder around it exists, or choose another place: ${out}`
          : `check the permissions, or choose another place: ${out}`;
    throw new RunFolderError(`cannot write ${what}${path}: ${message}`, [hint], { cause: error });
  }
}
