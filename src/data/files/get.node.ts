import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../errors.ts';
import {
  type CifarSource,
  fileNames,
  type IdxSource,
  type Source,
  type SourceName,
  sources,
} from '../sources.ts';
import { bringFiles } from './bring.node.ts';
import { type DownloadProgress, download } from './download.node.ts';
import { cacheFolder, hexDigest, sourceFolder } from './files.node.ts';
import { unpackArchive } from './unpack.node.ts';
import { checkFile, verifySource } from './verify.node.ts';

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
export async function getDataset(name: SourceName, options: GetOptions = {}): Promise<GetReport> {
  return getSource(sources[name], options);
}

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
    const { files, warnings } = await bringFiles(source, from, folder);
    const after = await verifySource(source, folder);
    const missing = after.files.filter(({ status }) => status === 'missing').map(({ file }) => file);
    return { ...report, brought: files, missing, warnings };
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
    check: async (path) => {
      try {
        const check = await checkFile(source, folder, name, path);
        return check.status === 'ok' ? undefined : check.detail;
      } catch (error) {
        if (error instanceof DataError) return error.message;
        throw error;
      }
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
    check: async (path) => {
      const came = hexDigest('md5', await readFile(path));
      return came === md5 ? undefined : `MD5 ${came} instead of ${md5}`;
    },
  });
  await unpackArchive(source, target, folder);
  await rm(target);
}

function urlsOf(source: Source, file: string, mirror?: string): string[] {
  const folders = mirror === undefined ? source.urls : [mirror, ...source.urls];
  return folders.map((folder) => `${folder.replace(/\/+$/, '')}/${file}`);
}
