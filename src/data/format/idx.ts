import { requireFields } from '../../options.ts';
import type { ImageSet, NamedBytes } from '../dataset.ts';
import { checkLabels } from '../dataset.ts';
import { invalidFile } from '../errors.ts';
import { swapBytes } from './byteOrder.ts';

/**
 * IDX, the format of MNIST (LeCun, Cortes and Burges, "The MNIST database", file formats): two zero bytes, the element
 * type, the number of dimensions, each dimension as a big-endian 32-bit integer, then the elements, last axis fastest, big-endian, too.
 */
const types: Record<number, { new (buffer: ArrayBufferLike): IdxData; BYTES_PER_ELEMENT: number }> = {
  8: Uint8Array,
  9: Int8Array,
  11: Int16Array,
  12: Int32Array,
  13: Float32Array,
  14: Float64Array,
};
type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

const UNSIGNED_BYTE = 8;
/** Of any dataset. */
const MOST_DIMENSIONS = 4;

export interface IdxArray<Data = Uint8Array> {
  /** One entry per dimension. */
  shape: number[];
  data: Data;
}

interface IdxHeader {
  Numbers: (typeof types)[number];
  shape: number[];
  headerLength: number;
  /** Of the whole file. */
  length: number;
}

/** What the header of an uncompressed IDX file says: of unsigned bytes with `dimensions` axes, if those are given, else of any. */
export function readIdxHeader({ file, bytes }: NamedBytes, dimensions?: number): IdxHeader {
  const axes = dimensions ?? Math.min(bytes[3] || 1, MOST_DIMENSIONS);
  const headerLength = 4 + 4 * axes;
  if (bytes.length < headerLength) {
    throw invalidFile(
      file,
      `${bytes.length} bytes`,
      `an IDX header of ${headerLength} bytes`,
      'The file is cut off: fetch it again.',
    );
  }
  const isType = dimensions === undefined ? types[bytes[2]] !== undefined : bytes[2] === UNSIGNED_BYTE;
  if (bytes[0] !== 0 || bytes[1] !== 0 || !isType || bytes[3] !== axes) {
    const came = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const expected =
      dimensions === undefined
        ? `0x0000TTDD (IDX, type ${Object.keys(types).join(', ')}, 1 to ${MOST_DIMENSIONS} dimensions)`
        : `0x0000080${axes} (IDX, unsigned bytes, ${axes} ${axes === 1 ? 'dimension' : 'dimensions'})`;
    throw invalidFile(
      file,
      `magic number 0x${came}`,
      expected,
      'Check that images and labels are not swapped and that this is an IDX file.',
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const Numbers = types[bytes[2]];
  const size = shape.reduce((product, length) => product * length, Numbers.BYTES_PER_ELEMENT);
  return { Numbers, shape, headerLength, length: size + headerLength };
}

/** Parses an uncompressed IDX file of unsigned bytes with `dimensions` axes. */
export function parseIdx(source: NamedBytes, dimensions: number): IdxArray {
  const header = readIdxHeader(source, dimensions);
  return { shape: header.shape, data: elements(source, header) };
}

/** The array of an uncompressed IDX file, of any type and up to four dimensions. Throws a DataError where it is damaged. */
export function decodeIdx(source: NamedBytes): IdxArray<IdxData> {
  requireFields('decodeIdx', source, 'a file', ['file', 'bytes']);
  const header = readIdxHeader(source);
  const data = elements(source, header);
  const { shape, Numbers } = header;
  if (Numbers === Uint8Array) return { shape, data };
  // A copy, because the numbers of a file need not be aligned.
  const copy = new Uint8Array(data);
  swapBytes(copy, Numbers.BYTES_PER_ELEMENT);
  return { shape, data: new Numbers(copy.buffer) };
}

function elements({ file, bytes }: NamedBytes, { shape, headerLength, length }: IdxHeader): Uint8Array {
  if (bytes.length === length) return bytes.subarray(headerLength);
  throw invalidFile(
    file,
    `${bytes.length - headerLength} bytes of data`,
    `${length - headerLength} for the shape [${shape.join(', ')}] in its header`,
    'The file is cut off or damaged: fetch it again.',
  );
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
