import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { crc32, crc32c } from '../../src/crc32.ts';
import { decodeNpy, encodeNpy, type NpyNumbers } from '../../src/data/format/npy.ts';
import { decodeNpz, encodeNpz } from '../../src/data/format/npz.ts';

interface NumpyFiles {
  npy: { name: string; file: string; shape: number[]; values: number[] }[];
  refused: { name: string; file: string }[];
  npz: Record<string, string>;
}

const numpy: NumpyFiles = JSON.parse(readFileSync(new URL('./numpy/files.json', import.meta.url), 'utf8'));
const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
const named = (bytes: Uint8Array, file = 'x.npy') => ({ file, bytes });

test('checksums, by the check value of each polynomial', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(crc32(digits).toString(16)).toBe('cbf43926');
  expect(crc32c(digits).toString(16)).toBe('e3069283');
});

describe('npy', () => {
  it.each(numpy.npy)('reads what NumPy wrote: $name', ({ file, shape, values }) => {
    const array = decodeNpy(named(bytesOf(file)));
    expect(array.shape).toEqual(shape);
    expect(Array.from(array.data as ArrayLike<number | bigint>, Number)).toEqual(values);
  });

  it.each(numpy.npy.filter(({ name }) => name.startsWith('<') || name.startsWith('|')))(
    'writes what NumPy writes, byte by byte: $name',
    ({ file }) => {
      const bytes = bytesOf(file);
      expect(encodeNpy(decodeNpy(named(bytes)))).toEqual(bytes);
    },
  );

  it.each(numpy.refused)('refuses $name, with advice', ({ file }) => {
    expect(() => decodeNpy(named(bytesOf(file)))).toThrow(/^x\.npy: got .*, expected .*\. [A-Z]/);
  });

  it('writes and reads any array of its dtypes', () => {
    const arrays = fc.oneof(
      ...[fc.uint8Array(), fc.int8Array(), fc.int16Array(), fc.uint16Array(), fc.int32Array()],
      ...[fc.uint32Array(), fc.float32Array(), fc.float64Array(), fc.bigInt64Array(), fc.bigUint64Array()],
    ) as fc.Arbitrary<NpyNumbers>;
    fc.assert(
      fc.property(arrays, fc.nat(3), (data, axes) => {
        const shape = [data.length, ...Array.from({ length: axes }, () => 1)];
        const bytes = encodeNpy({ shape, data });
        expect(bytes.length % 64).toBe(data.byteLength % 64);
        expect(decodeNpy(named(bytes))).toEqual({ shape, data });
      }),
      { numRuns: 100 },
    );
  });
});

describe('npz', () => {
  it.each(Object.entries(numpy.npz))('reads what numpy.%s wrote', async (_, file) => {
    const arrays = await decodeNpz(named(bytesOf(file), 'a.npz'));
    expect([...arrays.keys()]).toEqual(['x', 'y']);
    expect(arrays.get('x')!.shape).toEqual([6, 4]);
    expect([...(arrays.get('x')!.data as Float32Array)].slice(0, 5)).toEqual([0, 5, 10, 15, 20]);
    expect(arrays.get('y')!.data).toEqual(BigInt64Array.of(0n, 1n, 2n, 0n, 1n, 2n));
  });

  it('reads what it writes, under any names', async () => {
    const arrays = new Map(
      ['x', 'features.0.weight', 'größe'].map((name, i) => [
        name,
        { shape: [2, i], data: Float32Array.from({ length: 2 * i }, (_, k) => k / 3) },
      ]),
    );
    expect(await decodeNpz(named(encodeNpz(arrays)))).toEqual(arrays);
    expect((await decodeNpz(named(encodeNpz([])))).size).toBe(0);
  });

  it.each(Object.entries(numpy.npz))(
    '%s, damaged: an error with advice, or another number',
    async (_, file) => {
      const whole = bytesOf(file);
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const bytes = whole.slice();
          bytes[at] ^= change;
          await decodeNpz(named(bytes, 'a.npz')).catch((error: Error) => {
            expect(error).toMatchObject({ code: 'DATA_INVALID' });
            expect(error.message).toMatch(/^a\.npz.*: got .*, expected .*\. [A-Z]/s);
          });
          const cut = decodeNpz(named(whole.slice(0, at), 'a.npz'));
          await expect(cut).rejects.toMatchObject({ code: 'DATA_INVALID' });
        }),
        { numRuns: 150 },
      );
    },
  );

  it('unpacks no more than the directory says', async () => {
    const bytes = bytesOf(numpy.npz.savez_compressed);
    const view = new DataView(bytes.buffer);
    let at = 0;
    while (view.getUint32(at, true) !== 0x02014b50) at++;
    view.setUint32(at + 24, 50, true);
    await expect(decodeNpz(named(bytes, 'a.npz'))).rejects.toThrow(/unpacks to more than 50 bytes/);
    view.setUint32(at + 24, 2 ** 31, true);
    await expect(decodeNpz(named(bytes, 'a.npz'))).rejects.toThrow(/arrays of 2 GiB, expected 1 GiB at most/);
  });
});
