import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { type CifarSource, fileNames, type IdxSource, type Source, spellings } from '../sources.ts';
import { type DownloadProgress, download } from './download.node.ts';
import { cacheFolder, hexDigest, readDataFile, saveFile, sourceFolder } from './files.node.ts';
import { unpackArchive } from './unpack.node.ts';
import { checkFile, checkOrInvalid, verifySource } from './verify.node.ts';

export interface GetOptions {
  /** Where to put the dataset; by default the cache folder. */
  dataDir?: string;
  /** Files or folders on this machine, to be used instead of a download. */
  from?: readonly string[];
  /** A folder of the web with the same files, tried before the known ones. */
  mirror?: string;
  onProgress?: (progress: DownloadProgress) => void;
  signal?: AbortSignal;
}

export interface GetReport {
  name: string;
  title: string;
  folder: string;
  /** Data files by what happened to them; `missing` is not empty only when `from` held a part of the dataset. */
  present: string[];
  downloaded: string[];
  brought: string[];
  missing: string[];
  warnings: string[];
}

/** Makes a dataset ready to load. Files that are there and match the published checksums are left alone. */
export async function getSource(source: Source, options: GetOptions): Promise<GetReport> {
  const { dataDir = cacheFolder(), from } = options;
  const folder = sourceFolder(source, dataDir);
  const report: GetReport = {
    name: source.name,
    title: source.title,
    folder,
    present: [],
    downloaded: [],
    brought: [],
    missing: [],
    warnings: [],
  };
  if (from) {
    const taken = await takeLocalFiles(source, from, folder);
    const after = await verifySource(source, folder);
    const missing = after.files.filter(({ status }) => status === 'missing').map(({ file }) => file);
    return { ...report, ...taken, missing };
  }

  const before = await verifySource(source, folder);
  const names = fileNames(source);
  const isPresent = (_: string, i: number) => before.files[i].status === 'ok';
  report.present = names.filter(isPresent);
  report.downloaded = names.filter((name, i) => !isPresent(name, i));
  if (report.downloaded.length === 0) return report;

  if (source.kind === 'idx') {
    for (const name of report.downloaded) await downloadIdx(source, name, folder, options);
  } else {
    await downloadArchive(source, dataDir, folder, options);
  }
  return report;
}

async function downloadIdx(
  source: IdxSource,
  name: string,
  folder: string,
  options: GetOptions,
): Promise<void> {
  const target = join(folder, `${name}.gz`);
  await download({
    ...options,
    urls: urlsOf(source, `${name}.gz`, options.mirror),
    target,
    mostBytes: mostBytes(source),
    check: async (path) => {
      const { status, detail } = await checkOrInvalid(source, folder, name, path);
      return status === 'ok' ? undefined : detail;
    },
  });
}

/** The archive is deleted once it is unpacked: its manifest keeps what has to be known of it. */
async function downloadArchive(
  source: CifarSource,
  dataDir: string,
  folder: string,
  options: GetOptions,
): Promise<void> {
  const { file, md5 } = source.archive;
  const target = join(dataDir, file);
  await download({
    ...options,
    urls: urlsOf(source, file, options.mirror),
    target,
    mostBytes: mostBytes(source),
    check: async (path) => {
      const came = hexDigest('md5', await readDataFile(path));
      return came === md5 ? undefined : `MD5 ${came} instead of ${md5}`;
    },
  });
  await unpackArchive(source, target, folder);
  await rm(target);
}

/** Of one of its files: they may be compressed in another way than the published ones, or not at all. */
function mostBytes({ megabytes }: Source): number {
  return 10 * megabytes * 1e6;
}

function urlsOf(source: Source, file: string, mirror?: string): string[] {
  const folders = mirror === undefined ? source.urls : [mirror, ...source.urls];
  return folders.map((folder) => `${folder.replace(/\/+$/, '')}/${file}`);
}

/**
 * Puts files that are already on this machine where the loader looks for them. `from` names data files as the publisher
 * names them (gzipped or not), the archive of a CIFAR dataset, or a folder with any of these. A file that cannot be read
 * is refused; one that differs from the published file is taken, with a warning.
 */
async function takeLocalFiles(
  source: Source,
  from: readonly string[],
  folder: string,
): Promise<Pick<GetReport, 'brought' | 'warnings'>> {
  const brought: string[] = [];
  const warnings: string[] = [];
  for (const path of (await Promise.all(from.map(listFiles))).flat()) {
    if (source.kind === 'cifar' && isArchive(path)) {
      const check = await unpackArchive(source, path, folder);
      brought.push(...source.train, ...source.test);
      if (check.status !== 'ok') warnings.push(`${path}: ${check.detail}`);
      continue;
    }
    const name = dataName(source, path);
    if (name === undefined) continue;
    const check = await checkFile(source, folder, name, path);
    if (check.status !== 'ok') warnings.push(`${path}: ${check.detail}`);
    await putInPlace(source, name, path, folder);
    brought.push(name);
  }
  if (brought.length === 0) throw nothingUsable(source, from);
  return { brought, warnings };
}

async function putInPlace(source: Source, name: string, path: string, folder: string): Promise<void> {
  const target = join(folder, basename(path));
  if (resolve(path) === resolve(target)) return;
  await saveFile(target, await readDataFile(path));
  // An older copy under another spelling, gzipped or not, would stand in its way.
  for (const other of spellings(source, name)) {
    if (other !== basename(path)) await rm(join(folder, other), { force: true });
  }
}

/** The data file that `path` is, by its name. */
function dataName(source: Source, path: string): string | undefined {
  return fileNames(source).find((name) => spellings(source, name).includes(basename(path)));
}

function isArchive(path: string): boolean {
  return /\.(tar|tar\.gz|tgz)$/.test(path);
}

async function listFiles(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    return (await readdir(path)).map((name) => join(path, name));
  } catch (cause) {
    throw new DataError(
      'DATA_MISSING',
      `--from ${path}: ${(cause as Error).message}`,
      ['name files or folders that are on this machine'],
      { cause },
    );
  }
}

function nothingUsable(source: Source, from: readonly string[]): DataError {
  const archive = source.kind === 'cifar' ? [source.archive.file] : [];
  const endings =
    source.kind === 'idx' ? ' (each with or without .gz, and with a dot or a hyphen before idx)' : '';
  return new DataError('DATA_MISSING', `No file of ${source.title} in: ${from.join(', ')}.`, [
    `expected file names: ${[...archive, ...fileNames(source)].join(', ')}${endings}`,
  ]);
}
