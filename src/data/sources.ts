import {
  type Checksum,
  cifar10ArchiveMd5,
  cifar100ArchiveMd5,
  fashionMnistChecksums,
  mnistChecksums,
} from './checksums.ts';
import { cifar10Classes, cifar100Classes } from './cifarClasses.ts';
import { digitClasses, fashionClasses } from './classes.ts';
import { type CifarFormat, cifar10Format, cifar100Format } from './format/cifar.ts';

interface SourceBase {
  name: string;
  title: string;
  /** Below the data folder, named as publishers and their archives name it. */
  folder: string;
  classes: readonly string[];
  /** Folders of the web that hold the files, tried in this order. */
  urls: readonly string[];
  /** For messages: what has to be fetched. */
  megabytes: number;
}

export interface IdxSource extends SourceBase {
  kind: 'idx';
  /** File names without .gz. */
  train: { images: string; labels: string };
  test: { images: string; labels: string };
  checksums: Record<string, Checksum>;
}

export interface CifarSource extends SourceBase {
  kind: 'cifar';
  format: CifarFormat;
  train: readonly string[];
  test: readonly string[];
  archive: { file: string; md5: string };
}

export type Source = IdxSource | CifarSource;

const idxFiles = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
};

const mindspore = 'https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets';

export const sources = {
  mnist: {
    kind: 'idx',
    name: 'mnist',
    title: 'MNIST',
    folder: 'mnist',
    classes: digitClasses,
    // The publisher's page comes last: it often refuses to serve the files.
    urls: [
      'https://ossci-datasets.s3.amazonaws.com/mnist',
      'https://storage.googleapis.com/cvdf-datasets/mnist',
      'http://yann.lecun.com/exdb/mnist',
    ],
    megabytes: 11.6,
    ...idxFiles,
    checksums: mnistChecksums,
  },
  'fashion-mnist': {
    kind: 'idx',
    name: 'fashion-mnist',
    title: 'Fashion-MNIST',
    folder: 'fashion-mnist',
    classes: fashionClasses,
    urls: [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion',
    ],
    megabytes: 30.9,
    ...idxFiles,
    checksums: fashionMnistChecksums,
  },
  cifar10: {
    kind: 'cifar',
    name: 'cifar10',
    title: 'CIFAR-10',
    folder: 'cifar-10-batches-bin',
    classes: cifar10Classes,
    urls: ['https://www.cs.toronto.edu/~kriz', mindspore],
    megabytes: 170,
    format: cifar10Format,
    train: [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`),
    test: ['test_batch.bin'],
    archive: { file: 'cifar-10-binary.tar.gz', md5: cifar10ArchiveMd5 },
  },
  cifar100: {
    kind: 'cifar',
    name: 'cifar100',
    title: 'CIFAR-100',
    folder: 'cifar-100-binary',
    classes: cifar100Classes,
    urls: ['https://www.cs.toronto.edu/~kriz', mindspore],
    megabytes: 169,
    format: cifar100Format,
    train: ['train.bin'],
    test: ['test.bin'],
    archive: { file: 'cifar-100-binary.tar.gz', md5: cifar100ArchiveMd5 },
  },
} as const satisfies Record<string, Source>;

/** The datasets that can be downloaded. */
export type SourceName = keyof typeof sources;
export const sourceNames = Object.keys(sources) as SourceName[];

/** The data files of a source; those of an IDX source without the .gz that they may carry. */
export function fileNames(source: Source): string[] {
  if (source.kind === 'cifar') return [...source.train, ...source.test];
  return [source.train, source.test].flatMap(({ images, labels }) => [images, labels]);
}

/** The names under which a data file is found. Unpacked with some programs, `train-images-idx3-ubyte` has a dot: `train-images.idx3-ubyte`. */
export function spellings(source: Source, name: string): string[] {
  if (source.kind === 'cifar') return [name];
  return [name, name.replace('-idx', '.idx')].flatMap((each) => [`${each}.gz`, each]);
}

/** How many axes an IDX file of the source has: [count, height, width] or [count]. */
export function idxDimensions({ train, test }: IdxSource, name: string): 1 | 3 {
  return name === train.images || name === test.images ? 3 : 1;
}
