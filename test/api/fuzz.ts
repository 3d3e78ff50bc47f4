import fc from 'fast-check';
import { type Tensor, tensor } from '../../src/autograd/index.ts';
import { functionalNorms } from './functionalNorms.ts';
import { layers } from './layers.ts';
import { operations } from './operations.ts';
import { optimizers } from './optimizers.ts';
import { type Anything, flag, numbers, seed, shape, type TensorArgument, type Workbench } from './recipe.ts';

/**
 * Random calls of the public API: most nearly right, many with one argument that is nonsense. A call is plain data until it runs, so
 * that fast-check can shrink it and print it, and both sets of kernels get the same.
 */
export interface Call {
  name: string;
  args: readonly unknown[];
  dtype: 'float32' | 'float64';
}

const recipes = { ...operations, ...layers, ...functionalNorms, ...optimizers };

/** What people pass by mistake. Functions and strings that name nothing are among it, and tensors of another kind. */
const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Infinity,
    -Infinity,
    -1,
    0,
    1.5,
    -2.5,
    1e9,
    2 ** 31,
    2 ** 53,
    '',
    '2',
    'same',
    true,
    false,
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [[1, 2]],
    [-2, -3],
    [-1, -1],
    [1.5],
    [Number.NaN],
    [undefined],
    [1, 2, 3, 4, 5, 6, 7],
    ['a'],
    { a: 1 },
    { dim: 1 },
    () => 1,
    5n,
  ),
  fc.constantFrom<unknown>(
    new Float32Array(3),
    new Float64Array(2),
    new Int32Array(2),
    new Uint8Array(0),
    new Date(0),
  ),
  fc.record({ tensorOf: shape(), seed, dtype: fc.constantFrom('float32', 'float64') }),
);

/** The call with one of its arguments, or a field or element of one, replaced by nonsense. */
function spoiled(args: readonly unknown[]): fc.Arbitrary<readonly unknown[]> {
  return fc
    .tuple(fc.nat(Math.max(0, args.length - 1)), nonsense, flag, fc.nat(5))
    .map(([at, value, inside, which]) => {
      const changed = [...args];
      const old = changed[at];
      if (inside && Array.isArray(old) && old.length > 0) {
        changed[at] = old.map((each, i) => (i === which % old.length ? value : each));
      } else if (inside && isPlainObject(old) && !isTensorArgument(old) && Object.keys(old).length > 0) {
        const keys = Object.keys(old);
        changed[at] = { ...old, [keys[which % keys.length]]: value };
      } else changed[at] = value;
      return changed;
    });
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value));
const isTensorArgument = (value: unknown): value is TensorArgument =>
  isPlainObject(value) && 'tensorOf' in value;

export const recipeNames = Object.keys(recipes);

export const call: fc.Arbitrary<Call> = fc
  .tuple(fc.constantFrom(...recipeNames), fc.constantFrom('float32', 'float32', 'float64'), fc.nat(9))
  .chain(([name, dtype, spoil]) =>
    recipes[name].args
      .chain((args) => (spoil < 4 ? spoiled(args) : fc.constant(args)))
      .map((args) => ({ name, args, dtype: dtype as Call['dtype'] })),
  );

export function runCall({ name, args, dtype }: Call, bench: Workbench): Tensor {
  const real = (value: unknown): unknown => {
    if (isTensorArgument(value)) {
      const made = tensor(numbers(value.tensorOf, value.seed), value.tensorOf, {
        dtype: value.dtype ?? dtype,
        requiresGrad: true,
      });
      bench.leaves.push(made);
      return made;
    }
    if (Array.isArray(value)) return value.map(real);
    if (isPlainObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, real(each)]));
    return value;
  };
  return recipes[name].run(args.map(real) as Anything[], bench, dtype);
}
