import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { type CifarSource, fileNames, type Source } from '../sources.ts';
import { writeAtomically } from './files.node.ts';
import { unpackArchive } from './unpack.node.ts';
import { checkFile } from './verify.node.ts';

/** What `bringFiles` put in place. */
export interface Brought {
  files: string[];
  warnings: string[];
}

/**
 * Puts files that are already on this machine where the loader looks for them. `from` names data files as the publisher
 * names them (gzipped or not), the archive of a CIFAR dataset, or a folder with any of these. A file that cannot be read
 * is refused; one that differs from the published file is taken, with a warning.
 */
export async function bringFiles(source: Source, from: readonly string[], folder: string): Promise<Brought> {
  const brought: Brought = { files: [], warnings: [] };
  for (const path of (await Promise.all(from.map(listFiles))).flat()) {
    if (source.kind === 'cifar' && isArchive(path)) {
      const check = await unpackArchive(source, path, folder);
      brought.files.push(...source.train, ...source.test);
      if (check.status !== 'ok') brought.warnings.push(`${path}: ${check.detail}`);
      continue;
    }
    const name = dataName(source, path);
    if (name === undefined) continue;
    const check = await checkFile(source, folder, name, path);
    if (check.status !== 'ok') brought.warnings.push(`${path}: ${check.detail}`);
    await putInPlace(path, join(folder, basename(path)));
    brought.files.push(name);
  }
  if (brought.files.length === 0) throw nothingUsable(source, from);
  return brought;
}

async function putInPlace(path: string, target: string): Promise<void> {
  if (resolve(path) === resolve(target)) return;
  await writeAtomically(target, await readFile(path));
  // An older copy under the other spelling, gzipped or not, would stand in its way.
  await rm(target.endsWith('.gz') ? target.slice(0, -3) : `${target}.gz`, { force: true });
}

/** The data file that `path` is, by its name. */
function dataName(source: Source, path: string): string | undefined {
  const name = source.kind === 'idx' ? basename(path).replace(/\.gz$/, '') : basename(path);
  return fileNames(source).includes(name) ? name : undefined;
}

function isArchive(path: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/.test(path);
}

async function listFiles(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    return (await readdir(path)).map((name) => join(path, name));
  } catch (cause) {
    throw new DataError('DATA_MISSING', `--from ${path}: ${(cause as Error).message}`, [], { cause });
  }
}

function nothingUsable(source: Source, from: readonly string[]): DataError {
  const archive = source.kind === 'cifar' ? [(source as CifarSource).archive.file] : [];
  const endings = source.kind === 'idx' ? ' (each with or without .gz)' : '';
  return new DataError('DATA_MISSING', `No file of ${source.title} in: ${from.join(', ')}.`, [
    `expected file names: ${[...archive, ...fileNames(source)].join(', ')}${endings}`,
  ]);
}
