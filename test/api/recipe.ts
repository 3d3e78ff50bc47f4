import fc from 'fast-check';
import type { Tensor } from '../../src/autograd/index.ts';
import { createRandom } from '../../src/random.ts';

/** What a recipe of random calls is made of: a generator of arguments, and how the call is run. */
/** A tensor in a call's arguments: its numbers follow from the seed. */
export interface TensorArgument {
  tensorOf: readonly number[];
  seed: number;
  dtype?: 'float32' | 'float64';
}

/** What a call is made with: the leaves whose gradients are compared. */
export interface Workbench {
  leaves: Tensor[];
  parameters: Tensor[];
}

// biome-ignore lint/suspicious/noExplicitAny: arguments that are wrong on purpose
export type Anything = any;

export type Run = (args: Anything[], bench: Workbench, dtype: 'float32' | 'float64') => Tensor;

export interface Recipe {
  args: fc.Arbitrary<readonly unknown[]>;
  run: Run;
}

export const length = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 8, 17, 33) },
);
export const shape = (min = 0, max = 4) => fc.array(length, { minLength: min, maxLength: max });
export const seed = fc.nat(1000);
export const tensorOf = (lengths: readonly number[]) => fc.record({ tensorOf: fc.constant(lengths), seed });
export const anyTensor = shape().chain(tensorOf);
export const number = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map((each) => Math.fround(each / 100)),
  fc.constantFrom(0, 1, -1, 2, 0.5),
);
export const pair = (min: number, max: number) =>
  fc.oneof(fc.integer({ min, max }), fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })));
export type Fields = Record<string, fc.Arbitrary<unknown>>;
export const options = (fields: Fields) => fc.record(fields, { requiredKeys: [] });
export const axes = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: -3, max: 3 }),
  fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
);
export const flag = fc.boolean();

/** Two shapes that broadcast, mostly. */
export const broadcasting = shape().chain((whole) =>
  fc
    .tuple(fc.nat(4), fc.array(flag, { minLength: 4, maxLength: 4 }))
    .chain(([drop, ones]) =>
      fc.tuple(tensorOf(whole), tensorOf(whole.slice(drop).map((n, i) => (ones[i] ? 1 : n)))),
    ),
);
export const images = fc.tuple(
  fc.constantFrom(0, 1, 1, 2, 3),
  length,
  length,
  fc.constantFrom(1, 2, 3, 4, 6, 8, 16),
);
export const windowFields = {
  stride: pair(1, 3),
  padding: fc.oneof(
    pair(0, 2),
    fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
    fc.constantFrom('same', 'valid'),
  ),
  dilation: pair(1, 2),
};

export const op =
  (run: (...args: Anything[]) => Tensor): Run =>
  (args) =>
    run(...args);
export function recipe(args: fc.Arbitrary<readonly unknown[]>, run: Run): Recipe {
  return { args, run };
}

export function size(lengths: readonly number[]): number {
  return lengths.reduce((product, each) => product * each, 1);
}

export function numbers(lengths: readonly number[], from: number): Float64Array {
  const random = createRandom(from);
  return Float64Array.from({ length: size(lengths) }, () => Math.fround(random.normal()));
}
