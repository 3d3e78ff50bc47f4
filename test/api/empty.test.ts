import { describe, expect, test } from 'vitest';
import * as ops from '../../src/autograd/index.ts';
import { parameter, type Tensor, tensor } from '../../src/autograd/index.ts';
import type { DType } from '../../src/autograd/tensor.ts';
import { circularPad } from '../../src/nn/layers/circularPad.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { AdamW, Sgd } from '../../src/optim/index.ts';
import { forwardAndBackward, isOwn, type Outcome, onBoth, poison } from './outcome.ts';

/**
 * Tensors without values: every operation and norm, on both sets of kernels, in both precisions, forward and backward, gives the
 * empty result, or that of an empty sum (0) or mean (NaN), as NumPy and PyTorch do, and gradients of 0; or one clear error.
 */
const all = { ...ops };

type Shapes = readonly (readonly number[])[];

interface Expected {
  shape: readonly number[];
  /** Of every element; undefined: there is none. */
  value?: number;
}

interface Case {
  name: string;
  inputs: Shapes;
  run: (...xs: Tensor[]) => Tensor;
  /** The result; or the words of the error. */
  gives: Expected | RegExp;
}

const cases: Case[] = [];

function each(
  name: string,
  run: Case['run'],
  table: readonly (readonly [Shapes, Expected | RegExp])[],
): void {
  for (const [inputs, gives] of table) cases.push({ name, inputs, run, gives });
}

const shape = (...lengths: number[]): Expected => ({ shape: lengths });
const filled = (value: number, ...lengths: number[]): Expected => ({ shape: lengths, value });

const unary = {
  ...pick('relu', 'exp', 'log', 'sqrt', 'abs', 'square', 'neg', 'gelu', 'silu', 'softplus', 'sigmoid'),
};
const more = { ...pick('tanh', 'erf', 'leakyRelu', 'elu', 'softmax', 'logSoftmax', 'dropout') };
for (const [name, op] of Object.entries({ ...unary, ...more })) {
  each(name, (x) => op(x), [
    [[[0]], shape(0)],
    [[[0, 3]], shape(0, 3)],
    [[[2, 0, 3]], shape(2, 0, 3)],
    [[[2, 0]], shape(2, 0)],
  ]);
}

const reductions = {
  sum: 0,
  mean: Number.NaN,
  max: /max: no values/,
  min: /min: no values/,
  variance: /needs more than 0 value/,
};
for (const [name, of] of Object.entries(reductions)) {
  const op = all[name as 'sum'];
  const none = (...lengths: number[]) => (of instanceof RegExp ? of : filled(of, ...lengths));
  each(name, (x) => op(x), [
    [[[0]], none()],
    [[[0, 3]], none()],
  ]);
  each(name, (x) => op(x, 1), [
    [[[0, 3]], shape(0)],
    [[[2, 0]], none(2)],
    [[[2, 0, 3]], none(2, 3)],
  ]);
  each(name, (x) => op(x, [0], { keepDims: true }), [
    [[[0, 3]], none(1, 3)],
    [[[3, 0]], shape(1, 0)],
  ]);
}

for (const [name, op] of Object.entries(pick('add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'))) {
  each(name, (a, b) => op(a, b as never), [
    [[[0], [0]], shape(0)],
    [[[0, 3], [3]], shape(0, 3)],
    [
      [
        [0, 3],
        [1, 3],
      ],
      shape(0, 3),
    ],
    [
      [
        [2, 0],
        [2, 1],
      ],
      shape(2, 0),
    ],
    [[[1], [0]], shape(0)],
    [[[], [0, 2]], shape(0, 2)],
    [[[0], [2]], /do not broadcast/],
  ]);
}

each('matmul', ops.matmul, [
  [
    [
      [0, 3],
      [3, 2],
    ],
    shape(0, 2),
  ],
  [
    [
      [2, 3],
      [3, 0],
    ],
    shape(2, 0),
  ],
  [
    [
      [2, 0],
      [0, 3],
    ],
    filled(0, 2, 3),
  ],
  [
    [
      [2, 2, 0],
      [2, 0, 3],
    ],
    filled(0, 2, 2, 3),
  ],
  [
    [
      [0, 2, 3],
      [3, 2],
    ],
    shape(0, 2, 2),
  ],
  [
    [
      [1, 2, 3],
      [0, 3, 2],
    ],
    shape(0, 2, 2),
  ],
]);
for (const relu of [false, true]) {
  each('linear', (x, w, b) => ops.linear(x, w, b, { relu }), [
    [[[0, 3], [3, 2], [2]], shape(0, 2)],
    [[[2, 3], [3, 0], [0]], shape(2, 0)],
  ]);
  each('linear without bias', (x, w) => ops.linear(x, w, null, { relu }), [
    [
      [
        [2, 0],
        [0, 3],
      ],
      filled(0, 2, 3),
    ],
  ]);
}
for (const groups of [1, 4]) {
  const conv = (x: Tensor, w: Tensor, b?: Tensor) => ops.conv2d(x, w, b, { padding: 1, groups });
  each(`conv2d in ${groups} groups`, conv, [
    [[[0, 5, 5, 4], [3, 3, 4 / groups, 4], [4]], shape(0, 5, 5, 4)],
    [[[0, 8, 8, 16], [3, 3, 16 / groups, 16], [16]], shape(0, 8, 8, 16)], // by Winograd
    [[[0, 8, 8, 16], [1, 1, 16 / groups, 16], [16]], shape(0, 10, 10, 16)],
    [[[2, 5, 5, 4], [3, 3, 4 / groups, 0], [0]], shape(2, 5, 5, 0)],
    [
      [
        [2, 5, 5, 0],
        [3, 3, 0, 4],
      ],
      filled(0, 2, 5, 5, 4),
    ],
    [
      [
        [2, 0, 1, 4],
        [5, 3, 4 / groups, 4],
      ],
      /does not fit/,
    ],
  ]);
}
for (const [name, op] of Object.entries(pick('maxPool2d', 'avgPool2d'))) {
  each(name, (x) => op(x, 2 as never), [
    [[[0, 4, 4, 3]], shape(0, 2, 2, 3)],
    [[[2, 4, 4, 0]], shape(2, 2, 2, 0)],
    [[[2, 0, 4, 3]], /does not fit/],
  ]);
}
each('globalAvgPool2d', ops.globalAvgPool2d, [
  [[[0, 4, 4, 3]], shape(0, 3)],
  [[[2, 0, 4, 3]], filled(Number.NaN, 2, 3)],
]);
each('globalMaxPool2d', ops.globalMaxPool2d, [
  [[[0, 4, 4, 3]], shape(0, 3)],
  [[[2, 0, 4, 3]], /no values/],
]);
each('flatten', ops.flatten, [
  [[[0, 3, 2]], shape(0, 6)],
  [[[2, 0, 3]], shape(2, 0)],
]);
each('reshape', (x) => ops.reshape(x, [-1, 3]), [
  [[[0, 3]], shape(0, 3)],
  [[[2, 0]], shape(0, 3)],
]);
each('reshape', (x) => ops.reshape(x, [0, -1]), [[[[0, 3]], /does not fit/]]);
each('permute', (x) => ops.permute(x, [2, 0, 1]), [[[[0, 3, 2]], shape(2, 0, 3)]]);
each('transpose', (x) => ops.transpose(x), [
  [[[0, 3]], shape(3, 0)],
  [[[2, 0, 3]], shape(2, 3, 0)],
]);
each('broadcastTo', (x) => ops.broadcastTo(x, [0, 3]), [
  [[[1, 3]], shape(0, 3)],
  [[[3]], shape(0, 3)],
  [[[0, 1]], shape(0, 3)],
]);
each('concat', (a, b) => ops.concat([a, b], 1), [
  [
    [
      [0, 3],
      [0, 2],
    ],
    shape(0, 5),
  ],
  [
    [
      [2, 0],
      [2, 0],
    ],
    shape(2, 0),
  ],
]);
each('slice', (x) => ops.slice(x, [1, 0], [0, 2]), [
  [[[3, 2]], shape(0, 2)],
  [[[1, 2]], shape(0, 2)],
]);
each('pad', (x) => ops.pad(x, [1, 1], [0, 1], 7), [
  [[[0, 2]], filled(7, 1, 4)],
  [[[2, 0]], filled(7, 3, 2)],
]);
each('circularPad', (x) => circularPad(x, 1), [
  [[[0, 4, 4, 2]], shape(0, 6, 6, 2)],
  [[[2, 0, 4, 2]], /at least 1/],
]);
each('mseLoss', (a, b) => ops.mseLoss(a, b), [[[[0], [0]], filled(Number.NaN)]]);
for (const name of ['l1Loss', 'huberLoss', 'smoothL1Loss'] as const) {
  each(name, (a, b) => all[name](a, b), [[[[0], [0]], filled(Number.NaN)]]);
  each(name, (a, b) => all[name](a, b, { reduction: 'sum' }), [
    [
      [
        [0, 2],
        [0, 2],
      ],
      filled(0),
    ],
  ]);
}
for (const name of ['binaryCrossEntropy', 'binaryCrossEntropyWithLogits'] as const) {
  each(name, (a, b) => all[name](a, b), [[[[0], [0]], filled(Number.NaN)]]);
  each(name, (a, b) => all[name](a, b, { reduction: 'none' }), [
    [
      [
        [0, 2],
        [0, 2],
      ],
      shape(0, 2),
    ],
  ]);
}
each('nllLoss', (x) => ops.nllLoss(x, []), [[[[0, 3]], /no mean over no samples/]]);
each('crossEntropy', (x) => ops.crossEntropy(x, [], { reduction: 'sum' }), [[[[0, 3]], filled(0)]]);
each('crossEntropy', (x) => ops.crossEntropy(x, [], { reduction: 'none' }), [[[[2, 0, 3]], shape(2, 0)]]);
each('crossEntropy', (x, t) => ops.crossEntropy(x, t), [
  [
    [
      [0, 3],
      [0, 3],
    ],
    /no mean over no samples/,
  ],
]);
each('crossEntropy', (x, t) => ops.crossEntropy(x, t, { reduction: 'sum' }), [
  [
    [
      [0, 3],
      [0, 3],
    ],
    filled(0),
  ],
]);
each('crossEntropy', (x) => ops.crossEntropy(x, []), [[[[0, 3]], /no mean over no samples/]]);
each('crossEntropy', (x) => ops.crossEntropy(x, [0, 0]), [[[[2, 0]], /not a class/]]);
each('cast', (x) => ops.cast(x, x.dtype === 'float32' ? 'float64' : 'float32'), [[[[0, 3]], shape(0, 3)]]);

/** Layers and norms: gradients of their parameters count, too. */
const parametersOfTheCase: Tensor[] = [];
for (const entry of registry.filter(({ kind }) => kind === 'activation')) {
  for (const training of [true, false]) {
    for (const then of entry.name.startsWith('evonorm') ? [{}, { relu: true }] : [{ relu: true }]) {
      const run = (x: Tensor) => {
        const layer = entry.build(6, {}).to(x.dtype).train(training);
        parametersOfTheCase.push(...layer.parameters());
        return layer.forward(x, then);
      };
      const seesBatch = entry.dependsOnBatch === 'training' || entry.name === 'actnorm';
      const ofNone = (...lengths: number[]) => (training && seesBatch ? /training needs/ : shape(...lengths));
      // EvoNorm without its activation, and some others, look at no statistics
      const isOpen = entry.name === 'evonorm-b0' && !then.relu;
      for (const lengths of [
        [0, 6],
        [0, 3, 4, 6],
        [2, 0, 4, 6],
      ]) {
        const gives = isOpen ? shape(...lengths) : ofNone(...lengths);
        cases.push({
          name: `${entry.name}, ${training ? 'training' : 'evaluation'}`,
          inputs: [lengths],
          run,
          gives,
        });
      }
    }
  }
}

function leaf(lengths: readonly number[], dtype: DType): Tensor {
  const size = lengths.reduce((product, length) => product * length, 1);
  const values = Float64Array.from({ length: size }, (_, i) => 1.5 + Math.cos(3 * i));
  return tensor(values, lengths, { dtype, requiresGrad: true });
}

function outcomes({ inputs, run }: Case): Record<string, Outcome> {
  const all: Record<string, Outcome> = {};
  for (const dtype of ['float32', 'float64'] as const) {
    const both = onBoth(() => {
      poison();
      parametersOfTheCase.length = 0;
      const xs = inputs.map((lengths) => leaf(lengths, dtype));
      const outcome = forwardAndBackward(() => run(...xs), xs);
      if (!('error' in outcome)) {
        outcome.gradients.push(...parametersOfTheCase.map(({ grad }) => grad?.toArray() ?? []));
      }
      return outcome;
    });
    for (const [name, outcome] of Object.entries(both)) all[`${dtype}, ${name}`] = outcome;
  }
  return all;
}

describe('tensors without values', () => {
  const names = [...new Set(cases.map(({ name }) => name))];
  test.each(names)('%s', (name) => {
    for (const one of cases.filter((each) => each.name === name)) {
      for (const [where, outcome] of Object.entries(outcomes(one))) {
        const what = `${name} of [${one.inputs.map((lengths) => `[${lengths}]`).join(', ')}], ${where}`;
        if (one.gives instanceof RegExp) {
          if (!('error' in outcome)) throw new Error(`${what}: no error, but [${outcome.shape}]`);
          expect(outcome.error.message, what).toMatch(one.gives);
          expect(isOwn(outcome.error), what).toBe(true);
          continue;
        }
        if ('error' in outcome)
          throw new Error(`${what}: ${outcome.error.message}`, { cause: outcome.error });
        expect(outcome.shape, what).toEqual(one.gives.shape);
        expect(new Set(outcome.values), what).toEqual(new Set('value' in one.gives ? [one.gives.value] : []));
        // A pad's and an empty product's operands do not count either; 0 and -0 are the same
        for (const gradient of outcome.gradients)
          expect(
            gradient.filter((value) => value !== 0),
            what,
          ).toEqual([]);
      }
    }
  });
});

test('optimizers pass over parameters without values', () => {
  const outcome = onBoth(() => {
    const [empty, w] = [parameter(new Float32Array(0), [0, 3]), parameter(Float32Array.of(1), [1])];
    for (const optimizer of [new Sgd([empty, w], { lr: 0.5, momentum: 0.9 }), new AdamW([empty, w])]) {
      ops.add(ops.sum(empty), ops.sum(w)).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    return { shape: empty.shape, values: w.toArray(), gradients: [] };
  });
  expect(outcome.wasm).toEqual(outcome.reference);
});

function pick<Name extends keyof typeof ops>(...names: Name[]) {
  return Object.fromEntries(names.map((name) => [name, all[name]])) as unknown as Record<
    Name,
    (...xs: Tensor[]) => Tensor
  >;
}
