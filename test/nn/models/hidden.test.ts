import { expect, test } from 'vitest';
import { ActivationNoise } from '../../../src/nn/layers/activationNoise.ts';
import { Dropout } from '../../../src/nn/layers/dropout.ts';
import type { ModelChoices } from '../../../src/nn/models/choices.ts';
import { createModel, models } from '../../../src/nn/models/registry.ts';
import { createRandom } from '../../../src/random.ts';

const names = models.filter(({ takes }) => takes.includes('noise')).map(({ name }) => name);
const build = (name: string, choices: ModelChoices = {}) =>
  createModel(name, {
    input: [16, 16, 1],
    classes: 3,
    norm: 'batch',
    random: createRandom(1),
    ...small(name),
    ...choices,
  });
/** Its five poolings leave nothing of small images. */
const small = (name: string) => (name === 'vgg-groupnorm' ? { widths: [16, 16] } : {});
const kinds = (name: string, choices: ModelChoices) =>
  build(name, choices).layers.map((layer) => layer.constructor.name);

test('dropout and noise have their place behind a hidden layer', () => {
  const hidden = [8];
  const of = (choices: ModelChoices) => kinds('mlp', { hidden, ...choices }).slice(2, -1);
  expect(of({})).toEqual(['BatchNorm', 'Activation']);
  expect(of({ noise: true })).toEqual(['BatchNorm', 'ActivationNoise', 'Activation']);
  expect(of({ dropout: 0.5 })).toEqual(['BatchNorm', 'Activation', 'Dropout']);
  expect(of({ dropout: 0.5, dropoutPlace: 'before' })).toEqual(['Dropout', 'BatchNorm', 'Activation']);
  expect(of({ dropout: 0, dropoutPlace: 'before' })).toEqual(['BatchNorm', 'Activation']);
});

test.each(names)('%s: behind each layer, or in front of the last one only', (name) => {
  const count = (choices: ModelChoices, Kind: typeof Dropout | typeof ActivationNoise) =>
    build(name, choices).layers.filter((layer) => layer instanceof Kind);
  const norms = kinds(name, {}).filter((kind) => kind === 'BatchNorm').length;
  expect(norms).toBeGreaterThan(1);
  expect(count({ noise: true }, ActivationNoise)).toHaveLength(norms);
  expect(count({ dropout: 0.5, dropoutPlace: 'before' }, Dropout)).toHaveLength(norms);
  expect(count({ dropout: 0.5 }, Dropout)).toHaveLength(norms);
  const last = build(name, { dropout: 0.5, dropoutPlace: 'last' }).layers;
  expect(last.filter((layer) => layer instanceof Dropout)).toHaveLength(1);
  expect(last.at(-2)).toBeInstanceOf(Dropout);
});

test.each(names)('%s: the first weights are the same with them, and no two draw alike', (name) => {
  const weights = (choices: ModelChoices) =>
    build(name, choices)
      .parameters()
      .map((parameter) => parameter.toArray());
  const noisy = { dropout: 0.5, dropoutPlace: 'before', noise: true } as const;
  expect(weights(noisy)).toEqual(weights({}));
  const seeds = build(name, noisy).layers.flatMap((layer) =>
    layer instanceof Dropout || layer instanceof ActivationNoise ? layer.random.state().seed : [],
  );
  expect(new Set(seeds).size).toBe(seeds.length);
});
