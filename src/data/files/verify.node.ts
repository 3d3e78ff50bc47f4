import { readFile } from 'node:fs/promises';
import { DataError } from '../errors.ts';
import { decodeCifar } from '../format/cifar.ts';
import { gunzip } from '../format/gzip.ts';
import { parseIdx } from '../format/idx.ts';
import { fileNames, idxDimensions, type Source, type SourceName, sources } from '../sources.ts';
import { type Check, checkCifar, checkIdx, readManifest } from './check.node.ts';
import { findFile, sourceFolder } from './files.node.ts';

export interface FileReport {
  /** The path where the file is, or the name of one that is not there. */
  file: string;
  /** 'invalid' cannot be read at all; 'differs' and 'unverified' can, and load with a warning. */
  status: Check['status'] | 'missing' | 'invalid';
  detail: string;
}

export interface VerifyReport {
  name: string;
  title: string;
  folder: string;
  files: FileReport[];
}

/** Checks every file of a dataset again: is it there, can it be read, is it the published one. Throws nothing of this. */
export async function verifyDataset(name: SourceName, dataDir?: string): Promise<VerifyReport> {
  return verifySource(sources[name], sourceFolder(sources[name], dataDir));
}

export async function verifySource(source: Source, folder: string): Promise<VerifyReport> {
  const files: FileReport[] = [];
  for (const name of fileNames(source)) {
    const file = await findFile(source, folder, name);
    files.push(
      file === undefined
        ? { file: name, status: 'missing', detail: `not in ${folder}` }
        : { file, ...(await checkOrInvalid(source, folder, name, file)) },
    );
  }
  return { name: source.name, title: source.title, folder, files };
}

async function checkOrInvalid(
  source: Source,
  folder: string,
  name: string,
  file: string,
): Promise<Omit<FileReport, 'file'>> {
  try {
    return await checkFile(source, folder, name, file);
  } catch (error) {
    if (error instanceof DataError) return { status: 'invalid', detail: error.message };
    throw error;
  }
}

/** Reads `file` as the data file `name` of the source: throws DataError when it is not one, else compares checksums. */
export async function checkFile(source: Source, folder: string, name: string, file: string): Promise<Check> {
  const bytes = await readFile(file);
  if (source.kind === 'cifar') {
    decodeCifar({ file, bytes }, source.format);
    return checkCifar(source, await readManifest(folder), name, bytes);
  }
  const content = await gunzip(bytes, file);
  parseIdx({ file, bytes: content }, idxDimensions(source, name));
  return checkIdx(source, name, bytes, content);
}
