import { expect, test } from 'vitest';
import { noGrad, relu, type Tensor, tensor } from '../../src/autograd/index.ts';
import { constant } from '../../src/nn/initializers.ts';
import { type ActivationName, activation, activationNames } from '../../src/nn/layers/activation.ts';
import { Conv1d } from '../../src/nn/layers/conv1d.ts';
import { Conv2d } from '../../src/nn/layers/conv2d.ts';
import { ConvTranspose1d, ConvTranspose2d } from '../../src/nn/layers/convTranspose.ts';
import { Dropout } from '../../src/nn/layers/dropout.ts';
import { Flatten } from '../../src/nn/layers/flatten.ts';
import { Identity } from '../../src/nn/layers/identity.ts';
import { Linear } from '../../src/nn/layers/linear.ts';
import * as pools from '../../src/nn/layers/pooling.ts';
import { PRelu } from '../../src/nn/layers/prelu.ts';
import { dropoutStates, loadDropoutStates } from '../../src/nn/layers/randomLayer.ts';
import { ResidualBlock } from '../../src/nn/layers/residual.ts';
import { Sequential } from '../../src/nn/layers/sequential.ts';
import type { Module } from '../../src/nn/module.ts';
import { normalizeWeights } from '../../src/nn/norm/weights/normalizeWeights.ts';
import { parameterCount, summarize } from '../../src/nn/summary.ts';
import { createRandom } from '../../src/random.ts';
import { images } from './support.ts';

const random = createRandom(1);

test('Linear is x weight + bias', () => {
  const layer = new Linear(2, 1, { random });
  layer.weight.data.set([2, 3]);
  layer.bias?.data.set([1]);
  expect(layer.forward(tensor([[1, 10]])).toArray()).toEqual([33]);
  expect(new Linear(2, 1, { random, bias: false }).bias).toBeNull();
});

test('weights and biases start as in PyTorch, or as the initializers say', () => {
  const layer = new Linear(100, 50, { random });
  for (const parameter of layer.parameters()) {
    expect(Math.max(...parameter.toArray().map(Math.abs))).toBeLessThanOrEqual(0.1 + 1e-6);
  }
  const set = new Conv2d(2, 3, 3, { random, init: constant(2), biasInit: constant(-1) });
  expect(new Set(set.weight.toArray())).toEqual(new Set([2]));
  expect(set.bias?.toArray()).toEqual([-1, -1, -1]);
});

test.each([
  { options: {}, shape: [2, 5, 7, 8] },
  { options: { padding: 'same' as const }, shape: [2, 7, 9, 8] },
  { options: { padding: 1, stride: 2 }, shape: [2, 4, 5, 8] },
  { options: { dilation: 2 }, shape: [2, 3, 5, 8] },
  { options: { groups: 4 }, shape: [2, 5, 7, 8] },
])('Conv2d $options gives $shape', ({ options, shape }) => {
  const layer = new Conv2d(4, 8, 3, { ...options, random });
  expect(layer.forward(images([2, 7, 9, 4])).shape).toEqual(shape);
  const { groups = 1 } = options as { groups?: number };
  expect(layer.weight.shape).toEqual([3, 3, 4 / groups, 8]);
});

test('sizes that cannot be get an error that names the layer', () => {
  expect(() => new Linear(0, 3, { random })).toThrow(
    'Linear: inFeatures must be a whole number of at least 1, got 0',
  );
  expect(() => new Conv2d(3, 8, 3, { random, groups: 2 })).toThrow('Conv2d(in=3, out=8, groups=2)');
  expect(() => new Conv2d(4, 6, 3, { random, groups: 4 })).toThrow('must divide the channels');
  expect(() => activation('rleu' as ActivationName)).toThrow('one of: relu, leakyRelu');
});

test('pooling, flatten and identity', () => {
  const x = tensor([1, 2, 3, 4].flatMap((v) => [v, -v]) as never, [1, 2, 2, 2]);
  expect(new pools.MaxPool2d(2).forward(x).toArray()).toEqual([4, -1]);
  expect(new pools.AvgPool2d(2).forward(x).toArray()).toEqual([2.5, -2.5]);
  expect(new pools.GlobalAvgPool2d().forward(x).shape).toEqual([1, 2]);
  expect(new Flatten().forward(x).shape).toEqual([1, 8]);
  expect(new Identity().forward(x)).toBe(x);
});

test('layers of sequences, transposed convolutions and pools: shapes, and what they are built with', () => {
  const line = images([2, 9, 4]);
  const image = images([2, 7, 9, 4]);
  const shapes: [Module, Tensor, number[]][] = [
    [new Conv1d(4, 6, 3, { stride: 2, padding: 'same', groups: 2, random }), line, [2, 5, 6]],
    [new Conv1d(4, 6, 3, { padding: [2, 0], bias: false, random }), line, [2, 9, 6]],
    [new ConvTranspose1d(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1, random }), line, [2, 18, 6]],
    [new ConvTranspose2d(4, 6, [2, 3], { stride: 2, groups: 2, random }), image, [2, 14, 19, 6]],
    [new Conv2d(4, 6, 3, { padding: [1, 0, 2, 0], random }), image, [2, 6, 9, 6]],
    [new pools.MaxPool1d(2, { ceilMode: true }), line, [2, 5, 4]],
    [new pools.AvgPool1d(2), line, [2, 4, 4]],
    [new pools.MaxPool2d(2, { ceilMode: true }), image, [2, 4, 5, 4]],
    [new pools.AvgPool2d(3, { stride: 2, ceilMode: true, divisor: 4 }), image, [2, 3, 4, 4]],
    [new pools.AdaptiveAvgPool2d([3, null]), image, [2, 3, 9, 4]],
    [new pools.AdaptiveMaxPool2d(2), image, [2, 2, 2, 4]],
    [new pools.AdaptiveAvgPool1d(3), line, [2, 3, 4]],
    [new pools.AdaptiveMaxPool1d(4), line, [2, 4, 4]],
    [new pools.GlobalMaxPool2d(), image, [2, 4]],
    [new PRelu(4), line, [2, 9, 4]],
  ];
  for (const [layer, x, shape] of shapes) expect(layer.forward(x).shape, String(layer)).toEqual(shape);
  const layer = new ConvTranspose2d(4, 6, [2, 3], { groups: 2, random });
  expect([layer.weight.shape, layer.bias?.shape]).toEqual([[2, 3, 3, 4], [6]]);
  // PyTorch draws weight and bias in +-1 / sqrt(out / groups kh kw)
  const most = Math.max(...layer.parameters().flatMap((each) => each.toArray().map(Math.abs)));
  expect(most).toBeLessThanOrEqual(1 / Math.sqrt(18) + 1e-6);
  expect(most).toBeGreaterThan(0.8 / Math.sqrt(18));
});

test('a layer refuses when it is built what its operation would refuse', () => {
  const cases: [() => unknown, string][] = [
    [() => new Conv1d(3, 4, 3, { groups: 2 }), 'Conv1d(in=3, out=4, groups=2)'],
    [() => new Conv1d(3, 4, [3] as never), 'Conv1d: the window must be'],
    [
      () => new ResidualBlock(3, 4, null as never),
      'got null. It takes stride, norm, random, init, biasInit, zeroGamma.',
    ],
    [() => new ResidualBlock(3, 4, { zeroGama: true } as never), 'ResidualBlock: unknown option "zeroGama"'],
    [() => new Conv1d(3, 4, 3, { padding: [1, 2, 3, 4] as never }), 'Conv1d: padding must be'],
    [
      () => new ConvTranspose2d(3, 4, 3, { outputPadding: 1 }),
      'ConvTranspose2d: outputPadding must be smaller',
    ],
    [
      () => new ConvTranspose2d(3, 4, 3, { padding: 'same' as never }),
      'ConvTranspose2d: padding must be a whole',
    ],
    [
      () => new ConvTranspose1d(3, 4, 3, { outputPadding: [1] as never }),
      'ConvTranspose1d: outputPadding must',
    ],
    [() => new pools.MaxPool2d(2, { ceilMode: 1 as never }), 'MaxPool2d: ceilMode must be true or false'],
    [() => new pools.MaxPool2d(2, { countPadding: true } as never), 'unknown option "countPadding"'],
    [() => new pools.AvgPool2d(2, { divisor: 0 }), 'AvgPool2d: divisor must not be 0'],
    [() => new pools.MaxPool1d([2, 2] as never), 'MaxPool1d: the window must be'],
    [() => new pools.AdaptiveAvgPool2d([1, 2, 3] as never), 'AdaptiveAvgPool2d: the size of the result is'],
    [() => new PRelu(0), 'PRelu: channels must be'],
    [() => activation('leakyRelu', { alpha: 1 }), 'unknown option "alpha"'],
    [() => activation('relu', { slope: 1 }), "activation('relu')"],
    [() => activation('leakyRelu', { slope: Number.NaN }), "activation('leakyRelu'): slope must be"],
  ];
  for (const [build, message] of cases) expect(build).toThrow(message);
});

test('activations with options, and PRelu, which learns its slope', () => {
  const x = tensor([-2, 4]);
  expect(activation('leakyRelu', { slope: 0.5 }).forward(x).toArray()).toEqual([-1, 4]);
  expect(activation('elu', { alpha: 2 }).forward(x).toArray()[0]).toBeCloseTo(2 * Math.expm1(-2), 6);
  const layer = new PRelu();
  expect(layer.forward(x).toArray()).toEqual([-0.5, 4]);
  layer.forward(x).sum().backward();
  expect(layer.weight.grad?.toArray()).toEqual([-2]);
});

test('a norm of weights goes onto Conv1d, and a ReLU behind it into its pass', () => {
  const model = new Sequential(
    new Conv1d(2, 3, 3, { random }),
    activation('relu'),
    new Conv1d(3, 1, 1, { random }),
  );
  const x = images([2, 5, 2]);
  const [conv, , last] = model.layers as [Conv1d, Module, Conv1d];
  expect(model.forward(x).toArray()).toEqual(last.forward(relu(conv.forward(x))).toArray());
  normalizeWeights(model, 'weight-norm');
  expect([conv.weightNorm === null, last.weightNorm === null]).toEqual([false, true]);
  expect(model.forward(x).shape).toEqual([2, 3, 1]);
});

test('every activation keeps the shape', () => {
  for (const name of activationNames) expect(activation(name).forward(images([2, 3])).shape).toEqual([2, 3]);
});

test('Dropout draws masks in training and does nothing in evaluation', () => {
  const layer = new Dropout(0.25, createRandom(1));
  const x = tensor(new Float32Array(4000).fill(1));
  const y = layer.forward(x).toArray();
  expect(new Set(y)).toEqual(new Set([0, Math.fround(4 / 3)]));
  expect(y.filter((v) => v === 0).length / 4000).toBeCloseTo(0.25, 1);
  expect(layer.eval().forward(x)).toBe(x);
});

test("a model's dropout goes on from a saved state with the same masks", () => {
  const make = () => new Sequential([new Dropout(0.5, createRandom(1)), new Dropout(0.5, createRandom(2))]);
  const [one, two] = [make(), make()];
  const x = images([1, 50]);
  const pass = (model: Sequential) => noGrad(() => model.forward(x)).toArray();
  pass(one);
  loadDropoutStates(two, JSON.parse(JSON.stringify(dropoutStates(one))));
  expect(pass(two)).toEqual(pass(one));
  expect(() => loadDropoutStates(two, {})).toThrow('layers.0, layers.1');
});

test('summarize lists the layers with their parameters', () => {
  const model = new Sequential([
    new Conv2d(1, 2, 3, { random }),
    new Flatten(),
    new Linear(8, 3, { random }),
  ]);
  expect(parameterCount(model)).toBe(18 + 2 + 24 + 3);
  expect(summarize(model)).toEqual([
    { name: 'layers.0', layer: 'Conv2d', shapes: 'weight [3, 3, 1, 2], bias [2]', parameters: 20 },
    { name: 'layers.1', layer: 'Flatten', shapes: '', parameters: 0 },
    { name: 'layers.2', layer: 'Linear', shapes: 'weight [8, 3], bias [3]', parameters: 27 },
  ]);
});
