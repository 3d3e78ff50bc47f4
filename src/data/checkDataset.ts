import { shown } from '../errors.ts';
import type { Dataset, ImageSet, Values } from './dataset.ts';
import { invalidFile } from './errors.ts';

/**
 * A dataset that a program made, looked at before anything is made of it: `where` names it in errors. What follows from the rest may
 * be left out: count, name, split, warnings, channels of 1, and classes, which are then the numbers up to the largest label.
 * Returns it whole; images and labels are not copied. Throws a DataError.
 */
export function checkDataset(name: string, where: string, value: unknown): Dataset {
  const { train, test } = fieldsOf(where, value, 'a dataset, { train, test }');
  const classes = classesOf(where, train, test);
  const dataset: Dataset = {
    train: { ...checkSet(`${where}: train`, train, classes), name, split: 'train', classes },
    test: { ...checkSet(`${where}: test`, test, classes), name, split: 'test', classes },
  };
  const size = ({ height, width, channels }: ImageSet) => `${height} x ${width} x ${channels}`;
  if (size(dataset.train) !== size(dataset.test)) {
    throw invalidFile(
      where,
      `training images of ${size(dataset.train)} and test images of ${size(dataset.test)}`,
      'one height, width and number of channels',
      'Bring both to one size.',
    );
  }
  return dataset;
}

/** A label beyond is taken for a mistake: a network would put out as many logits. */
const MOST_CLASSES = 65_536;

/** All but what both sets have in common. */
function checkSet(
  where: string,
  value: unknown,
  classes: readonly string[],
): Omit<ImageSet, 'name' | 'split' | 'classes'> {
  const set = fieldsOf(where, value, 'a set of images, { images, labels, height, width }');
  const { images, labels, channels = 1, warnings = [] } = set;
  const [height, width, depth] = [set.height, set.width, channels].map((length, i) => {
    if (Number.isSafeInteger(length) && (length as number) >= 1) return length as number;
    const side = ['height', 'width', 'channels'][i];
    throw invalidFile(
      where,
      `${side} ${shown(length)}`,
      'a whole number of at least 1',
      'It is that of one image.',
    );
  });
  if (!isList(labels)) {
    throw invalidFile(
      where,
      `labels ${shown(labels)}`,
      'a list of class numbers, one for each image',
      'Add them.',
    );
  }
  const values = valuesOf(where, images);
  const pixels = height * width * depth;
  const count = labels.length;
  if (count === 0) throw invalidFile(where, 'no labels', 'at least one image with its label', 'Add some.');
  if (values.length !== count * pixels) {
    throw invalidFile(
      where,
      `${count} labels and ${values.length} values of images`,
      `${count} images of ${height} x ${width} x ${depth}, ${count * pixels} values`,
      'Check height, width and channels, and that there is one label for each image.',
    );
  }
  checkLabels(where, labels, classes);
  if (set.count !== undefined && set.count !== count) {
    throw invalidFile(
      where,
      `count ${shown(set.count)}`,
      `${count}, the number of labels`,
      'Leave count out, or correct it.',
    );
  }
  if (!Array.isArray(warnings) || warnings.some((each) => typeof each !== 'string')) {
    throw invalidFile(
      where,
      `warnings ${shown(warnings)}`,
      'a list of texts',
      'Leave them out, or make it one.',
    );
  }
  return {
    images: values,
    labels: (classes.length <= 256 ? Uint8Array : Int32Array).from(labels),
    ...{ count, height, width, channels: depth, warnings },
  };
}

/** The numbers of the images, as they are. */
function valuesOf(where: string, images: unknown): Values {
  if (images instanceof Uint8ClampedArray)
    return new Uint8Array(images.buffer, images.byteOffset, images.length);
  if (images instanceof Uint8Array) return images;
  if (!(images instanceof Float32Array) && !(images instanceof Float64Array)) {
    throw invalidFile(
      where,
      `images ${shown(images)}`,
      'a Uint8Array of bytes 0 to 255, or a Float32Array or Float64Array, [count, height, width, channels]',
      'They are scaled by the run (--scaling), and not before.',
    );
  }
  const at = images.findIndex((value: number) => !Number.isFinite(value));
  if (at < 0) return images;
  throw invalidFile(
    where,
    `value ${images[at]} at ${at} of the images`,
    'finite numbers',
    'Leave such images out, or fill in what is missing.',
  );
}

/** As they are named, or the numbers up to the largest label of both sets. */
function classesOf(where: string, train: unknown, test: unknown): readonly string[] {
  const sets = [train, test].map((set) =>
    typeof set === 'object' && set !== null ? (set as Partial<ImageSet>) : {},
  );
  const named = sets[0].classes;
  if (named !== undefined) {
    const isNames = Array.isArray(named) && named.every((each) => typeof each === 'string');
    if (isNames && named.length > 0 && named.length <= MOST_CLASSES) return named;
    throw invalidFile(
      `${where}: train`,
      `classes ${shown(named)}`,
      `a list of 1 to ${MOST_CLASSES} names`,
      'Leave it out, or make it one.',
    );
  }
  const largest = sets.flatMap(({ labels }) => (isList(labels) ? [largestOf(labels)] : [0]));
  return Array.from({ length: Math.min(MOST_CLASSES, Math.max(...largest) + 1) }, (_, label) =>
    String(label),
  );
}

function checkLabels(where: string, labels: ArrayLike<number>, classes: readonly string[]): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (Number.isInteger(label) && label >= 0 && label < classes.length) continue;
    throw invalidFile(
      where,
      `label ${shown(label)} of image ${i}`,
      `a whole number from 0 to ${classes.length - 1}`,
      `There are ${classes.length} classes, and a label is the place of one among them.`,
    );
  }
}

function largestOf(labels: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] > largest) largest = labels[i];
  return largest;
}

function isList(value: unknown): value is ArrayLike<number> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);
}

function fieldsOf(where: string, value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalidFile(where, shown(value), what, 'See docs/guide.md.');
}
