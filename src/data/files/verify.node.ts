import { join } from 'node:path';
import * as v from 'valibot';
import { typed } from '../../typed.node.ts';
import type { NamedBytes } from '../dataset.ts';
import { DataError } from '../errors.ts';
import { decodeCifar } from '../format/cifar.ts';
import { gunzip, isGzip } from '../format/gzip.ts';
import { parseIdx, readIdxHeader } from '../format/idx.ts';
import { type CifarSource, fileNames, type IdxSource, idxDimensions, type Source } from '../sources.ts';
import { findFile, hexDigest, readDataFile } from './files.node.ts';

/** Whether a file that can be read is the one that was published. */
export interface Check {
  status: 'ok' | 'differs' | 'unverified';
  /** For people: what was compared. */
  detail: string;
}

interface FileReport {
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

/** As `checkFile`, with what cannot be read as one more status. */
export async function checkOrInvalid(
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
  const bytes = await readDataFile(file);
  if (source.kind === 'cifar') {
    decodeCifar({ file, bytes }, source.format);
    return checkCifar(source, await readManifest(folder), name, bytes);
  }
  const content = await unpackIdx(source, name, { file, bytes });
  parseIdx({ file, bytes: content }, idxDimensions(source, name));
  return checkIdx(source, name, bytes, content);
}

/** An IDX file without its gzip wrapping, in which there may be as much as the IDX header says. */
export function unpackIdx(source: IdxSource, name: string, { file, bytes }: NamedBytes): Promise<Uint8Array> {
  const dimensions = idxDimensions(source, name);
  return gunzip(bytes, file, (beginning) => readIdxHeader({ file, bytes: beginning }, dimensions).length);
}

/** Compares an IDX file with its published MD5; `content` is the file without its gzip wrapping. */
export function checkIdx(source: IdxSource, name: string, bytes: Uint8Array, content: Uint8Array): Check {
  const { of, md5 } = source.checksums[name];
  if (of === 'file' && !isGzip(bytes)) {
    return {
      status: 'unverified',
      detail: `not verified: ${source.title} publishes checksums of the .gz files only`,
    };
  }
  return compare('MD5', hexDigest('md5', of === 'content' ? content : bytes), md5, source.title);
}

/**
 * Written into the folder of a CIFAR dataset when its archive is unpacked. Only the archive has a published checksum, so
 * this is what ties the files to it.
 */
const manifestSchema = v.object({ archiveMd5: v.string(), sha256: v.record(v.string(), v.string()) });
export type Manifest = v.InferOutput<typeof manifestSchema>;
export const manifestName = 'normgrad-manifest.json';

/** Undefined when there is none, or none that can be read: the files then count as unverified. */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    const json: unknown = JSON.parse(Buffer.from(await readDataFile(join(folder, manifestName))).toString());
    const parsed = v.safeParse(manifestSchema, json);
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Compares a CIFAR file with what was unpacked from the published archive. */
export function checkCifar(
  source: CifarSource,
  manifest: Manifest | undefined,
  name: string,
  bytes: Uint8Array,
): Check {
  if (!manifest || manifest.sha256[name] === undefined) {
    return {
      status: 'unverified',
      detail: `not verified against the published archive ${source.archive.file} (it was not unpacked by "${typed('data get', [source.name])}")`,
    };
  }
  const archive = checkArchive(source, manifest.archiveMd5);
  if (archive.status !== 'ok') return archive;
  return compare('SHA-256', hexDigest('sha256', bytes), manifest.sha256[name], source.title);
}

export function checkArchive(source: CifarSource, md5: string): Check {
  return compare(`archive MD5`, md5, source.archive.md5, source.title);
}

function compare(what: string, came: string, expected: string, title: string): Check {
  return came === expected
    ? { status: 'ok', detail: `${what} ${came}` }
    : { status: 'differs', detail: `${what} ${came} differs from ${expected} of the published ${title}` };
}
