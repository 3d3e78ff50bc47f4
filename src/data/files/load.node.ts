import { dirname } from 'node:path';
import { typed } from '../../typed.node.ts';
import { checkLimit, type Dataset, type ImageSet, type NamedBytes, takeFirst } from '../dataset.ts';
import { DataError, requireValid } from '../errors.ts';
import { usedCars } from '../format/cars.ts';
import { type CifarRecords, cifarShape, decodeCifar } from '../format/cifar.ts';
import { syntheticDigits } from '../format/digits.ts';
import { decodeIdxPair } from '../format/idx.ts';
import {
  type CifarSource,
  fileNames,
  type IdxSource,
  type Source,
  type SourceName,
  sourceNames,
  sources,
} from '../sources.ts';
import { findFile, readDataFile, sourceFolder } from './files.node.ts';
import { isOwnData, type OwnDataOptions, ownDataPath, readOwnData } from './own.node.ts';
import { type Check, checkCifar, checkIdx, readManifest, unpackIdx } from './verify.node.ts';

/** Datasets that lie in no file, and how each is drawn. */
const drawn = { synthetic: syntheticDigits, cars: usedCars };

export type DatasetName = SourceName | keyof typeof drawn;
export const drawnNames = Object.keys(drawn) as (keyof typeof drawn)[];
export const datasetNames: readonly DatasetName[] = [...sourceNames, ...drawnNames];

/** How data of one's own are named: for messages. */
export const OWN_DATA = 'or a file or folder of your own: ./table.csv, ./arrays.npz, ./images/';

export interface LoadOptions extends OwnDataOptions {
  /**
   * Holds mnist/, fashion-mnist/, cifar-10-batches-bin/ or cifar-100-binary/, by default the cache folder; or the file or folder of own
   * data, by default the current folder.
   */
  dataDir?: string;
  /** Only the first images of a split; of the synthetic digits and of cars, how many to draw. */
  limitTrain?: number;
  limitTest?: number;
  /** Of what is drawn: another seed, other drawings. */
  seed?: number | string;
}

/** Reads a dataset from disk, by its name or its file, or draws it. Throws DataError; what is odd but usable is in `warnings` of the splits. */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<Dataset> {
  const { dataDir, seed = 1, limitTrain, limitTest, label, size, testFraction } = options;
  checkLimit(name, limitTrain);
  checkLimit(name, limitTest);
  if (isOwnData(name)) {
    const { train, test } = await readOwnData(ownDataPath(name, dataDir), { label, size, testFraction });
    return { train: takeFirst(train, limitTrain), test: takeFirst(test, limitTest) };
  }
  if (!isPublished(name)) {
    throw new DataError('DATA_INVALID', `Unknown dataset "${name}".`, [
      `one of: ${datasetNames.join(', ')}`,
      OWN_DATA,
    ]);
  }
  const given = Object.entries({ label, size, testFraction }).find(([, value]) => value !== undefined);
  if (given) {
    throw new DataError(
      'DATA_INVALID',
      `${name} is read as it was published: "${given[0]}" is for data of your own.`,
      [`leave ${given[0]} out`],
    );
  }
  if (isDrawn(name)) return drawn[name]({ seed, train: limitTrain, test: limitTest });

  const source = sources[name];
  const paths = await findAll(source, dataDir);
  if (source.kind === 'idx') {
    const train = await readIdxSplit(source, 'train', paths);
    const test = await readIdxSplit(source, 'test', paths);
    requireValid(
      train.height === test.height && train.width === test.width,
      `${source.title}: training images are ${train.height} x ${train.width}, test images ${test.height} x ${test.width}; expected one size. Use files of the same dataset.`,
    );
    return { train: takeFirst(train, limitTrain), test: takeFirst(test, limitTest) };
  }
  return {
    train: await readCifarSplit(source, 'train', paths, limitTrain),
    test: await readCifarSplit(source, 'test', paths, limitTest),
  };
}

/** Whether a dataset needs no files. */
export function isDrawn(name: string): name is keyof typeof drawn {
  return Object.hasOwn(drawn, name);
}

function isPublished(name: string): name is DatasetName {
  return datasetNames.some((each) => each === name);
}

/** The path of every file of the dataset, by name; DATA_MISSING when one is not there. */
async function findAll(source: Source, dataDir?: string): Promise<Map<string, string>> {
  const folder = sourceFolder(source, dataDir);
  const paths = new Map<string, string>();
  const absent: string[] = [];
  for (const name of fileNames(source)) {
    const path = await findFile(source, folder, name);
    if (path === undefined) absent.push(name);
    else paths.set(name, path);
  }
  if (absent.length === 0) return paths;

  const where = dataDir === undefined ? `in the cache (${folder})` : `in ${folder}`;
  const what =
    paths.size === 0
      ? `${source.title} is not ${where}`
      : `${source.title} is not complete ${where}: ${absent.join(', ')} missing`;
  const example = source.kind === 'idx' ? `${fileNames(source)[0]}.gz …` : source.archive.file;
  throw new DataError('DATA_MISSING', what, [
    `fetch it:      ${typed('data get', [source.name])}  (${source.megabytes} MB, checksum-verified)`,
    `or bring it:   ${typed('data get', [source.name])} --from ./${example}`,
    `or try:        ${typed('train --dataset synthetic')}`,
  ]);
}

async function readIdxSplit(
  source: IdxSource,
  split: 'train' | 'test',
  paths: Map<string, string>,
): Promise<ImageSet> {
  const warnings = new Set<string>();
  const read = async (name: string): Promise<NamedBytes> => {
    const file = paths.get(name)!;
    const bytes = await readDataFile(file);
    const content = await unpackIdx(source, name, { file, bytes });
    warnIfUnpublished(file, checkIdx(source, name, bytes, content), warnings);
    return { file, bytes: content };
  };
  const images = await read(source[split].images);
  const labels = await read(source[split].labels);
  return {
    ...decodeIdxPair({ name: source.name, split, classes: source.classes }, images, labels),
    warnings: [...warnings],
  };
}

/** Reads no more batch files than `limit` needs. */
async function readCifarSplit(
  source: CifarSource,
  split: 'train' | 'test',
  paths: Map<string, string>,
  limit = Number.POSITIVE_INFINITY,
): Promise<ImageSet> {
  const warnings = new Set<string>();
  const parts: CifarRecords[] = [];
  let count = 0;
  for (const name of source[split]) {
    if (count >= limit) break;
    const file = paths.get(name)!;
    const bytes = await readDataFile(file);
    const manifest = await readManifest(dirname(file));
    warnIfUnpublished(file, checkCifar(source, manifest, name, bytes), warnings);
    const records = decodeCifar({ file, bytes }, source.format);
    parts.push(records);
    count += records.count;
  }
  const set: ImageSet = {
    name: source.name,
    split,
    count,
    ...cifarShape,
    images: concatenate(parts.map(({ images }) => images)),
    // The last label byte is the fine one: 10 classes in CIFAR-10, 100 in CIFAR-100.
    labels: concatenate(parts.map(({ labels }) => labels[labels.length - 1])),
    classes: source.classes,
    warnings: [...warnings],
  };
  return takeFirst(set, Math.min(limit, count));
}

/** What cannot be verified is said once for the whole folder. */
function warnIfUnpublished(file: string, { status, detail }: Check, warnings: Set<string>): void {
  if (status === 'differs') warnings.add(`${file}: ${detail}`);
  if (status === 'unverified') warnings.add(`${dirname(file)}: ${detail}`);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const { buffer, byteOffset, byteLength } = Buffer.concat(parts);
  return new Uint8Array(buffer, byteOffset, byteLength);
}
