import { expect, test } from 'vitest';
import * as normgrad from '../src/index.ts';

test('a network is built, trained and evaluated with the public API alone', () => {
  const { createModel, createRandom, crossEntropy, noGrad, argmax, randn, Sgd, schedules } = normgrad;
  const random = createRandom(1);
  const model = createModel('mlp', { input: [4, 4, 1], classes: 2, norm: 'batch', random, hidden: [8] });
  const optimizer = new Sgd(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const schedule = schedules.cosine({ steps: 30 });
  const [x, labels] = [randn([6, 4, 4, 1], random), [0, 1, 0, 1, 1, 0]];
  for (let step = 0; step < 30; step++) {
    optimizer.lr = 0.1 * schedule(step);
    crossEntropy(model.forward(x), labels).backward();
    optimizer.step();
    optimizer.zeroGrad();
  }
  expect([...noGrad(() => argmax(model.forward(x)))]).toEqual(labels);
});

test('nothing that is exported is missing or hidden by a second one of that name', () => {
  const names = Object.keys(normgrad);
  for (const name of [
    'Tensor',
    'BatchNorm',
    'LayerNorm',
    'GroupNorm',
    'InstanceNorm',
    'Conv2d',
    'gradcheck',
    'linear',
  ]) {
    expect(names).toContain(name);
  }
  expect(Object.values(normgrad).every((value) => value !== undefined)).toBe(true);
});
