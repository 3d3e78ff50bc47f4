import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder } from '../../makeFolder.node.ts';
import { unreadable } from '../../storedFile.node.ts';
import { writeWholeFile } from '../../wholeFile.node.ts';
import { DataError } from '../errors.ts';
import { MOST_BYTES } from '../format/gzip.ts';
import { type Source, spellings } from '../sources.ts';

/** Where downloads are kept: NORMGRAD_CACHE, or .cache/normgrad in the home folder. */
export function cacheFolder(): string {
  return process.env.NORMGRAD_CACHE || join(homedir(), '.cache', 'normgrad');
}

/** The folder of a dataset below `dataDir`, by default below the cache folder. */
export function sourceFolder(source: Source, dataDir = cacheFolder()): string {
  return join(dataDir, source.folder);
}

/** The path of a data file, under any of its names; undefined when it is not there. */
export async function findFile(source: Source, folder: string, name: string): Promise<string | undefined> {
  for (const candidate of spellings(source, name)) {
    const path = join(folder, candidate);
    if ((await fileSize(path)) !== undefined) return path;
  }
  return undefined;
}

/** In bytes; undefined when there is no such file. */
export async function fileSize(path: string): Promise<number | undefined> {
  try {
    const entry = await stat(path);
    return entry.isDirectory() ? undefined : entry.size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** The bytes of a file of a dataset; a DataError where it is none that can be read. */
export async function readDataFile(path: string): Promise<Uint8Array> {
  try {
    const problem = unreadable(path, MOST_BYTES);
    if (problem === undefined) return await readFile(path);
    throw new DataError('DATA_INVALID', `${path} ${problem}`, [
      'fetch the published file: normgrad data get',
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new DataError(
      'DATA_INVALID',
      `Cannot read ${path}: ${(error as Error).message}.`,
      ['Check the permissions and the disk.'],
      { cause: error },
    );
  }
}

/** Writes a file of a dataset, which is then the old one or the new one, never a part; makes its folder. */
export async function saveFile(path: string, content: Uint8Array | string): Promise<void> {
  try {
    makeFolder(dirname(path));
    writeWholeFile(path, content);
  } catch (error) {
    throw diskError(path, error);
  }
}

/** What the file system refused, in words; other errors come back as they are. */
export function diskError(path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) return error;
  const todo =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'Free some space, or set NORMGRAD_CACHE to a folder on another disk.'
      : 'Check the permissions, or set NORMGRAD_CACHE to a folder that you may write to.';
  return new DataError('DOWNLOAD_FAILED', `Cannot write ${path}: ${(error as Error).message}.`, [todo], {
    cause: error,
  });
}

export function hexDigest(algorithm: 'md5' | 'sha256', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}
