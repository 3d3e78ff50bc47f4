import { invalidFile, requireValid } from './errors.ts';

export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** Decoded images and their labels: plain numbers, channels last. */
export interface ImageSet extends ImageShape {
  name: string;
  split: 'train' | 'test';
  count: number;
  /** [count, height, width, channels], bytes 0..255. */
  images: Uint8Array;
  /** [count], each an index into `classes`. */
  labels: Uint8Array;
  classes: readonly string[];
  /** What the user should be told before believing numbers from this data. */
  warnings: readonly string[];
}

export interface Dataset {
  train: ImageSet;
  test: ImageSet;
}

/** The warnings of both splits, each once: for the caller to print. */
export function datasetWarnings({ train, test }: Dataset): string[] {
  return [...new Set([...train.warnings, ...test.warnings])];
}

/** A file's content, and the path (or whatever else tells the user which file it is) for error messages. */
export interface NamedBytes {
  file: string;
  bytes: Uint8Array;
}

/** Throws on the first label that names no class. */
export function checkLabels(labels: Uint8Array, classes: number, file: string): void {
  const at = labels.findIndex((label) => label >= classes);
  if (at < 0) return;
  throw invalidFile(
    file,
    `label ${labels[at]} for image ${at}`,
    `labels from 0 to ${classes - 1}`,
    'The file is damaged, or belongs to a dataset with other classes.',
  );
}

/** A limit is absent (no limit) or a whole number of images. */
export function checkLimit(name: string, limit: number | undefined): void {
  requireValid(
    limit === undefined || (Number.isInteger(limit) && limit >= 1),
    `${name}: a limit of ${limit} images, expected a whole number of at least 1.`,
  );
}

/** The first `limit` images, sharing memory with `set`; all of them when there are fewer, or no limit. */
export function takeFirst(set: ImageSet, limit = set.count): ImageSet {
  checkLimit(set.name, limit);
  const count = Math.min(limit, set.count);
  const pixels = set.height * set.width * set.channels;
  return {
    ...set,
    count,
    images: set.images.subarray(0, count * pixels),
    labels: set.labels.subarray(0, count),
  };
}
