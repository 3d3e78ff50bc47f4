import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import * as normgrad from '../../src/index.ts';
import { isOwn } from './outcome.ts';

/**
 * The public API as somebody calls it who comes from PyTorch or TensorFlow.js, in plain JavaScript: where there is only one thing that
 * can be meant it works, elsewhere the error says what to write.
 */
// biome-ignore lint/suspicious/noExplicitAny: without types is the point
const ng = normgrad as any;
const { tensor, randn, zeros, Linear, Sequential, Sgd } = normgrad;

const x = () => randn(2, 3);
const images = () => randn(2, 8, 8, 3);
const parameters = () => new Linear(2, 3).parameters();
const leaf = () => tensor([1, 2], { requiresGrad: true });
const ones64 = () => tensor([1, 1], { dtype: 'float64' });
const lists = () =>
  new Map([
    ['weight', [1]],
    ['bias', [1]],
  ]) as never;

describe('works', () => {
  const cases: [string, () => unknown, unknown][] = [
    [
      'new Sequential(a, b)',
      () => new Sequential(new Linear(3, 4), new Linear(4, 2)).forward(x()).shape,
      [2, 2],
    ],
    [
      'new Sequential([a, b])',
      () => new Sequential([new Linear(3, 4), new Linear(4, 2)]).parameters().length,
      4,
    ],
    ['new Linear(2, 3)', () => new Linear(2, 3).weight.shape, [2, 3]],
    ['new Conv2d(3, 8, 3)', () => new ng.Conv2d(3, 8, 3).forward(images()).shape, [2, 6, 6, 8]],
    ['new Dropout()', () => new ng.Dropout().rate, 0.5],
    ['new Gru(3, 4)', () => new ng.Gru(3, 4).forward(randn(2, 5, 3)).shape, [2, 5, 4]],
    ['new ResidualBlock(3, 8)', () => new ng.ResidualBlock(3, 8).forward(images()).shape, [2, 8, 8, 8]],
    ['randn([2, 2])', () => randn([2, 2]).shape, [2, 2]],
    ['randn(2, 2)', () => randn(2, 2).shape, [2, 2]],
    ['randn([2], options)', () => randn([2], { dtype: 'float64' }).dtype, 'float64'],
    ['zeros(2, 2)', () => zeros(2, 2).toArray(), [0, 0, 0, 0]],
    ['ones(2)', () => ng.ones(2).toArray(), [1, 1]],
    ['uniform([2, 2])', () => ng.uniform([2, 2]).shape, [2, 2]],
    ['tensor(values, options)', () => tensor([1], { requiresGrad: true }).requiresGrad, true],
    ['tensor(a typed array)', () => tensor(Uint8Array.of(1, 2)).toArray(), [1, 2]],
    ['tensor(rows of typed arrays)', () => tensor([Int32Array.of(1, 2), Int32Array.of(3, 4)]).shape, [2, 2]],
    ['tensor(a tensor)', () => tensor(tensor([[1, 2]])).shape, [1, 2]],
    ['add(1, x)', () => ng.add(1, tensor([2])).toArray(), [3]],
    ['pow(2, x)', () => ng.pow(2, tensor([3])).toArray(), [8]],
    ['maximum(0, x)', () => ng.maximum(0, tensor([-1, 2])).toArray(), [0, 2]],
    ['clamp(x, low)', () => ng.clamp(tensor([-1, 2]), 0).toArray(), [0, 2]],
    [
      'x.add(1).mul(x).sum()',
      () =>
        ng
          .tensor([1, 2])
          .add(1)
          .mul(ng.tensor([1, 2]))
          .sum()
          .item(),
      8,
    ],
    ['x.reshape(3, 2)', () => x().reshape(3, 2).shape, [3, 2]],
    ['a vector times a matrix', () => ng.matmul(tensor([1, 2]), tensor([[1], [3]])).toArray(), [7]],
    [
      'where(x > 0, x, 0)',
      () => ng.where(ng.greater(tensor([1, -2]), 0), tensor([1, -2]), 0).toArray(),
      [1, 0],
    ],
    ['arange(3)', () => ng.arange(3).toArray(), [0, 1, 2]],
    [
      'new ConvTranspose2d(3, 8, 2)',
      () => new ng.ConvTranspose2d(3, 8, 2).forward(images()).shape,
      [2, 9, 9, 8],
    ],
    ['new AdaptiveAvgPool2d(1)', () => new ng.AdaptiveAvgPool2d(1).forward(images()).shape, [2, 1, 1, 3]],
    ['transpose(x, 0, 1)', () => ng.transpose(x(), 0, 1).shape, [3, 2]],
    [
      'argmax(x, 0)',
      () => [
        ...ng.argmax(
          tensor([
            [1, 5],
            [3, 2],
          ]),
          0,
        ),
      ],
      [1, 0],
    ],
    ['options of another realm', () => new Sgd(parameters(), runInNewContext('({ lr: 0.5 })')).lr, 0.5],
    ['concat([a, b])', () => ng.concat([x(), x()]).shape, [4, 3]],
    ['linear(x, w)', () => ng.linear(x(), randn(3, 4)).shape, [2, 4]],
    [
      'crossEntropy with a tensor',
      () =>
        ng
          .crossEntropy(zeros(2, 4), tensor([0, 3]))
          .item()
          .toFixed(4),
      '1.3863',
    ],
    [
      'createModel without a generator',
      () => ng.createModel('mlp', { input: [4, 4, 1], classes: 2, norm: 'batch' }).layers.length > 0,
      true,
    ],
  ];
  test.each(cases)('%s', (_, run, expected) => expect(run()).toEqual(expected));

  test('the default generator: the same program, the same numbers', () => {
    ng.manualSeed(3);
    const first = [
      randn(2).toArray(),
      new Linear(2, 2).weight.toArray(),
      new ng.Dropout().forward(ng.ones(9)).toArray(),
    ];
    ng.manualSeed(3);
    const again = [
      randn(2).toArray(),
      new Linear(2, 2).weight.toArray(),
      new ng.Dropout().forward(ng.ones(9)).toArray(),
    ];
    expect(again).toEqual(first);
    expect(randn(2).toArray()).not.toEqual(first[0]);
  });

  test('layers of Dropout that share the default generator have masks of their own, which a checkpoint keeps', () => {
    const model = new Sequential(new ng.Dropout(), new ng.Dropout());
    const states = normgrad.dropoutStates(model);
    const [a, b] = model.layers.map((layer) => layer.forward(ng.ones(50)).toArray());
    expect(a).not.toEqual(b);
    normgrad.loadDropoutStates(model, states);
    expect(model.layers.map((layer) => layer.forward(ng.ones(50)).toArray())).toEqual([a, b]);
  });
});

describe('says what to write', () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      'new Sequential(relu)',
      () => new ng.Sequential(ng.relu),
      /layer 0 must be a layer.*activation\('relu'\)/,
    ],
    ['new Linear(2, 3, false)', () => new ng.Linear(2, 3, false), /options are an object.*got false.*bias/],
    ['new Linear({ units })', () => new ng.Linear({ units: 3 }), /inFeatures must be a whole number.*units/],
    [
      'new Conv2d(3, 8, 3, 1, 1)',
      () => new ng.Conv2d(3, 8, 3, 1, 1),
      /options are an object, such as \{ stride/,
    ],
    [
      'strides',
      () => new ng.Conv2d(3, 8, 3, { strides: 2 }),
      /unknown option "strides" \(did you mean "stride"\?\)/,
    ],
    ['new MaxPool2d(2, 2)', () => new ng.MaxPool2d(2, 2), /options are an object, such as \{ stride/],
    ['maxPool2d(x, 3, 2)', () => ng.maxPool2d(images(), 3, 2), /options are an object, such as \{ stride/],
    ['new BatchNorm(64, 1e-5)', () => new ng.BatchNorm(64, 1e-5), /options are an object, such as \{ eps/],
    ['epsilon', () => new ng.BatchNorm(64, { epsilon: 1e-3 }), /unknown option "epsilon".*it takes eps/],
    ['new GroupNorm(8)', () => new ng.GroupNorm(8), /features must be a whole number/],
    ['new Dropout({ p })', () => new ng.Dropout({ p: 0.5 }), /rate must be in \[0, 1\)/],
    ["activation('ReLU')", () => ng.activation('ReLU'), /did you mean "relu"/],
    ["activation('constructor')", () => ng.activation('constructor'), /unknown activation/],
    [
      'new Sgd(model)',
      () => new Sgd(ng.activation('relu'), { lr: 1 }),
      /takes a list of parameters, model.parameters\(\)/,
    ],
    ['new Sgd(parameters)', () => new ng.Sgd(parameters()), /options are an object, such as \{ lr/],
    ['new Sgd(parameters, 0.1)', () => new ng.Sgd(parameters(), 0.1), /options are an object, such as \{ lr/],
    [
      'weight_decay',
      () => new ng.Sgd(parameters(), { lr: 1, weight_decay: 1 }),
      /did you mean "weightDecay"/,
    ],
    ['createModel without options', () => ng.createModel('mlp'), /options are an object/],
    [
      'createOptimizer of another case',
      () => ng.createOptimizer('SGD', parameters(), { lr: 1 }),
      /did you mean "sgd"/,
    ],
    ['labels [N, 1]', () => ng.crossEntropy(x(), zeros(2, 1)), /a class number for each position/],
    ['sum(x, { dim })', () => ng.sum(x(), { dim: 1 }), /axes are a number or a list/],
    ['sum(x, 1, true)', () => ng.sum(x(), 1, true), /options are an object, such as \{ keepDims/],
    ['reshape(x, 3, 2)', () => ng.reshape(x(), 3, 2), /the shape must be a list/],
    ['concat(a, b)', () => ng.concat(x(), x()), /concat\(\[a, b\], axis\)/],
    ['add(x, [1])', () => ng.add(x(), [1, 2, 3]), /expected a tensor, got \[1, 2, 3\].*tensor\(values/],
    ['add of a layer', () => ng.add(x(), new Linear(2, 3)), /forward\(x\)/],
    ['conv2d(x, w, 1)', () => ng.conv2d(images(), randn(3, 3, 3, 4), 1), /expected a tensor, got 1/],
    ['new Tensor([1])', () => new ng.Tensor([1], [1]), /tensor\(values, shape\)/],
    ['operators', () => (tensor(1) as never) < 3, /operators .* do not work on tensors.*\.item\(\)/],
    ['a + b', () => (tensor(1) as never) + (tensor(2) as never), /add\(a, b\)/],
    ['cosine(100)', () => ng.schedules.cosine(100), /options are an object, such as \{ steps/],
    ['withWarmup(5)', () => ng.schedules.withWarmup(5, ng.schedules.constant()), /options are an object/],
    ["fan: 'fan_in'", () => ng.initializers.heNormal({ fan: 'fan_in' }), /fan must be 'in' or 'out'/],
    [
      'gradient: [1, 1]',
      () => ng.mul(leaf(), 2).backward({ gradient: [1, 1] }),
      /expected a float32 tensor, or \{ shape, data \}.*got \[1, 1\]/,
    ],
    [
      'a gradient of another dtype',
      () => ng.mul(leaf(), 2).backward({ gradient: ones64() }),
      /expected a float32 tensor.*got a float64 tensor of 2 values for \[2\]/,
    ],
    [
      'a short gradient',
      () => ng.mul(leaf(), 2).backward({ gradient: { shape: [2], data: Float32Array.of(1) } }),
      /as many values; got a Float32Array of 1 values for \[2\]/,
    ],
    [
      'backward(gradient)',
      () => ng.sum(leaf()).backward(tensor(2)),
      /backward\(\): options are an object, such as \{ gradient/,
    ],
    ['retain_graph', () => ng.sum(leaf()).backward({ retain_graph: true }), /did you mean "retainGraph"/],
    ['record without a rule', () => ng.record('f', leaf(), [leaf()]), /record: takes a name/],
    [
      'a rule that returns no list of gradients',
      () => ng.sum(ng.record('f', leaf(), [leaf()], (dy: unknown) => dy)).backward(),
      /f: the backward rule gave no gradient.*one gradient for each input/,
    ],
    [
      'a rule that returns another dtype',
      () => ng.sum(ng.record('f', leaf(), [leaf()], () => [ones64()])).backward(),
      /f: a gradient of the backward rule: expected a float32 tensor/,
    ],
    [
      'a tensor of another copy of the library',
      () =>
        ng.relu(
          new (class Tensor {
            shape = [2];
          })(),
        ),
      /another copy of the library.*npm ls/,
    ],
    ["clipGradNorm(p, '1')", () => ng.clipGradNorm(parameters(), '1'), /maxNorm must be above 0, got "1"/],
    ['clipGradNorm(model)', () => ng.clipGradNorm(new Linear(2, 3), 1), /takes a list of parameters/],
    ['loadState of lists', () => new Linear(2, 3).loadState(lists()), /loadState: weight: expected a tensor/],
    [
      'optimizer.loadState()',
      () => new Sgd(parameters(), { lr: 1 }).loadState({} as never),
      /expected what state\(\) returned/,
    ],
    ["train('no')", () => ng.activation('relu').train('no'), /training must be true or false/],
    ['new Sgd([])', () => new Sgd([], { lr: 1 }), /no parameters to train.*#private.*parameter\(values/],
    ['noGrad()', () => ng.noGrad(), /noGrad\(\(\) => \.\.\.\)/],
    ['createRandom()', () => ng.createRandom(), /a seed is a number or a string/],
    ['loadState({})', () => new ng.Linear(2, 3).loadState({}), /a state is a Map/],
    [
      'shuffle: true',
      () =>
        ng.createBatches(normgrad.syntheticDigits({ seed: 1, train: 4, test: 1 }).train, {
          batchSize: 2,
          shuffle: true,
        }),
      /unknown option "shuffle"/,
    ],
  ];
  test.each(cases)('%s', (_, run, message) => expect(run).toThrow(message));
});

test('every export takes anything, or throws an error of its own', async () => {
  const exports = Object.entries(normgrad).flatMap(([name, value]): [string, unknown][] =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((each) => typeof each === 'function')
      ? Object.entries(value)
      : [[name, value]],
  );
  const [one, model] = [x(), new Linear(2, 3)];
  const tries: unknown[][] = [
    [],
    [undefined],
    [null],
    [{}],
    [5],
    ['x'],
    [[]],
    [one],
    [one, {}],
    [one, 5],
    [one, null],
    [one, 'x'],
  ];
  tries.push(
    [model],
    [5, {}],
    [5, 5],
    [one, one, {}],
    [one, [0]],
    [[one], { lr: 1 }],
    [-1],
    [1.5, 2],
    [Number.NaN, {}],
  );
  const crashes: string[] = [];
  const pending: Promise<unknown>[] = [];
  for (const [name, value] of exports) {
    if (typeof value !== 'function' || /^(set|stop)/.test(name)) continue;
    for (const args of tries) {
      const note = (error: unknown) => {
        if (!isOwn(error)) crashes.push(`${name}(${args.map((each) => inspect(each)).join(', ')}): ${error}`);
      };
      try {
        const isClass = Function.prototype.toString.call(value).startsWith('class');
        if (isClass) new (value as new (...args: unknown[]) => unknown)(...args);
        else pending.push(Promise.resolve(value(...args)).catch(note));
      } catch (error) {
        note(error);
      }
    }
  }
  await Promise.all(pending);
  expect(crashes).toEqual([]);
});
