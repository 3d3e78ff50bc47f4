import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Dataset } from '../dataset.ts';
import { datasetOf, type Examples, type NumberArray } from '../datasetOf.ts';
import { DataError } from '../errors.ts';
import { type CsvOptions, decodeCsv } from '../format/csv.ts';
import { gunzip } from '../format/gzip.ts';
import { decodeIdx, readIdxHeader } from '../format/idx.ts';
import { decodeNpy } from '../format/npy.ts';
import { decodeNpz } from '../format/npz.ts';
import { type Pairs, pairsOf } from '../roles.ts';
import { readDataFile } from './files.node.ts';
import type { ImageFolderOptions } from './imageFolder.node.ts';

/** How data that are not published ones are read; each is for some kinds of files, and an error with others. */
export interface OwnDataOptions extends Pick<CsvOptions, 'label' | 'testFraction'>, ImageFolderOptions {}

const kinds = [
  'FILE.csv or .tsv: a row for each example, a column with its class',
  'FILE.npz: arrays x and y, or x_train, y_train, x_test and y_test; or such .npy files side by side',
  'an IDX file, or a folder of them: …images-idx3-ubyte beside …labels-idx1-ubyte',
  'a folder of images: FOLDER/class/1.png, or FOLDER/train/class/1.png and FOLDER/test/class/2.png',
];

/** Whether a dataset is a file or a folder by how it is written, and not one of those that have a name. */
export function isOwnData(dataset: string): boolean {
  return /[/\\]|\.\w+$|^\.+$/.test(dataset);
}

/** Where it lies: below `dataDir`, if that is given, else where its name says. */
export function ownDataPath(dataset: string, dataDir?: string): string {
  if (dataDir === undefined) return resolve(dataset);
  return isAbsolute(dataset) ? join(dataDir, basename(dataset)) : resolve(dataDir, dataset);
}

/** Reads a dataset from a file or a folder, by what it is. Throws a DataError that says which file, what is wrong and what to do. */
export async function readOwnData(path: string, options: OwnDataOptions = {}): Promise<Dataset> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) {
    throw new DataError('DATA_MISSING', `There is no file or folder ${resolve(path)}.`, [
      'check the path; where the data lie in another folder now: --data-dir DIR',
    ]);
  }
  const { label, size, testFraction } = options;
  const isFolder = entry.isDirectory();
  const kind = isFolder ? 'folder' : (/\.(csv|tsv|npz|npy)(\.gz)?$/i.exec(path)?.[1].toLowerCase() ?? 'idx');
  const isText = kind === 'csv' || kind === 'tsv';
  if (label !== undefined && !isText) throw notFor(path, 'label', 'a table as text, whose column it names');
  if (size !== undefined && !isFolder) throw notFor(path, 'size', 'folders of images');
  if (isText) return decodeCsv(await read(path), { label, testFraction });
  if (kind === 'npz') {
    const arrays = await decodeNpz(await read(path));
    return assemble(
      path,
      pairsOf(path, [...arrays.keys()], NAMES, undefined),
      testFraction,
      (name) => arrays.get(name)!,
    );
  }
  const folder = isFolder ? path : dirname(path);
  const names = (await readdir(folder)).filter((name) => arrayFile.test(name)).sort();
  if (!isFolder || names.length > 0) {
    const chosen = isFolder ? undefined : basename(path);
    if (chosen !== undefined && !arrayFile.test(chosen)) throw unknownKind(path);
    const pairs = pairsOf(folder, names, NAMES, chosen);
    return assemble(path, { ...pairs, unused: [] }, testFraction, (name) => readArray(join(folder, name)));
  }
  // With its decoders, which nothing else needs.
  const { imageFolders, readImageFolder } = await import('./imageFolder.node.ts');
  const folders = await imageFolders(path);
  if (!folders) throw unknownKind(path);
  return await readImageFolder(path, folders, { size, testFraction });
}

const arrayFile = /(\.npy|[-.]idx\d?[-.]\w+|\.idx)(\.gz)?$/i;
const NAMES =
  'name the examples x (or images, data) and what they are y (or labels), those of the test x_test and y_test';

async function assemble(
  name: string,
  { train, test, unused }: Pairs,
  testFraction: number | undefined,
  arrayOf: (name: string) => NumberArray | Promise<NumberArray>,
): Promise<Dataset> {
  const examples = async (pair: Pairs['train']): Promise<Examples> => ({
    x: await arrayOf(pair.x),
    y: await arrayOf(pair.y),
  });
  const warnings = unused.length > 0 ? [`${name}: not used: ${unused.join(', ')}`] : [];
  return datasetOf(await examples(train), {
    name,
    test: test && (await examples(test)),
    testFraction,
    warnings,
  });
}

async function readArray(path: string): Promise<NumberArray> {
  return /\.npy(\.gz)?$/i.test(path) ? decodeNpy(await read(path)) : decodeIdx(await readIdx(path));
}

async function read(file: string) {
  return { file, bytes: await gunzip(await readDataFile(file), file) };
}

async function readIdx(file: string) {
  const most = (beginning: Uint8Array) => readIdxHeader({ file, bytes: beginning }).length;
  return { file, bytes: await gunzip(await readDataFile(file), file, most) };
}

function notFor(path: string, option: string, of: string): DataError {
  return new DataError('DATA_INVALID', `${path}: --${option} is for ${of}.`, [`leave --${option} out`]);
}

function unknownKind(path: string): DataError {
  return new DataError('DATA_INVALID', `${path} is no kind of data that is known here.`, kinds);
}
