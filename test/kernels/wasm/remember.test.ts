import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { remember, rememberFor } from '../../../src/kernels/wasm/runtime/remember.ts';

test('makes one thing for each list of numbers, whatever their hashes', () => {
  const make = vi.fn((...numbers: number[]) => ({ numbers }));
  const get = remember(make);
  // Few small numbers and their multiples of 31 make lists of different lengths whose hashes meet.
  const number = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(31, 62, -31, 961));
  const seen = new Map<string, object>();
  fc.assert(
    fc.property(fc.array(number, { maxLength: 3 }), (numbers) => {
      const made = get(...numbers);
      expect(made.numbers).toEqual(numbers);
      const before = seen.get(numbers.join());
      if (before) expect(made).toBe(before);
      seen.set(numbers.join(), made);
    }),
    { numRuns: 2000 },
  );
  expect(make).toHaveBeenCalledTimes(seen.size);
});

test('makes one thing for each object, also when it is undefined', () => {
  const make = vi.fn((key: { n: number }) => (key.n > 0 ? { n: key.n } : undefined));
  const get = rememberFor(make);
  const [a, b, nothing] = [{ n: 1 }, { n: 1 }, { n: 0 }];
  expect(get(a)).toBe(get(a));
  expect(get(a)).not.toBe(get(b));
  expect(get(nothing)).toBe(get(nothing));
  expect(make).toHaveBeenCalledTimes(3);
});
