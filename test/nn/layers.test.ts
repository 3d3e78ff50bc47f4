import { expect, test } from 'vitest';
import { noGrad, tensor } from '../../src/autograd/index.ts';
import { constant } from '../../src/nn/initializers.ts';
import { type ActivationName, activation, activationNames } from '../../src/nn/layers/activation.ts';
import { Conv2d } from '../../src/nn/layers/conv2d.ts';
import { Dropout, dropoutStates, loadDropoutStates } from '../../src/nn/layers/dropout.ts';
import { Flatten } from '../../src/nn/layers/flatten.ts';
import { Identity } from '../../src/nn/layers/identity.ts';
import { Linear } from '../../src/nn/layers/linear.ts';
import { AvgPool2d, GlobalAvgPool2d, MaxPool2d } from '../../src/nn/layers/pooling.ts';
import { Sequential } from '../../src/nn/layers/sequential.ts';
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
  expect(new MaxPool2d(2).forward(x).toArray()).toEqual([4, -1]);
  expect(new AvgPool2d(2).forward(x).toArray()).toEqual([2.5, -2.5]);
  expect(new GlobalAvgPool2d().forward(x).shape).toEqual([1, 2]);
  expect(new Flatten().forward(x).shape).toEqual([1, 8]);
  expect(new Identity().forward(x)).toBe(x);
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
