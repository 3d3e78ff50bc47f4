import fc from 'fast-check';
import * as ops from '../../src/autograd/index.ts';
import { Tensor, tensor } from '../../src/autograd/index.ts';
import * as nn from '../../src/nn/index.ts';
import { createRandom } from '../../src/random.ts';
import {
  type Anything,
  anyTensor,
  axes,
  broadcasting,
  type Fields,
  flag,
  images,
  length,
  number,
  op,
  options,
  pair,
  type Recipe,
  type Run,
  recipe,
  shape,
  size,
  tensorOf,
  windowFields,
} from './recipe.ts';

/** Random calls of operations on tensors, and of what makes tensors. */
export const operations: Record<string, Recipe> = {};
const all = { ...ops };
const named = <Name extends keyof typeof ops>(name: Name): Run =>
  op((...args) => (all[name] as Anything)(...args));

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
  'sigmoid',
  'tanh',
  'erf',
  'flatten',
  'globalAvgPool2d',
  'globalMaxPool2d',
  'mish',
  'hardsigmoid',
  'hardswish',
  'hardtanh',
  'selu',
  'relu6',
  'softsign',
  'logsigmoid',
  'squeeze',
] as const) {
  operations[name] = recipe(fc.tuple(anyTensor), named(name));
}
operations['gelu by tanh'] = recipe(fc.tuple(anyTensor, fc.constant({ approximate: 'tanh' })), named('gelu'));
for (const name of ['leakyRelu', 'elu', 'powScalar', 'clamp', 'affine', 'celu', 'softplus'] as const) {
  operations[name] = recipe(fc.tuple(anyTensor, number, number), named(name));
}
for (const name of ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'mseLoss'] as const) {
  const withNumber = fc.oneof(fc.tuple(anyTensor, number), fc.tuple(number, anyTensor));
  operations[name] = recipe(
    fc.oneof({ weight: 3, arbitrary: broadcasting }, { weight: 1, arbitrary: withNumber }),
    named(name),
  );
}
const axis = fc.integer({ min: -3, max: 3 });
for (const name of ['greater', 'greaterEqual', 'less', 'lessEqual', 'equal', 'notEqual'] as const) {
  operations[name] = recipe(fc.oneof(broadcasting, fc.tuple(anyTensor, number)), named(name));
}
for (const name of ['glu', 'unsqueeze'] as const)
  operations[name] = recipe(fc.tuple(anyTensor, axis), named(name));
operations.where = recipe(
  fc
    .tuple(broadcasting, fc.oneof(number, fc.constant([1]).chain(tensorOf)))
    .map(([[a, b], other]) => [b, a, other]),
  (args) => (ops.where as Anything)(ops.greater(args[0], 0), ...args.slice(1)),
);
operations.maskedFill = recipe(
  fc.tuple(broadcasting, number).map(([[x, mask], value]) => [x, mask, value]),
  named('maskedFill'),
);
operations.prelu = recipe(
  shape(1).chain((lengths) => fc.tuple(tensorOf(lengths), tensorOf([lengths[lengths.length - 1]]))),
  named('prelu'),
);
operations.stack = recipe(
  fc
    .tuple(shape(), axis, fc.integer({ min: 1, max: 3 }))
    .chain(([lengths, at, count]) =>
      fc.tuple(fc.array(tensorOf(lengths), { minLength: count, maxLength: count }), fc.constant(at)),
    ),
  named('stack'),
);
operations.split = recipe(fc.tuple(anyTensor, fc.integer({ min: 1, max: 3 }), axis), (args) =>
  ops.concat((ops.split as Anything)(...args), args[2]),
);
operations.arange = recipe(fc.tuple(number, number, number), named('arange'));
operations.linspace = recipe(fc.tuple(number, number, fc.nat(9)), named('linspace'));
operations.eye = recipe(fc.tuple(fc.nat(9)), named('eye'));
for (const name of ['sum', 'mean', 'max', 'min', 'variance'] as const) {
  const fields: Fields =
    name === 'variance' ? { keepDims: flag, ddof: fc.constantFrom(0, 1) } : { keepDims: flag };
  operations[name] = recipe(fc.tuple(anyTensor, axes, options(fields)), named(name));
}
for (const name of ['softmax', 'logSoftmax'] as const) {
  operations[name] = recipe(fc.tuple(anyTensor, fc.integer({ min: -3, max: 3 })), named(name));
}
operations.argmax = recipe(fc.tuple(anyTensor, fc.integer({ min: -3, max: 3 })), (args) =>
  tensor([...(ops.argmax as Anything)(...args)]),
);
operations.matmul = recipe(
  fc
    .tuple(shape(0, 2), length, length, length, flag)
    .chain(([batch, m, k, n, broadcast]) =>
      fc.tuple(tensorOf([...batch, m, k]), tensorOf([...(broadcast ? [] : batch), k, n])),
    ),
  named('matmul'),
);
operations['matmul with a vector'] = recipe(
  fc.tuple(shape(0, 2), length, flag).chain(([batch, k, onLeft]) => {
    const vector = tensorOf([k]);
    return onLeft ? fc.tuple(vector, tensorOf([...batch, k, 2])) : fc.tuple(tensorOf([...batch, k]), vector);
  }),
  named('matmul'),
);
operations.scaledDotProductAttention = recipe(
  fc
    .tuple(shape(0, 2), length, length, length, length, flag)
    .chain(([batch, queries, keys, features, values, shared]) => {
      const own = shared ? [] : batch;
      return fc.tuple(
        tensorOf([...batch, queries, features]),
        tensorOf([...own, keys, features]),
        tensorOf([...own, keys, values]),
        options({ causal: flag, mask: fc.oneof(tensorOf([queries, keys]), tensorOf([keys])) }),
      );
    }),
  named('scaledDotProductAttention'),
);
operations.embedding = recipe(
  fc.tuple(fc.integer({ min: 1, max: 6 }), length, shape(0, 2)).chain(([rows, width, nesting]) =>
    fc.tuple(
      nesting.reduceRight<fc.Arbitrary<unknown>>(
        (inner, n) => fc.array(inner, { minLength: n, maxLength: n }),
        fc.integer({ min: 0, max: rows - 1 }),
      ),
      tensorOf([rows, width]),
    ),
  ),
  named('embedding'),
);
operations.linear = recipe(
  fc
    .tuple(shape(0, 3), length, length, flag)
    .chain(([before, from, to, biased]) =>
      fc.tuple(
        tensorOf([...before, from]),
        tensorOf([from, to]),
        biased ? tensorOf([to]) : fc.constant(null),
        options({ relu: flag }),
      ),
    ),
  named('linear'),
);
operations.conv2d = recipe(
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
const lines = images.map(([n, , w, c]) => [n, w, c]);
const lineFields = {
  ...{ stride: fc.integer({ min: 1, max: 3 }), dilation: fc.integer({ min: 1, max: 2 }) },
  padding: fc.oneof(fc.nat(2), fc.tuple(fc.nat(2), fc.nat(2)), fc.constantFrom('same', 'valid')),
};
operations.conv1d = recipe(
  fc
    .tuple(lines, fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 2, 4), fc.constantFrom(1, 1, 2), flag)
    .chain(([x, k, out, groups, biased]) =>
      fc.tuple(
        tensorOf(x),
        tensorOf([k, Math.max(1, Math.floor(x[2] / groups)), out]),
        biased ? tensorOf([out]) : fc.constant(null),
        options({ ...lineFields, groups: fc.constant(groups), relu: flag }),
      ),
    ),
  named('conv1d'),
);
for (const rank of [1, 2] as const) {
  const cells = rank === 1 ? fc.nat(2) : pair(0, 2);
  const fields = {
    ...{ stride: rank === 1 ? lineFields.stride : pair(1, 3), padding: cells, outputPadding: cells },
    dilation: rank === 1 ? lineFields.dilation : pair(1, 2),
  };
  operations[`convTranspose${rank}d`] = recipe(
    fc
      .tuple(images, pair(1, 4), fc.constantFrom(1, 2, 8), fc.constantFrom(1, 1, 2), flag)
      .chain(([x, kernel, out, groups, biased]) => {
        const [kh, kw = kh] = [kernel].flat();
        return fc.tuple(
          tensorOf(rank === 1 ? [x[0], x[2], x[3]] : x),
          tensorOf([...(rank === 1 ? [kw] : [kh, kw]), out, x[3]]),
          biased ? tensorOf([out * groups]) : fc.constant(null),
          options({ ...fields, groups: fc.constant(groups) }),
        );
      }),
    named(`convTranspose${rank}d`),
  );
}
for (const name of ['maxPool1d', 'avgPool1d'] as const) {
  const fields: Fields = name === 'avgPool1d' ? { countPadding: flag } : {};
  operations[name] = recipe(
    fc.tuple(
      lines.chain(tensorOf),
      fc.integer({ min: 1, max: 3 }),
      options({ ...lineFields, ...fields, ceilMode: flag }),
    ),
    named(name),
  );
}
for (const name of ['adaptiveAvgPool2d', 'adaptiveMaxPool2d'] as const) {
  const size = fc.oneof(pair(1, 6), fc.constant([null, 2]));
  operations[name] = recipe(fc.tuple(images.chain(tensorOf), size), named(name));
}
for (const name of ['adaptiveAvgPool1d', 'adaptiveMaxPool1d'] as const) {
  operations[name] = recipe(fc.tuple(lines.chain(tensorOf), fc.integer({ min: 1, max: 6 })), named(name));
}
for (const name of ['maxPool2d', 'avgPool2d'] as const) {
  const fields: Fields = {
    ...windowFields,
    ceilMode: flag,
    ...(name === 'avgPool2d' && { countPadding: flag, divisor: fc.constantFrom(null, 3) }),
  };
  operations[name] = recipe(fc.tuple(images.chain(tensorOf), pair(1, 3), options(fields)), named(name));
}
const reduction = fc.constantFrom('mean', 'sum', 'none');
for (const name of ['crossEntropy', 'nllLoss'] as const) {
  operations[name] = recipe(
    fc
      .tuple(length, fc.constantFrom([], [], [2]), fc.integer({ min: 1, max: 5 }), flag)
      .chain(([n, positions, classes, soft]) => {
        const count = size([n, ...positions]);
        const labels = fc.array(fc.nat(classes - 1), { minLength: count, maxLength: count });
        return fc.tuple(
          tensorOf([n, ...positions, classes]),
          soft && name === 'crossEntropy' ? tensorOf([n, ...positions, classes]) : labels,
          options({
            ...(name === 'crossEntropy' && { labelSmoothing: fc.double({ min: 0, max: 1, noNaN: true }) }),
            weight: fc.array(fc.constantFrom(0.5, 1, 3), { minLength: classes, maxLength: classes }),
            ignoreIndex: fc.constantFrom(-100, 0),
            reduction,
          }),
        );
      }),
    named(name),
  );
}
for (const [name, more] of [
  ['l1Loss', {}],
  ['huberLoss', { delta: fc.constantFrom(0.5, 1) }],
  ['smoothL1Loss', { beta: fc.constantFrom(0, 0.5) }],
  ['binaryCrossEntropyWithLogits', { weight: number, posWeight: number }],
] as const) {
  const given = shape().chain((lengths) =>
    fc.tuple(tensorOf(lengths), tensorOf(lengths), options({ ...more, reduction })),
  );
  operations[name] = recipe(given, named(name));
}
operations.binaryCrossEntropy = recipe(
  shape().chain((lengths) =>
    fc.tuple(tensorOf(lengths), tensorOf(lengths), options({ weight: number, reduction })),
  ),
  (args) => (ops.binaryCrossEntropy as Anything)(ops.sigmoid(args[0]), args[1], args[2]),
);
operations.dropout = recipe(fc.tuple(anyTensor, fc.double({ min: 0, max: 0.9, noNaN: true })), (args) =>
  (ops.dropout as Anything)(args[0], args[1], createRandom(1)),
);
operations.reshape = recipe(
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
operations.permute = recipe(
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
operations.transpose = recipe(
  fc.tuple(anyTensor, fc.integer({ min: -3, max: 3 }), fc.integer({ min: -3, max: 3 })),
  named('transpose'),
);
operations.broadcastTo = recipe(
  broadcasting.map(([whole, part]) => [part, whole.tensorOf]),
  named('broadcastTo'),
);
operations.concat = recipe(
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
operations.slice = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      tensorOf(lengths),
      fc.tuple(...lengths.map((n) => fc.nat(n))),
      fc.tuple(...lengths.map((n) => fc.integer({ min: -1, max: n }))),
    ),
  ),
  named('slice'),
);
operations.pad = recipe(
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
operations.cast = recipe(fc.tuple(anyTensor, fc.constantFrom('float32', 'float64')), named('cast'));
operations.circularPad = recipe(
  fc.tuple(images.chain(tensorOf), fc.nat(2)),
  op((...args) => (nn.circularPad as Anything)(...args)),
);
operations.tensor = recipe(
  shape().chain((lengths) =>
    fc.tuple(
      fc.array(number, { minLength: size(lengths), maxLength: size(lengths) }),
      fc.constant(lengths),
      options({ dtype: fc.constantFrom('float32', 'float64') }),
    ),
  ),
  named('tensor'),
);
for (const name of ['zeros', 'ones'] as const) operations[name] = recipe(fc.tuple(shape()), named(name));
operations.full = recipe(fc.tuple(shape(), number), named('full'));
operations.Tensor = recipe(
  shape().map((lengths) => [new Float32Array(size(lengths)), lengths]),
  op((...args) => new (Tensor as Anything)(...args)),
);
