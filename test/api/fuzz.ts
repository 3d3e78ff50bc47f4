import fc from 'fast-check';
import * as ops from '../../src/autograd/index.ts';
import { parameter, Tensor, tensor } from '../../src/autograd/index.ts';
import * as nn from '../../src/nn/index.ts';
import { AdamW, Sgd } from '../../src/optim/index.ts';
import * as schedules from '../../src/optim/schedules.ts';
import { createRandom } from '../../src/random.ts';

/**
 * Random calls of the public API: most nearly right, many with one argument that is nonsense. A call is plain data until it runs, so
 * that fast-check can shrink it and print it, and both sets of kernels get the same.
 */
export interface Call {
  name: string;
  args: readonly unknown[];
  dtype: 'float32' | 'float64';
}

/** A tensor in a call's arguments: its numbers follow from the seed. */
interface TensorArgument {
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
type Anything = any;

const all = { ...ops };
const allSchedules = { ...schedules };

type Run = (args: Anything[], bench: Workbench, dtype: 'float32' | 'float64') => Tensor;

interface Recipe {
  args: fc.Arbitrary<readonly unknown[]>;
  run: Run;
}

const length = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 8, 17, 33) },
);
const shape = (min = 0, max = 4) => fc.array(length, { minLength: min, maxLength: max });
const seed = fc.nat(1000);
const tensorOf = (lengths: readonly number[]) => fc.record({ tensorOf: fc.constant(lengths), seed });
const anyTensor = shape().chain(tensorOf);
const number = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map((each) => Math.fround(each / 100)),
  fc.constantFrom(0, 1, -1, 2, 0.5),
);
const pair = (min: number, max: number) =>
  fc.oneof(fc.integer({ min, max }), fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })));
type Fields = Record<string, fc.Arbitrary<unknown>>;
const options = (fields: Fields) => fc.record(fields, { requiredKeys: [] });
const axes = fc.oneof(
  fc.constant(undefined),
  fc.integer({ min: -3, max: 3 }),
  fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
);
const flag = fc.boolean();

/** Two shapes that broadcast, mostly. */
const broadcasting = shape().chain((whole) =>
  fc
    .tuple(fc.nat(4), fc.array(flag, { minLength: 4, maxLength: 4 }))
    .chain(([drop, ones]) =>
      fc.tuple(tensorOf(whole), tensorOf(whole.slice(drop).map((n, i) => (ones[i] ? 1 : n)))),
    ),
);
const images = fc.tuple(
  fc.constantFrom(0, 1, 1, 2, 3),
  length,
  length,
  fc.constantFrom(1, 2, 3, 4, 6, 8, 16),
);
const windowFields = {
  stride: pair(1, 3),
  padding: fc.oneof(pair(0, 2), fc.constantFrom('same', 'valid')),
  dilation: pair(1, 2),
};

const op =
  (run: (...args: Anything[]) => Tensor): Run =>
  (args) =>
    run(...args);
const named = <Name extends keyof typeof ops>(name: Name): Run =>
  op((...args) => (all[name] as Anything)(...args));

function recipe(args: fc.Arbitrary<readonly unknown[]>, run: Run): Recipe {
  return { args, run };
}

const recipes: Record<string, Recipe> = {};

for (const name of [
  'relu',
  'exp',
  'log',
  'sqrt',
  'abs',
  'square',
  'neg',
  'gelu',
  'silu',
  'softplus',
  'sigmoid',
  'tanh',
  'erf',
  'flatten',
  'globalAvgPool2d',
  'globalMaxPool2d',
] as const) {
  recipes[name] = recipe(fc.tuple(anyTensor), named(name));
}
for (const name of ['leakyRelu', 'elu', 'powScalar', 'clamp', 'affine'] as const) {
  recipes[name] = recipe(fc.tuple(anyTensor, number, number), named(name));
}
for (const name of ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'mseLoss'] as const) {
  const withNumber = fc.oneof(fc.tuple(anyTensor, number), fc.tuple(number, anyTensor));
  recipes[name] = recipe(
    fc.oneof({ weight: 3, arbitrary: broadcasting }, { weight: 1, arbitrary: withNumber }),
    named(name),
  );
}
for (const name of ['sum', 'mean', 'max', 'min', 'variance'] as const) {
  const fields: Fields =
    name === 'variance' ? { keepDims: flag, ddof: fc.constantFrom(0, 1) } : { keepDims: flag };
  recipes[name] = recipe(fc.tuple(anyTensor, axes, options(fields)), named(name));
}
for (const name of ['softmax', 'logSoftmax'] as const) {
  recipes[name] = recipe(fc.tuple(anyTensor, fc.integer({ min: -3, max: 3 })), named(name));
}
recipes.argmax = recipe(fc.tuple(anyTensor, fc.integer({ min: -3, max: 3 })), (args) =>
  tensor([...(ops.argmax as Anything)(...args)]),
);
recipes.matmul = recipe(
  fc
    .tuple(shape(0, 2), length, length, length, flag)
    .chain(([batch, m, k, n, broadcast]) =>
      fc.tuple(tensorOf([...batch, m, k]), tensorOf([...(broadcast ? [] : batch), k, n])),
    ),
  named('matmul'),
);
recipes.linear = recipe(
  fc
    .tuple(length, length, length, flag)
    .chain(([n, from, to, biased]) =>
      fc.tuple(
        tensorOf([n, from]),
        tensorOf([from, to]),
        biased ? tensorOf([to]) : fc.constant(null),
        options({ relu: flag }),
      ),
    ),
  named('linear'),
);
recipes.conv2d = recipe(
  fc
    .tuple(
      images,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(1, 2, 4, 8, 16),
      fc.constantFrom(1, 1, 2, 4),
      flag,
    )
    .chain(([x, kh, kw, out, groups, biased]) =>
      fc.tuple(
        tensorOf(x),
        tensorOf([kh, kw, Math.max(1, Math.floor(x[3] / groups)), out]),
        biased ? tensorOf([out]) : fc.constant(null),
        options({ ...windowFields, groups: fc.constant(groups), relu: flag }),
      ),
    ),
  named('conv2d'),
);
for (const name of ['maxPool2d', 'avgPool2d'] as const) {
  const fields: Fields = name === 'avgPool2d' ? { ...windowFields, countPadding: flag } : windowFields;
  recipes[name] = recipe(fc.tuple(images.chain(tensorOf), pair(1, 3), options(fields)), named(name));
}
recipes.crossEntropy = recipe(
  fc
    .tuple(length, fc.integer({ min: 1, max: 5 }))
    .chain(([n, classes]) =>
      fc.tuple(
        tensorOf([n, classes]),
        fc.array(fc.nat(classes - 1), { minLength: n, maxLength: n }),
        options({ labelSmoothing: fc.double({ min: 0, max: 1, noNaN: true }) }),
      ),
    ),
  named('crossEntropy'),
);
recipes.dropout = recipe(fc.tuple(anyTensor, fc.double({ min: 0, max: 0.9, noNaN: true })), (args) =>
  (ops.dropout as Anything)(args[0], args[1], createRandom(1)),
);
recipes.reshape = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      tensorOf(lengths),
      fc.oneof(
        fc.constant([-1]),
        fc.shuffledSubarray([...lengths], { minLength: lengths.length }),
        fc.constant([-1, ...lengths.slice(1)]),
      ),
    ),
  ),
  named('reshape'),
);
recipes.permute = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      tensorOf(lengths),
      fc.shuffledSubarray(
        lengths.map((_, i) => i),
        { minLength: lengths.length },
      ),
    ),
  ),
  named('permute'),
);
recipes.transpose = recipe(
  fc.tuple(anyTensor, fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })),
  named('transpose'),
);
recipes.broadcastTo = recipe(
  broadcasting.map(([whole, part]) => [part, whole.tensorOf]),
  named('broadcastTo'),
);
recipes.concat = recipe(
  fc
    .tuple(shape(1), fc.nat(2), fc.array(length, { minLength: 1, maxLength: 3 }))
    .chain(([lengths, axis, sizes]) =>
      fc.tuple(
        fc.tuple(...sizes.map((size) => tensorOf(lengths.map((n, i) => (i === axis ? size : n))))),
        fc.constant(axis),
      ),
    ),
  named('concat'),
);
recipes.slice = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      tensorOf(lengths),
      fc.tuple(...lengths.map((n) => fc.nat(n))),
      fc.tuple(...lengths.map((n) => fc.integer({ min: -1, max: n }))),
    ),
  ),
  named('slice'),
);
recipes.pad = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      tensorOf(lengths),
      fc.tuple(...lengths.map(() => fc.nat(2))),
      fc.tuple(...lengths.map(() => fc.nat(2))),
      number,
    ),
  ),
  named('pad'),
);
recipes.cast = recipe(fc.tuple(anyTensor, fc.constantFrom('float32', 'float64')), named('cast'));
recipes.circularPad = recipe(
  fc.tuple(images.chain(tensorOf), fc.nat(2)),
  op((...args) => (nn.circularPad as Anything)(...args)),
);
recipes.tensor = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      fc.array(number, { minLength: size(lengths), maxLength: size(lengths) }),
      fc.constant(lengths),
      options({ dtype: fc.constantFrom('float32', 'float64') }),
    ),
  ),
  named('tensor'),
);
for (const name of ['zeros', 'ones'] as const) recipes[name] = recipe(fc.tuple(shape()), named(name));
recipes.full = recipe(fc.tuple(shape(), number), named('full'));
recipes.Tensor = recipe(
  shape().map((lengths) => [new Float32Array(size(lengths)), lengths]),
  op((...args) => new (Tensor as Anything)(...args)),
);

// Layers ------------------------------------------------------------------------------------------------------------------------
/** A layer built with some arguments, in the tensor's dtype, called with others. */
const layer =
  (build: (...args: Anything[]) => nn.Module, count: number): Run =>
  (args, bench, dtype) => {
    const built = build(...args.slice(0, count));
    bench.parameters.push(...built.parameters());
    built.to(dtype).train(args[count] !== false);
    bench.parameters.push(...built.parameters());
    bench.leaves.push(...built.parameters());
    return (built.forward as Anything)(...args.slice(count + 1));
  };
const then = options({ relu: flag });

for (const entry of nn.norms) {
  if (entry.kind === 'weight') {
    recipes[`norm ${entry.name}`] = recipe(
      fc
        .tuple(fc.constantFrom(2, 4, 6), images)
        .chain(([features, [, kh, kw, from]]) =>
          fc.tuple(
            fc.constant(features),
            options({ eps: fc.constantFrom(1e-5, 1e-3), iterations: fc.nat(3) }),
            flag,
            tensorOf([kh, kw, from, features]),
          ),
        ),
      layer((features, given) => entry.build(features, given), 2),
    );
    continue;
  }
  const fields = {
    ...{
      eps: fc.constantFrom(1e-5, 1e-3, 1),
      affine: flag,
      groups: fc.constantFrom(1, 2, 3),
      momentum: fc.constantFrom(0, 0.1, 1, null),
    },
    ...{
      ddof: fc.constantFrom(0, 1),
      epsInside: flag,
      virtualBatch: fc.constantFrom(1, 2, 5),
      topK: fc.constantFrom(1, 4),
      conditions: fc.constantFrom(1, 3),
    },
    ...{
      portion: fc.constantFrom(0.2, 1),
      trackRunningStats: flag,
      estimated: flag,
      size: fc.constantFrom(1, 2, 5),
      learnEps: flag,
    },
  };
  recipes[`norm ${entry.name}`] = recipe(
    fc
      .tuple(fc.constantFrom(1, 2, 4, 6), images, flag)
      .chain(([features, [n, h, w], isImage]) =>
        fc.tuple(
          fc.constant(features),
          options(fields),
          flag,
          ...((lengths) => [tensorOf(lengths), options({ relu: flag, residual: tensorOf(lengths) })])(
            isImage ? [n, h, w, features] : [n, features],
          ),
        ),
      ),
    layer((features, given) => entry.build(features, given), 2),
  );
}
recipes.Linear = recipe(
  fc
    .tuple(length, length, length)
    .chain(([n, from, to]) =>
      fc.tuple(fc.constant(from), fc.constant(to), options({ bias: flag }), flag, tensorOf([n, from]), then),
    ),
  layer((from, to, given) => new nn.Linear(from, to, { random: createRandom(1), ...(given as object) }), 3),
);
recipes.Conv2d = recipe(
  images.chain((x) =>
    fc.tuple(
      fc.constant(x[3]),
      fc.constantFrom(1, 2, 4),
      pair(1, 3),
      options({ ...windowFields, groups: fc.constantFrom(1, 2), bias: flag }),
      flag,
      tensorOf(x),
      then,
    ),
  ),
  layer(
    (from, to, kernel, given) =>
      new nn.Conv2d(
        from,
        to,
        kernel,
        given === null || typeof given !== 'object' ? given : { random: createRandom(1), ...given },
      ),
    4,
  ),
);
recipes.Gru = recipe(
  fc
    .tuple(fc.constantFrom(0, 1, 2), fc.constantFrom(0, 1, 3), fc.constantFrom(1, 2, 4))
    .chain(([n, t, from]) =>
      fc.tuple(fc.constant(from), fc.constantFrom(1, 3), flag, tensorOf([n, t, from])),
    ),
  layer((from, hidden) => new nn.Gru(from, hidden, { random: createRandom(1) }), 2),
);
recipes.ResidualBlock = recipe(
  images.chain((x) =>
    fc.tuple(fc.constant(x[3]), fc.constantFrom(2, 4), fc.constantFrom(1, 2), flag, tensorOf(x)),
  ),
  layer(
    (from, to, stride) =>
      new nn.ResidualBlock(from, to, {
        stride,
        random: createRandom(1),
        norm: (features) => new nn.GroupNorm(1, features),
      }),
    3,
  ),
);

// Norms as functions ------------------------------------------------------------------------------------------------------------
const featuresOf = (lengths: readonly number[]) =>
  fc.oneof(
    { weight: 5, arbitrary: tensorOf(lengths.slice(-1)) },
    { weight: 1, arbitrary: fc.constant(null) },
  );
const called = (fields: (x: readonly number[]) => Record<string, fc.Arbitrary<unknown>>) =>
  images.chain((x) =>
    fc.tuple(
      tensorOf(x),
      fc.record({
        eps: fc.constantFrom(1e-5, 1e-3),
        gamma: featuresOf(x),
        beta: featuresOf(x),
        ...fields(x),
      }),
    ),
  );
const y = (run: (...args: Anything[]) => Anything): Run =>
  op((...args) => {
    const result = run(...args);
    return result instanceof Tensor ? result : result.y;
  });
const statistics = (x: readonly number[]) =>
  fc.constantFrom(undefined, {
    mean: { shape: [x[3]], data: new Float32Array(x[3]) },
    variance: { shape: [x[3]], data: new Float32Array(x[3]).fill(2) },
  });
recipes.batchNorm = recipe(
  called((x) => ({ given: statistics(x) })),
  y(nn.batchNorm as Anything),
);
recipes.groupNorm = recipe(
  called(() => ({ groups: fc.constantFrom(1, 2, 3) })),
  y(nn.groupNorm as Anything),
);
recipes.instanceNorm = recipe(
  called(() => ({})),
  y(nn.instanceNorm as Anything),
);
recipes.layerNorm = recipe(
  called((x) => ({
    view: fc.constantFrom(nn.lastAxesSets(x, 1), nn.groupSets(x, 1), { n: 1, p: 2, g: 3, k: 4 }),
  })),
  y(nn.layerNorm as Anything),
);
recipes.evoNormS0 = recipe(
  called((x) => ({ groups: fc.constantFrom(1, 2), v1: tensorOf(x.slice(-1)) })),
  y(nn.evoNormS0 as Anything),
);
recipes.filterResponseNorm = recipe(
  called((x) => ({ tau: featuresOf(x), learnedEps: fc.constant(null) })),
  y(nn.filterResponseNorm as Anything),
);
recipes.globalResponseNorm = recipe(
  called(() => ({})),
  y(nn.globalResponseNorm as Anything),
);

// Optimizers and schedules --------------------------------------------------------------------------------------------------------
const optimizer =
  (make: (parameters: Tensor[], given: Anything) => Sgd | AdamW): Run =>
  ([given, shape], bench, dtype) => {
    const lengths = ops.zeros(shape).shape; // which checks it
    const w = parameter(ops.tensor(numbers(lengths, 1), { dtype }).data, [size(lengths)]);
    bench.parameters.push(w);
    const trained = make([w], given);
    for (let step = 0; step < 2; step++) {
      ops.sum(ops.square(w)).backward();
      trained.step();
      trained.zeroGrad();
    }
    return w.clone();
  };
const rate = fc.double({ min: 0, max: 1, noNaN: true });
recipes.Sgd = recipe(
  fc.tuple(
    fc.record({ lr: rate, momentum: rate, nesterov: flag, weightDecay: rate }, { requiredKeys: ['lr'] }),
    shape(),
  ),
  optimizer((w, given) => new Sgd(w, given)),
);
recipes.AdamW = recipe(
  fc.tuple(
    options({
      lr: rate,
      betas: fc.tuple(fc.constantFrom(0, 0.9), fc.constantFrom(0.5, 0.999)),
      weightDecay: rate,
      amsgrad: flag,
    }),
    shape(),
  ),
  optimizer((w, given) => new AdamW(w, given)),
);
for (const name of ['cosine', 'linear', 'stepDecay'] as const) {
  const fields: Fields =
    name === 'stepDecay'
      ? { milestones: fc.array(fc.nat(20)), gamma: rate }
      : { steps: fc.integer({ min: 1, max: 20 }), end: rate };
  recipes[`schedules.${name}`] = recipe(fc.tuple(options(fields)), ([given]) =>
    tensor([0, 3, 50].map((allSchedules[name] as Anything)(given))),
  );
}

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

function size(lengths: readonly number[]): number {
  return lengths.reduce((product, each) => product * each, 1);
}

function numbers(lengths: readonly number[], from: number): Float64Array {
  const random = createRandom(from);
  return Float64Array.from({ length: size(lengths) }, () => Math.fround(random.normal()));
}
