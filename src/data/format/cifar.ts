import { requireFields } from '../../options.ts';
import type { NamedBytes } from '../dataset.ts';
import { checkLabels } from '../dataset.ts';
import { invalidFile } from '../errors.ts';

/**
 * The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009, cs.toronto.edu/~kriz/cifar.html). No header: records of
 * one label byte (CIFAR-10) or two (CIFAR-100: coarse, then fine), then 1024 red, 1024 green and 1024 blue bytes, each
 * plane row by row. How many records there are follows from the length of the file.
 */
export const cifarShape = { height: 32, width: 32, channels: 3 } as const;
const plane = cifarShape.height * cifarShape.width;

export interface CifarFormat {
  /** The class count of each label byte of a record; the last one is the label used for training. */
  labelClasses: readonly number[];
}

export const cifar10Format: CifarFormat = { labelClasses: [10] };
export const cifar100Format: CifarFormat = { labelClasses: [20, 100] };

export interface CifarRecords {
  count: number;
  /** [count, 32, 32, 3]: channels last, as everywhere in this project. */
  images: Uint8Array;
  /** One array [count] for each label byte of the format. */
  labels: Uint8Array[];
}

export function decodeCifar(source: NamedBytes, format: CifarFormat): CifarRecords {
  requireFields('decodeCifar', source, 'a file', ['file', 'bytes']);
  requireFields('decodeCifar', format, 'cifar10Format or cifar100Format', ['labelClasses']);
  const { file, bytes } = source;
  const { labelClasses } = format;
  const header = labelClasses.length;
  const recordLength = header + 3 * plane;
  const count = bytes.length / recordLength;
  if (!Number.isInteger(count) || count === 0) {
    throw invalidFile(
      file,
      `${bytes.length} bytes`,
      `a positive multiple of ${recordLength}, the length of a record`,
      'The file is cut off, or belongs to the other CIFAR dataset: fetch it again.',
    );
  }
  const images = new Uint8Array(count * 3 * plane);
  const labels = labelClasses.map(() => new Uint8Array(count));
  for (let record = 0; record < count; record++) {
    const start = record * recordLength;
    for (let l = 0; l < header; l++) labels[l][record] = bytes[start + l];
    const red = start + header;
    let to = record * 3 * plane;
    for (let from = red; from < red + plane; from++) {
      images[to++] = bytes[from];
      images[to++] = bytes[from + plane];
      images[to++] = bytes[from + 2 * plane];
    }
  }
  labels.forEach((list, l) => {
    checkLabels(list, labelClasses[l], file);
  });
  return { count, images, labels };
}
