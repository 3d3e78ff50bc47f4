import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digitClasses } from '../../src/data/classes.ts';
import { DataError } from '../../src/data/errors.ts';
import { gunzip } from '../../src/data/format/gzip.ts';
import { decodeIdx, decodeIdxPair, type IdxArray, parseIdx } from '../../src/data/format/idx.ts';
import { encodeIdx } from './encode.ts';

const about = { name: 'tiny', split: 'train' as const, classes: digitClasses };
const arrays: fc.Arbitrary<IdxArray> = fc
  .array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 })
  .chain((shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return fc.record({
      shape: fc.constant(shape),
      data: fc.uint8Array({ minLength: length, maxLength: length }),
    });
  });

describe('parseIdx', () => {
  test('reads back what was written, from any place in a larger buffer', () => {
    fc.assert(
      fc.property(arrays, fc.integer({ min: 0, max: 9 }), (array, offset) => {
        const encoded = encodeIdx(array);
        const larger = new Uint8Array(encoded.length + offset + 3);
        larger.set(encoded, offset);
        const bytes = larger.subarray(offset, offset + encoded.length);
        expect(parseIdx({ file: 'x', bytes }, array.shape.length)).toEqual(array);
      }),
    );
  });

  test('any cut, and any byte too many, is an error that names the file', () => {
    fc.assert(
      fc.property(arrays, fc.nat(), (array, where) => {
        const bytes = encodeIdx(array);
        const cut = bytes.subarray(0, where % bytes.length);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        for (const wrong of [cut, longer]) {
          expect(() => parseIdx({ file: 'folder/x-idx', bytes: wrong }, array.shape.length)).toThrow(
            /^folder\/x-idx: got \d+ bytes.*expected/,
          );
        }
      }),
    );
  });

  test('wrong magic: says what came, what was expected and what to look at', () => {
    const labels = encodeIdx({ shape: [20], data: new Uint8Array(20) });
    expect(() => parseIdx({ file: 'images', bytes: labels }, 3)).toThrow(
      'images: got magic number 0x00000801, expected 0x00000803 (IDX, unsigned bytes, 3 dimensions). ' +
        'Check that images and labels are not swapped and that this is an IDX file.',
    );
    expect(() => parseIdx({ file: 'page', bytes: new TextEncoder().encode('<!DOCTYPE html>') }, 1)).toThrow(
      /page: got magic number 0x3c21444f/,
    );
  });
});

describe('decodeIdx', () => {
  test.each([
    [9, 1, Int8Array.of(-3, 7)],
    [11, 2, Int16Array.of(-300, 7)],
    [12, 4, Int32Array.of(-70_000, 7)],
    [13, 4, Float32Array.of(0.5, -1e9)],
    [14, 8, Float64Array.of(1 / 3, -1e300)],
  ])('type %i: big-endian numbers of %i bytes', (type, width, data) => {
    const bytes = new Uint8Array([0, 0, type, 2, 0, 0, 0, 2, 0, 0, 0, 1, ...new Uint8Array(2 * width)]);
    const little = new Uint8Array(data.buffer);
    for (let i = 0; i < 2 * width; i++) {
      bytes[12 + i] = little[Math.floor(i / width) * width + width - 1 - (i % width)];
    }
    expect(decodeIdx({ file: 'x', bytes })).toEqual({ shape: [2, 1], data });
    expect(() => decodeIdx({ file: 'x', bytes: bytes.subarray(0, -1) })).toThrow('The file is cut off');
    bytes[2] = 10;
    expect(() => decodeIdx({ file: 'x', bytes })).toThrow(
      'expected 0x0000TTDD (IDX, type 8, 9, 11, 12, 13, 14, 1 to 4',
    );
  });

  test('unsigned bytes, as parseIdx', () => {
    const bytes = encodeIdx({ shape: [2, 1, 1, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    expect(decodeIdx({ file: 'x', bytes })).toEqual(parseIdx({ file: 'x', bytes }, 4));
  });
});

describe('decodeIdxPair', () => {
  const images = {
    file: 'im',
    bytes: encodeIdx({ shape: [2, 2, 3], data: Uint8Array.from(Array(12).keys()) }),
  };
  const labelFile = (...data: number[]) => ({
    file: 'lb',
    bytes: encodeIdx({ shape: [data.length], data: Uint8Array.from(data) }),
  });

  test('one channel, any height and width', () => {
    const set = decodeIdxPair(about, images, labelFile(9, 0));
    expect(set).toMatchObject({ count: 2, height: 2, width: 3, channels: 1 });
    expect([...set.images]).toEqual([...Array(12).keys()]);
    expect([...set.labels]).toEqual([9, 0]);
  });

  test('refuses a label out of range, counts that differ, and a file without images', () => {
    expect(() => decodeIdxPair(about, images, labelFile(3, 10))).toThrow(
      'lb: got label 10 for image 1, expected labels from 0 to 9.',
    );
    expect(() => decodeIdxPair(about, images, labelFile(3))).toThrow('lb: got 1 labels, expected 2');
    const empty = { file: 'im', bytes: encodeIdx({ shape: [0, 2, 3], data: new Uint8Array() }) };
    expect(() => decodeIdxPair(about, empty, labelFile())).toThrow('im: got the shape [0, 2, 3]');
  });
});

describe('gunzip', () => {
  const plain = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);

  test('unwraps gzip and leaves other bytes alone', async () => {
    expect(await gunzip(gzipSync(plain), 'x')).toEqual(plain);
    expect(await gunzip(plain, 'x')).toBe(plain);
  });

  test('a truncated stream is an error that names the file, wherever it is cut', async () => {
    const zipped = gzipSync(plain);
    for (const length of [2, 9, 20, zipped.length - 9, zipped.length - 1]) {
      const error = await gunzip(zipped.subarray(0, length), 'train.gz').catch((e: unknown) => e);
      expect(error).toBeInstanceOf(DataError);
      expect((error as DataError).code).toBe('DATA_INVALID');
      expect((error as DataError).message).toMatch(/^train\.gz: got a gzip stream that breaks off.*Fetch/);
    }
  });

  test('a damaged stream fails its checksum', async () => {
    const zipped = gzipSync(plain);
    zipped[zipped.length - 6] ^= 1;
    await expect(gunzip(zipped, 'x.gz')).rejects.toThrow(/^x\.gz: got a gzip stream/);
  });
});
