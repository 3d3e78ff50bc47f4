import { expect, test } from 'vitest';
import { cast, crossEntropy, noGrad } from '../../src/autograd/index.ts';
import { createModel } from '../../src/nn/models/registry.ts';
import { parameterGroups, Sgd } from '../../src/optim/index.ts';
import { createRandom } from '../../src/random.ts';
import { images, lossAndGradients } from './support.ts';

const batch = images([4, 6, 6, 2]);
const labels = [0, 1, 2, 0];

function resnet(seed: number) {
  const random = createRandom(seed);
  return createModel('resnet8', { input: [6, 6, 2], classes: 3, norm: 'batch', random, widths: [4, 4, 8] });
}

function train(model: ReturnType<typeof resnet>, steps: number) {
  const optimizer = new Sgd(model.parameters(), { lr: 0.1 });
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    crossEntropy(model.forward(batch), labels).backward();
    optimizer.step();
  }
}

test('a state with running statistics goes through save and load', () => {
  const [one, two] = [resnet(1), resnet(2)];
  train(one, 2);
  const saved = one.state();
  train(one, 1);
  two.loadState(saved);
  train(two, 1);
  expect([...two.state()].map(([name, t]) => [name, t.toArray()])).toEqual(
    [...one.state()].map(([name, t]) => [name, t.toArray()]),
  );
  expect(saved.has('layers.1.runningMean')).toBe(true);
  expect(() => two.loadState(new Map())).toThrow('missing [layers.0.weight');
});

test('names, train and eval reach the blocks inside', () => {
  const model = resnet(1);
  expect([...model.namedParameters().keys()].filter((name) => name.startsWith('layers.4.'))).toEqual([
    'layers.4.conv1.weight',
    'layers.4.norm1.gamma',
    'layers.4.norm1.beta',
    'layers.4.conv2.weight',
    'layers.4.norm2.gamma',
    'layers.4.norm2.beta',
    'layers.4.shortcut.weight',
    'layers.4.shortcutNorm.gamma',
    'layers.4.shortcutNorm.beta',
  ]);
  model.eval();
  expect([...model.namedModules().values()].some((module) => module.training)).toBe(false);
});

test('to(float64) computes the same network in double', () => {
  const model = resnet(1);
  train(model, 3);
  model.eval();
  const single = noGrad(() => model.forward(batch)).toArray();
  const double = noGrad(() => model.to('float64').forward(cast(batch, 'float64')));
  expect(double.dtype).toBe('float64');
  double.toArray().forEach((value, i) => {
    expect(value).toBeCloseTo(single[i], 4);
  });
});

test('frozen parameters get no gradient and do not move; the others still learn', () => {
  const model = resnet(1);
  const frozen = [...model.namedParameters()].filter(([name]) => name.startsWith('layers.0'));
  for (const [, parameter] of frozen) parameter.requiresGrad = false;
  const before = frozen.map(([, parameter]) => parameter.toArray());
  const { gradients } = lossAndGradients(model, () => model.forward(batch), labels);
  expect(gradients.get('layers.0.weight')).toBeUndefined();
  expect(gradients.get('layers.1.gamma')).toBeDefined();
  train(model, 2);
  expect(frozen.map(([, parameter]) => parameter.toArray())).toEqual(before);
});

// Decay on gamma and beta: yolov5 #4104, transformers #4832, keras-bert #60.
test('norm parameters and biases are in a group without weight decay', () => {
  const model = resnet(1);
  const [decayed, exempt] = parameterGroups(model, { weightDecay: 0.1 });
  const names = new Map([...model.namedParameters()].map(([name, parameter]) => [parameter, name]));
  const lastParts = (group: typeof decayed) =>
    new Set(group.parameters.map((parameter) => names.get(parameter)?.split('.').at(-1)));
  expect(decayed.weightDecay).toBe(0.1);
  expect(exempt.weightDecay).toBe(0);
  expect(lastParts(decayed)).toEqual(new Set(['weight']));
  expect(lastParts(exempt)).toEqual(new Set(['gamma', 'beta', 'bias']));
  expect(decayed.parameters.length + exempt.parameters.length).toBe(names.size);
});
