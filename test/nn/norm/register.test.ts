import { afterEach, expect, test } from 'vitest';
import {
  activation,
  createModel,
  createNorm,
  createRandom,
  defineModel,
  defineNorm,
  gradcheckNorm,
  LayerNorm,
  Linear,
  modelNames,
  models,
  Norm,
  neg,
  normNames,
  norms,
  ResidualBlock,
  randn,
  registerModel,
  registerNorm,
  Sequential,
  type Tensor,
  tensor,
  WeightStandardization,
  weightNormNames,
} from '../../../src/index.ts';
import { normThen } from '../../../src/nn/norm/core/norm.ts';
import { explainNorm } from '../../../src/teach/explain.ts';
import { resolveConfig } from '../../../src/train/config.ts';
import { verifyFile } from '../../../src/verify/index.ts';

const removes: (() => void)[] = [];
afterEach(() => {
  for (const remove of removes.splice(0)) remove();
});
const register = (norm: Parameters<typeof registerNorm>[0]) => removes.push(registerNorm(norm));

const own = defineNorm<{ eps?: number }>({
  name: 'own',
  aliases: ['mine'],
  build: (features, { eps }) => new LayerNorm(features, { eps }),
  golden: {
    ownNorm: { run: ({ x }) => new LayerNorm(x.shape[x.rank - 1], { affine: false }).to(x.dtype).forward(x) },
  },
});

test('a registered norm is found wherever names of norms are looked up, and gone afterwards', () => {
  register(own);
  for (const name of ['own', 'Own', 'mine', 'OwnNorm']) expect(createNorm(name, 4)).toBeInstanceOf(LayerNorm);
  expect(normNames.at(-1)).toBe('own');
  expect(norms.at(-1)).toBe(own);
  expect(gradcheckNorm('own').every(({ passed }) => passed)).toBe(true);
  expect(explainNorm(norms.at(-1)!, {}).title).toBe('own');
  expect(resolveConfig({ norm: 'mine' }).norm).toBe('own');
  const model = createModel('mlp', { input: [2, 2, 1], classes: 2, norm: 'own', random: createRandom(1) });
  expect(model.layers.filter((layer) => layer instanceof LayerNorm)).toHaveLength(2);
  // [1, 3] standardized: mean 2, variance 1
  const sigma = Math.sqrt(1 + 1e-5);
  const golden = {
    family: 'own',
    source: 'by hand',
    cases: [
      {
        name: 'one sample',
        op: 'ownNorm',
        attrs: {},
        inputs: { x: { shape: [1, 2], data: [1, 3] } },
        upstream: { shape: [1, 2], data: [1, 1] },
        outputs: { y: { shape: [1, 2], data: [-1 / sigma, 1 / sigma] } },
        grads: {},
      },
    ],
  };
  expect(verifyFile(golden)).toMatchObject({ passed: 1, failed: 0, notCovered: 0 });

  removes.splice(0)[0]();
  expect(normNames).not.toContain('own');
  expect(norms).not.toContain(own);
  expect(() => createNorm('mine', 4)).toThrow('unknown norm "mine"');
  expect(() => resolveConfig({ norm: 'own' })).toThrow('unknown norm "own"');
  expect(verifyFile(golden).notCovered).toBe(1);
});

test('a norm of weights is registered as one', () => {
  register(
    defineNorm({
      name: 'own-weights',
      kind: 'weight',
      build: (features) => new WeightStandardization(features),
    }),
  );
  expect(weightNormNames).toContain('own-weights');
  expect(() => createNorm('own-weights', 4)).toThrow('is a norm of weights');
  expect(() =>
    createModel('mlp', { input: [2, 2, 1], classes: 2, norm: 'none', weightNorm: 'own-weights' }),
  ).not.toThrow();
});

test('the same norm twice is once; another one of its name is refused', () => {
  register(own);
  const count = norms.length;
  register(own);
  expect(norms).toHaveLength(count);
  expect(() => registerNorm({ ...own })).toThrow('there is a norm "own" already');
  expect(() => registerNorm({ ...own, name: 'batch-norm' })).toThrow(
    'there is a norm "batch" already, and "batch-norm"',
  );
});

test('what defines no norm is refused, with what is wrong', () => {
  const build = (features: number) => new LayerNorm(features);
  expect(() => defineNorm({ name: 'Own Norm', build })).toThrow('name is small letters, digits and hyphens');
  expect(() => defineNorm({ name: 'none', build })).toThrow('"none" is the word for no norm');
  expect(() => defineNorm({ name: 'own', build: 3 as never })).toThrow('build of "own" is a function');
  expect(() => defineNorm({ name: 'own', build, kind: 'output' as never })).toThrow(
    "kind of \"own\" is 'activation' or 'weight'",
  );
  expect(() => defineNorm({ name: 'own' } as never)).toThrow('expected a norm, { name, build, … }');
  expect(() => registerNorm(3 as never)).toThrow('expected a norm');
  expect(() => defineNorm({ name: 'own', build: () => 3 as never }).build(4, {})).toThrow(
    'a class that extends Norm',
  );
});

test('every norm of this library says what its page needs', () => {
  for (const { name, title, paper, sets, traps, source } of norms) {
    expect(
      [title, paper, sets, source].every((each) => each.length > 0),
      name,
    ).toBe(true);
    expect(traps.length, name).toBeGreaterThan(0);
  }
});

test('a registered model is made by its name, with the settings that it takes', () => {
  const model = defineModel({
    name: 'own-linear',
    takes: ['hidden'],
    build: ({ classes, hidden = [], random }) => new Sequential(new Linear(hidden[0], classes, { random })),
  });
  removes.push(registerModel(model));
  expect(modelNames).toContain('own-linear');
  const options = { input: [1, 1, 3] as const, classes: 2, norm: 'none' };
  expect(createModel('own-linear', { ...options, hidden: [3] }).forward(tensor([[1, 2, 3]])).shape).toEqual([
    1, 2,
  ]);
  expect(() => createModel('own-linear', { ...options, widths: [3] })).toThrow('it takes hidden');
  expect(() => registerModel({ ...model })).toThrow('there is a model "own-linear" already');
  removes.splice(0)[0]();
  expect(models).not.toContain(model);
  expect(() => createModel('own-linear', options)).toThrow('unknown model "own-linear"');
});

test('what defines no model is refused, with what is wrong', () => {
  const build = () => new Linear(1, 1);
  expect(() => defineModel({ name: 'Own', build })).toThrow('name is small letters');
  expect(() => defineModel({ name: 'own', build: 3 as never })).toThrow('build of "own" is a function');
  expect(() => defineModel({ name: 'own', takes: ['widht' as never], build })).toThrow(
    'takes unknown setting of models "widht"',
  );
  expect(() => registerModel(3 as never)).toThrow('expected a model, as defineModel returns it');
  const odd = defineModel({ name: 'own', build: () => 3 as never });
  expect(() => odd.build({ input: [1, 1, 1], classes: 1, norm: 'none', random: createRandom(1) })).toThrow(
    'build returns a Module',
  );
});

test('a norm whose forward takes x alone has the ReLU and the residual done behind it', () => {
  class Minus extends Norm {
    forward(x: Tensor): Tensor {
      return neg(x);
    }
  }
  const x = tensor([[1, -2]]);
  expect(new Sequential(new Minus(), activation('relu')).forward(x).toArray()).toEqual([0, 2]);
  expect(normThen(new Minus(), x, { residual: tensor([[5, -5]]), relu: true }).toArray()).toEqual([4, 0]);
  // One that looks at it does it itself, once
  const layer = new LayerNorm(2);
  const y = normThen(layer, x, { residual: tensor([[5, -5]]) }).toArray();
  expect(y).toEqual(layer.forward(x, { residual: tensor([[5, -5]]) }).toArray());
  const image = randn([2, 4, 4, 3], createRandom(2));
  const block = (norm: () => Norm) => new ResidualBlock(3, 3, { norm, random: createRandom(1) });
  expect(
    block(() => new Minus())
      .forward(image)
      .toArray()
      .every((value) => value >= 0),
  ).toBe(true);
});
