import { shown } from '../../errors.ts';
import { checkShape, requireFields } from '../../options.ts';
import type { NamedBytes } from '../dataset.ts';
import { invalidFile } from '../errors.ts';
import { swapBytes } from './byteOrder.ts';

/**
 * NPY, the format of numpy.save (NumPy Enhancement Proposal 1, format.py): the bytes \x93NUMPY, the version, the header's length, a
 * header that is a Python dictionary of dtype, order and shape, then the numbers.
 */
export interface NpyArray {
  shape: number[];
  /** In C order, the last axis fastest. */
  data: NpyNumbers;
}

const constructors = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
};

export type NpyNumbers = InstanceType<(typeof constructors)[keyof typeof constructors]>;

/** \x93NUMPY */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The header fills up so much, magic and all, so that the numbers are aligned. */
const ALIGNMENT = 64;
const readable = `${Object.keys(constructors).join(', ')} and b1 (bool)`;

/** The array of a .npy file, in C order whatever its own. Throws a DataError where it is damaged or of a dtype that is not a number's. */
export function decodeNpy(source: NamedBytes): NpyArray {
  requireFields('decodeNpy', source, 'a file', ['file', 'bytes']);
  const { file, bytes } = source;
  const { descr, fortran, shape, start } = readHeader(source);
  const [, order, kind] = /^([<>|=])(\w+)$/.exec(descr) ?? [];
  const Numbers = constructors[(kind === 'b1' ? 'u1' : kind) as keyof typeof constructors];
  if (Numbers === undefined) {
    const todo = 'Convert it first: x.astype("float32"), or y.astype("int64") for labels.';
    throw invalidFile(file, `dtype ${descr}`, `one of ${readable}`, todo);
  }
  const width = Numbers.BYTES_PER_ELEMENT;
  const size = shape.reduce((product, length) => product * length, width);
  if (bytes.length - start !== size) {
    throw invalidFile(
      file,
      `${bytes.length - start} bytes of numbers`,
      `${size} for ${descr} [${shape.join(', ')}]`,
      'The file is cut off or damaged: save or copy it again.',
    );
  }
  // A copy, because the numbers of a file need not be aligned.
  const copy = new Uint8Array(bytes.subarray(start));
  if (order === '>') swapBytes(copy, width);
  const data = new Numbers(copy.buffer);
  return { shape, data: fortran && shape.length > 1 ? inCOrder(data, shape) : data };
}

/** The bytes of a .npy file, as numpy.save writes them. */
export function encodeNpy(array: { shape: readonly number[]; data: NpyNumbers }): Uint8Array {
  requireFields('encodeNpy', array, 'an array, { shape, data }', ['shape', 'data']);
  const { shape, data } = array;
  const kind = Object.entries(constructors).find(([, Numbers]) => data instanceof Numbers)?.[0];
  checkShape('encodeNpy', shape);
  if (kind === undefined || shape.reduce((size, length) => size * length, 1) !== data.length) {
    throw new Error(
      `encodeNpy: data is a typed array with a number for each place of shape [${shape.join(', ')}], got ${shown(data)}.`,
    );
  }
  const descr = `${kind.endsWith('1') ? '|' : '<'}${kind}`;
  const axes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${axes}), }`;
  const prefix = MAGIC.length + 4;
  const start = Math.ceil((prefix + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(start + data.byteLength).fill(0x20, 0, start);
  file.set([...MAGIC, 1, 0]);
  new DataView(file.buffer).setUint16(MAGIC.length + 2, start - prefix, true);
  file.set(new TextEncoder().encode(text), prefix);
  file[start - 1] = 0x0a;
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

function readHeader({ file, bytes }: NamedBytes) {
  const damaged = (came: string, expected: string) =>
    invalidFile(file, came, expected, 'Use a file that numpy.save wrote; save or copy it again.');
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw damaged('other bytes', 'a .npy file, which begins with \\x93NUMPY');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isFirst = bytes[6] === 1;
  const begin = isFirst ? 10 : 12;
  const start = begin + (isFirst ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) throw damaged(`${bytes.length} bytes`, `a header that ends at byte ${start}`);
  const text = new TextDecoder().decode(bytes.subarray(begin, start));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const axes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || axes === undefined) {
    const came = `the header ${JSON.stringify(text.trim().slice(0, 100))}`;
    throw damaged(came, "a dictionary with 'descr' (one dtype), 'fortran_order' and 'shape'");
  }
  const shape = axes
    .split(',')
    .filter((axis) => axis.trim() !== '')
    .map(Number);
  return { descr, fortran: order === 'True', shape, start };
}

/** Numbers that lie with the first axis fastest, with the last one fastest. */
function inCOrder<Numbers extends NpyNumbers>(data: Numbers, shape: readonly number[]): Numbers {
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((product, length) => product * length, 1),
  );
  const out = data.slice() as Numbers;
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
