import { requireFields } from '../../options.ts';
import type { ImageSet, NamedBytes } from '../dataset.ts';
import { checkLabels } from '../dataset.ts';
import { invalidFile } from '../errors.ts';

/**
 * IDX, the format of MNIST (LeCun, Cortes and Burges, "The MNIST database", file formats): two zero bytes, the element
 * type, the number of dimensions, each dimension as a big-endian 32-bit integer, then the elements, last axis fastest.
 */
const unsignedByte = 0x08;

export interface IdxArray {
  /** One entry per dimension. */
  shape: number[];
  data: Uint8Array;
}

/** The shape that the header of an uncompressed IDX file of unsigned bytes with `dimensions` axes gives, and the whole file's length. */
export function readIdxHeader(
  { file, bytes }: NamedBytes,
  dimensions: number,
): { shape: number[]; headerLength: number; length: number } {
  const magic = `0x0000080${dimensions}`;
  const headerLength = 4 + 4 * dimensions;
  if (bytes.length < headerLength) {
    throw invalidFile(
      file,
      `${bytes.length} bytes`,
      `an IDX header of ${headerLength} bytes`,
      'The file is cut off: fetch it again.',
    );
  }
  if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== unsignedByte || bytes[3] !== dimensions) {
    const came = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    throw invalidFile(
      file,
      `magic number 0x${came}`,
      `${magic} (IDX, unsigned bytes, ${dimensions} ${dimensions === 1 ? 'dimension' : 'dimensions'})`,
      'Check that images and labels are not swapped and that this is an IDX file.',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  return { shape, headerLength, length: shape.reduce((product, size) => product * size, 1) + headerLength };
}

/** Parses an uncompressed IDX file of unsigned bytes with `dimensions` axes. */
export function parseIdx({ file, bytes }: NamedBytes, dimensions: number): IdxArray {
  const { shape, headerLength, length } = readIdxHeader({ file, bytes }, dimensions);
  if (bytes.length !== length) {
    throw invalidFile(
      file,
      `${bytes.length - headerLength} bytes of data`,
      `${length - headerLength} for the shape [${shape.join(', ')}] in its header`,
      'The file is cut off or damaged: fetch it again.',
    );
  }
  return { shape, data: bytes.subarray(headerLength) };
}

/** Images [count, height, width] and labels [count], both IDX and uncompressed, as one set with a single channel. */
export function decodeIdxPair(
  about: Pick<ImageSet, 'name' | 'split' | 'classes'>,
  images: NamedBytes,
  labels: NamedBytes,
): Omit<ImageSet, 'warnings'> {
  requireFields('decodeIdxPair', about, 'what the set is', ['name', 'split', 'classes']);
  for (const source of [images, labels]) requireFields('decodeIdxPair', source, 'a file', ['file', 'bytes']);
  const pixels = parseIdx(images, 3);
  const [count, height, width] = pixels.shape;
  const answers = parseIdx(labels, 1);
  if (count === 0 || height === 0 || width === 0) {
    throw invalidFile(
      images.file,
      `the shape [${pixels.shape.join(', ')}]`,
      'at least one image',
      'Use a file that holds images.',
    );
  }
  if (answers.shape[0] !== count) {
    throw invalidFile(
      labels.file,
      `${answers.shape[0]} labels`,
      `${count}, one for each image of ${images.file}`,
      'The two files are not a pair: fetch both from the same place.',
    );
  }
  checkLabels(answers.data, about.classes.length, labels.file);
  return { ...about, count, height, width, channels: 1, images: pixels.data, labels: answers.data };
}
