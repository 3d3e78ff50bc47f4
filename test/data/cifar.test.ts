import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cifar10Classes, cifar100Classes } from '../../src/data/cifarClasses.ts';
import { cifar10Format, cifar100Format, decodeCifar } from '../../src/data/format/cifar.ts';
import { encodeCifar, tinyCifar } from './encode.ts';

test.each([
  ['CIFAR-10', cifar10Format, 3073],
  ['CIFAR-100', cifar100Format, 3074],
])('%s: reads back what was written; the count follows from the length', (_, format, recordLength) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }).chain((count) =>
        fc.record({
          count: fc.constant(count),
          images: fc.uint8Array({ minLength: 3072 * count, maxLength: 3072 * count }),
          labels: fc.tuple(
            ...format.labelClasses.map((classes) =>
              fc.uint8Array({ minLength: count, maxLength: count, max: classes - 1 }),
            ),
          ),
        }),
      ),
      (records) => {
        const bytes = encodeCifar(records);
        expect(bytes.length).toBe(records.count * recordLength);
        expect(decodeCifar({ file: 'x', bytes }, format)).toEqual(records);
      },
    ),
    { numRuns: 20 },
  );
});

test('planes become channels: the red, green and blue byte of a pixel lie together', () => {
  const bytes = new Uint8Array(3073);
  const pixel = 5 * 32 + 7;
  bytes.set([4], 0);
  for (const c of [0, 1, 2]) bytes[1 + 1024 * c + pixel] = 100 + c;
  const { images, labels } = decodeCifar({ file: 'x', bytes }, cifar10Format);
  expect([...images.subarray(3 * pixel, 3 * pixel + 3)]).toEqual([100, 101, 102]);
  expect([...labels[0]]).toEqual([4]);
});

test('a length that is no number of records, and labels out of range, are errors that name the file', () => {
  const bytes = encodeCifar(tinyCifar(2, [10]));
  for (const length of [0, 1, 3072, 6145]) {
    expect(() => decodeCifar({ file: 'batch.bin', bytes: bytes.subarray(0, length) }, cifar10Format)).toThrow(
      `batch.bin: got ${length} bytes, expected a positive multiple of 3073`,
    );
  }
  expect(() => decodeCifar({ file: 'batch.bin', bytes }, cifar100Format)).toThrow('multiple of 3074');
  bytes[3073] = 10;
  expect(() => decodeCifar({ file: 'batch.bin', bytes }, cifar10Format)).toThrow(
    'batch.bin: got label 10 for image 1, expected labels from 0 to 9.',
  );
});

test('class names: as many as labels, each once', () => {
  expect(new Set(cifar10Classes).size).toBe(10);
  expect(new Set(cifar100Classes).size).toBe(100);
  expect(cifar100Classes).toEqual([...cifar100Classes].sort());
});
