import { invalidFile, requireValid } from './errors.ts';

export interface ImageShape {
  height: number;
  width: number;
  channels: number;
}

/** The numbers of images, as they lie in their file: bytes 0..255, or what was measured. */
export type Values = Uint8Array | Float32Array | Float64Array;

/** Indices of classes: a byte each, where 256 are enough. */
export type Labels = Uint8Array | Int32Array;

/**
 * Decoded images and their labels: plain numbers, channels last. A row of a table is an image of one pixel, with a channel for each
 * column, so that what is said of channels (scaling, say) holds for columns.
 */
export interface ImageSet extends ImageShape {
  name: string;
  split: 'train' | 'test';
  count: number;
  /** [count, height, width, channels]. */
  images: Values;
  /** [count], each an index into `classes`. */
  labels: Labels;
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

/** Room for so many values of the kind of `values`. */
export function roomFor(values: Values, length: number): Values {
  if (values instanceof Float64Array) return new Float64Array(length);
  return values instanceof Float32Array ? new Float32Array(length) : new Uint8Array(length);
}

/** Whether the set is a table: its images are rows. */
export function isTable({ height, width }: ImageShape): boolean {
  return height === 1 && width === 1;
}

/** Throws on the first label that names no class. */
export function checkLabels(labels: Labels, classes: number, file: string): void {
  const at = labels.findIndex((label) => label >= classes);
  if (at < 0) return;
  throw invalidFile(
    file,
    `label ${labels[at]} for image ${at}`,
    `labels from 0 to ${classes - 1}`,
    'The file is damaged, or belongs to a dataset with other classes.',
  );
}

/** How many images each class has, in the order of `classes`. */
export function classCounts({
  labels,
  count,
  classes,
}: Pick<ImageSet, 'labels' | 'count' | 'classes'>): number[] {
  const counts = classes.map(() => 0);
  for (const label of labels.subarray(0, count)) counts[label]++;
  return counts;
}

/** A limit is absent (no limit) or a whole number of images. */
export function checkLimit(name: string, limit: number | undefined): void {
  requireValid(
    limit === undefined || (Number.isInteger(limit) && limit >= 1),
    `${name}: a limit of ${limit} images, expected a whole number of at least 1.`,
  );
}

/** As many as fill the memory that a file of images may take. */
const MOST_DRAWN = 1_000_000;

/** How many examples are to be drawn of a set that lies in no file. */
export function requireCount(name: string, split: 'train' | 'test', count: number): void {
  requireValid(
    Number.isInteger(count) && count >= 1 && count <= MOST_DRAWN,
    `${name}: ${count} images to ${split}, expected a whole number from 1 to ${MOST_DRAWN}. Give a smaller limit.`,
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
