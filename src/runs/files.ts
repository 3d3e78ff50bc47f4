import type * as v from 'valibot';
import { RunFolderError } from '../errors.ts';
import { checked, parsed, readText } from '../storedFile.node.ts';
import { fromJson, toJson } from '../train/metrics.ts';
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
