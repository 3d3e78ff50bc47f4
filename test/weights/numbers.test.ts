import { expect, test } from 'vitest';
import { numberBytes, numberFormat, readableDtypes } from '../../src/weights/numbers.ts';

const read = (dtype: string, array: ArrayBufferView) => [
  ...numberFormat(dtype)!.read(new Uint8Array(array.buffer as ArrayBuffer).slice().buffer),
];

const single = new Float32Array(1);
const bitsOf = new Uint32Array(single.buffer);

/** A half as a float32, by its bits: the exponent's bias is 15 instead of 127. */
function halfByBits(half: number): number {
  const of = (exponent: number, fraction: number) => {
    bitsOf[0] = (((half >> 15) << 31) | (exponent << 23) | (fraction << 13)) >>> 0;
    return single[0];
  };
  const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
  if (exponent === 31) return of(255, fraction);
  // What is below the smallest exponent: the difference of two numbers that have it.
  return exponent > 0 ? of(exponent + 112, fraction) : of(113, fraction) - of(113, 0);
}

test('every half is read as the number that it is', () => {
  const numbers = read(
    'F16',
    Uint16Array.from({ length: 65536 }, (_, i) => i),
  );
  // -0 - (-0) is 0
  const wrong = numbers.flatMap((value, half) => (Object.is(value + 0, halfByBits(half) + 0) ? [] : [half]));
  expect(wrong).toEqual([]);
  expect(Object.is(numbers[0x8000], -0)).toBe(true);
  // 65504 is the largest, 2^-24 the smallest, 1/3 is 0.333251953125 (IEEE 754, Wikipedia's examples).
  expect([0x7bff, 0x0001, 0x3555, 0xc000, 0x7c00].map((half) => numbers[half])).toEqual([
    65504,
    2 ** -24,
    0.333251953125,
    -2,
    Number.POSITIVE_INFINITY,
  ]);
});

test.each<[string, ArrayBufferView, number[]]>([
  [
    'BF16',
    Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x3dcd, 0x8000),
    [1, -2, Infinity, Math.fround(0.10009765625), -0],
  ],
  ['F32', Float32Array.of(0.1, -1), [Math.fround(0.1), -1]],
  ['F64', Float64Array.of(0.1), [0.1]],
  ['I64', BigInt64Array.of(-3n, 2n ** 40n), [-3, 2 ** 40]],
  ['I32', Int32Array.of(2 ** 31 - 1, -5), [2 ** 31 - 1, -5]],
  ['I16', Int16Array.of(-300, 7), [-300, 7]],
  ['I8', Int8Array.of(-100), [-100]],
  ['U8', Uint8Array.of(200), [200]],
  ['BOOL', Uint8Array.of(0, 1), [0, 1]],
])('%s is read without loss', (dtype, bytes, numbers) => {
  expect(readableDtypes).toContain(dtype);
  expect(read(dtype, bytes)).toEqual(numbers);
});

test('an I64 is written as one', () => {
  expect(new BigInt64Array(numberBytes(Float64Array.of(7), 'I64').slice().buffer)).toEqual(
    BigInt64Array.of(7n),
  );
});
