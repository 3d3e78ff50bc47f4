import { describe, expect, test } from 'vitest';
import { crossEntropy, noGrad, relu } from '../../../src/autograd/index.ts';
import { fans } from '../../../src/nn/initializers.ts';
import { ResidualBlock } from '../../../src/nn/layers/residual.ts';
import type { Sequential } from '../../../src/nn/layers/sequential.ts';
import type { ModelChoices } from '../../../src/nn/models/choices.ts';
import { createModel, modelNames, models } from '../../../src/nn/models/registry.ts';
import type { Module } from '../../../src/nn/module.ts';
import { Norm } from '../../../src/nn/norm/core/norm.ts';
import { findNorm, normNames } from '../../../src/nn/norm/createNorm.ts';
import type { LayerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { parameterCount } from '../../../src/nn/summary.ts';
import { Adam } from '../../../src/optim/index.ts';
import { createRandom } from '../../../src/random.ts';
import { images, lossAndGradients } from '../support.ts';

type Size = [number, number, number];

function build(name: string, norm: string, input: Size, choices: ModelChoices = {}, classes = 3) {
  return createModel(name, { input, classes, norm, random: createRandom(1), ...choices });
}

/** The smallest images that each model takes comfortably. */
const tiny: Record<string, { input: Size; choices?: ModelChoices }> = {
  mlp: { input: [3, 4, 1], choices: { hidden: [6, 5], activation: 'tanh' } },
  cnn: { input: [8, 10, 1] },
  'deep-cnn': { input: [5, 4, 2], choices: {} },
  resnet8: { input: [8, 6, 3] },
  resnet20: { input: [5, 5, 3], choices: { widths: [4, 6, 8], preActivation: true } },
  resnet32: { input: [4, 4, 3], choices: { widths: [4, 6, 8] } },
  'micro-resnet8': { input: [8, 8, 3] },
  vgg: { input: [16, 17, 3], choices: { widths: [4, 6, 8], convs: [1, 2, 1] } },
  'layernorm-seed': { input: [7, 8, 3] },
  tutorial: { input: [6, 7, 1] },
  'vgg-groupnorm': { input: [8, 8, 3], choices: { widths: [16, 32] } },
  gru: { input: [3, 4, 2], choices: { hidden: [6] } },
  'keras-dense': { input: [3, 4, 1], choices: { hidden: [6, 5] } },
  'keras-conv': { input: [11, 10, 2], choices: { widths: [4, 6], hidden: [8], normPlacement: 'before' } },
  'random-conv': { input: [4, 5, 3], choices: { depth: 3, widths: [8] } },
  transformer: {
    input: [4, 6, 2],
    choices: { depth: 2, width: 8, heads: 2, patch: 2, normPlacement: 'after' },
  },
};

describe.each(modelNames)('%s', (name) => {
  const { input, choices } = tiny[name];
  const batch = images([3, ...input]);

  test.each(normNames)('with norm %s: logits, and a gradient for every parameter', (norm) => {
    const model = build(name, norm, input, choices);
    const { loss, gradients } = lossAndGradients(model, () => model.forward(batch), [0, 1, 2]);
    expect(loss).toBeGreaterThan(0);
    for (const [parameter, gradient] of gradients) {
      // A norm's own activation is used only where the model has a ReLU right behind the norm
      const ofActivation = ['tau', 'v1', 'betaProxy', 'gammaProxy'].includes(parameter.split('.').at(-1)!);
      expect(gradient?.every(Number.isFinite) ?? ofActivation, parameter).toBe(true);
      // Norms over a single cell give exact zeros; these two never have such sets here.
      if (norm === 'none' || norm === 'layer')
        expect(
          gradient?.some((g) => g !== 0),
          parameter,
        ).toBe(true);
    }
    model.eval();
    const logits = noGrad(() => model.forward(batch));
    expect(logits.shape).toEqual([3, 3]);
    expect(logits.toArray().every(Number.isFinite)).toBe(true);
  });

  test('the same seed gives the same weights, another seed others', () => {
    const weights = (seed: number) =>
      createModel(name, {
        input,
        classes: 3,
        norm: 'group',
        random: createRandom(seed),
        ...choices,
      })
        .parameters()
        .map(({ data }) => Buffer.from(data.slice().buffer).toString('base64'));
    expect(weights(1)).toEqual(weights(1));
    expect(weights(1)).not.toEqual(weights(2));
  });
});

test.each([
  // 784 * 128 + 128 * 128 + 128 * 10 + 10, and 266 biases or 512 gammas and betas.
  { name: 'mlp', norm: 'none', input: [28, 28, 1], expected: 118_282 },
  { name: 'mlp', norm: 'batch', input: [28, 28, 1], expected: 118_538 },
  // torch: sum(p.numel() for p in resnet20("bn").parameters()) of He et al.'s ResNet-20 with 1x1 shortcuts and their norms.
  { name: 'resnet20', norm: 'batch', input: [32, 32, 3], expected: 272_474 },
  { name: 'resnet20', norm: 'group', input: [32, 32, 3], expected: 272_474 },
  { name: 'resnet8', norm: 'batch', input: [32, 32, 3], expected: 78_042 },
  { name: 'resnet32', norm: 'batch', input: [32, 32, 3], expected: 466_906 },
  { name: 'micro-resnet8', norm: 'batch', input: [16, 16, 3], expected: 19_858 },
  { name: 'deep-cnn', norm: 'batch', input: [32, 32, 3], expected: 106_730 },
  {
    name: 'vgg',
    norm: 'group',
    input: [16, 16, 3],
    expected: 216 + 576 + 1152 + 2304 + 4608 + 9216 + 224 + 1290,
  },
  { name: 'layernorm-seed', norm: 'layer', input: [32, 32, 3], expected: 140 + 9000 + 460 + 15_680 + 78_410 },
  { name: 'tutorial', norm: 'group', input: [28, 28, 1], expected: 100 + 20 + 865_408 + 1290 },
  // 3 (28 64 + 64 64) weights, gammas and betas of 2 (128 + 64) sums, and the dense layer; or biases of 192 sums.
  { name: 'gru', norm: 'layer', input: [28, 28, 1], expected: 17_664 + 768 + 650 },
  { name: 'gru', norm: 'none', input: [28, 28, 1], expected: 17_664 + 192 + 650 },
  // Keras' model.summary(): 50,240 + 256 + 4,160 + 256 + 650, without the 256 moving means and variances.
  { name: 'keras-dense', norm: 'batch', input: [28, 28, 1], expected: 55_562 - 256 },
  { name: 'keras-conv', norm: 'none', input: [28, 28, 1], expected: 160 + 4640 + 51_264 + 650 },
  { name: 'random-conv', norm: 'group', input: [16, 16, 3], expected: 1728 + 19 * 36_864 + 20 * 128 + 650 },
  // torch: nn.TransformerEncoderLayer(64, 4, 256) has 49,984; 49 x 64 patches with bias, 16 positions, a last norm, dense.
  { name: 'transformer', norm: 'layer', input: [28, 28, 1], expected: 3200 + 1024 + 4 * 49_984 + 128 + 650 },
  { name: 'transformer', norm: 'none', input: [28, 28, 1], expected: 3200 + 1024 + 4 * 49_728 + 650 },
] as const)('$name with $norm has $expected parameters', ({ name, norm, input, expected }) => {
  expect(parameterCount(build(name, norm, [...input], {}, 10))).toBe(expected);
});

test("labml's VGG has 13 convolutions and 16 groups by default", () => {
  const scaled = { widths: [16, 32, 32, 32, 32], convs: [2, 2, 3, 3, 3] };
  const model = build('vgg-groupnorm', 'group', [32, 32, 3], scaled);
  const [first] = [...model.namedModules().values()].filter((module) => 'groups' in module);
  expect(first).toMatchObject({ groups: 16, features: 16 });
  expect(model.layers.filter((layer) => 'inChannels' in layer)).toHaveLength(13);
  expect(() => build('vgg-groupnorm', 'group', [8, 8, 3], { widths: [8] })).toThrow('groups must divide');
});

test.each(['layer', 'group', 'instance', 'batch', 'proxy-layer', 'proxy-group'])(
  'random-conv with %s: gamma around 1 and beta around 0, and every block as wide as the others',
  (norm) => {
    const model = build('random-conv', norm, [4, 4, 3], { depth: 30, widths: [32] });
    const named = [...model.namedParameters()];
    const values = (end: string) =>
      named.flatMap(([name, parameter]) => (name.endsWith(`.${end}`) ? parameter.toArray() : []));
    for (const [end, mean] of [
      ['gamma', 1],
      ['beta', 0],
    ] as const) {
      const all = values(end);
      expect(all).toHaveLength(30 * 32);
      // The mean of 960 values with a spread of 0.2 is good to 0.0065, their spread to 0.0046: four times that.
      const average = all.reduce((sum, value) => sum + value, 0) / all.length;
      const spread = Math.sqrt(all.reduce((sum, value) => sum + (value - average) ** 2, 0) / all.length);
      expect(Math.abs(average - mean)).toBeLessThan(0.026);
      expect(Math.abs(spread - 0.2)).toBeLessThan(0.019);
    }
    expect(named.filter(([name]) => name.endsWith('bias'))).toHaveLength(1);
  },
);

test('random-conv takes a norm of weights beside its norm', () => {
  const choices = { depth: 2, widths: [4], weightNorm: 'weight-standardization' };
  const model = build('random-conv', 'layer', [4, 4, 3], choices as ModelChoices);
  const normed = [...model.namedModules().values()].filter(
    (module) => (module as { weightNorm?: unknown }).weightNorm,
  );
  expect(normed).toHaveLength(2);
});

test("the Keras models: the norm on either side of the activation, with Keras' conventions", () => {
  const kinds = (normPlacement: 'before' | 'after') =>
    build('keras-dense', 'batch', [4, 4, 1], { hidden: [6], normPlacement }).layers.map(
      (layer) => layer.constructor.name,
    );
  expect(kinds('after')).toEqual(['Flatten', 'Linear', 'Activation', 'BatchNorm', 'Linear']);
  expect(kinds('before')).toEqual(['Flatten', 'Linear', 'BatchNorm', 'Activation', 'Linear']);
  expect(kinds('after')).toEqual(kinds(undefined as never));
  const biases = (normPlacement: 'before' | 'after') =>
    [...build('keras-conv', 'batch', [12, 12, 1], { normPlacement }).namedParameters().keys()].filter(
      (name) => name.endsWith('bias'),
    );
  expect(biases('after')).toHaveLength(4);
  expect(biases('before')).toHaveLength(1);
  const norm = build('keras-dense', 'batch', [4, 4, 1]).layers[3];
  // One batch [1, 2, 4, 7] moves Keras' moving mean to 0.035 and its moving variance to 1.0425.
  expect(norm).toMatchObject({ options: { eps: 1e-3, momentum: 0.01, runningVar: 'biased' } });
});

test('the norm options reach the norms', () => {
  const options = { input: [8, 8, 1], classes: 2, random: createRandom(1) } as const;
  const model = createModel('cnn', { ...options, norm: 'group', normOptions: { groups: 2, eps: 0.5 } });
  expect(model.layers[1]).toMatchObject({ groups: 2, options: { eps: 0.5 } });
  const seed = createModel('tutorial', { ...options, norm: 'layer' });
  expect(seed.layers[1]).toMatchObject({ shape: [10], options: { eps: 1e-3 } });
  const start = createModel('tutorial', { ...options, norm: 'instance' }).layers[1];
  const gammaAndBeta = start.parameters().flatMap((parameter) => parameter.toArray());
  expect(Math.max(...gammaAndBeta.map(Math.abs))).toBeLessThanOrEqual(0.05);
});

test.each([
  { name: 'mlp', input: [4, 4, 1] },
  { name: 'cnn', input: [8, 8, 1] },
  { name: 'resnet8', input: [6, 6, 1] },
  { name: 'transformer', input: [6, 6, 1], norm: 'layer', choices: { width: 16, depth: 2, patch: 3 } },
] as const)('$name learns eight random images by heart', ({ name, input, ...rest }) => {
  const { norm = 'batch', choices = {} } = rest as { norm?: string; choices?: ModelChoices };
  const model = build(name, norm, [...input], choices);
  const [batch, labels] = [images([8, ...input]), [0, 1, 2, 0, 1, 2, 0, 1]];
  const optimizer = new Adam(model.parameters(), { lr: 0.02 });
  let loss = Infinity;
  for (let step = 0; step < 30; step++) {
    optimizer.zeroGrad();
    const result = crossEntropy(model.forward(batch), labels);
    result.backward();
    optimizer.step();
    loss = result.item();
  }
  expect(loss).toBeLessThan(0.05);
});

test("vgg's first weights: He's keep the power of the signal from ReLU to ReLU, PyTorch's leave a sixth of it", () => {
  const stage = { widths: [64], convs: [2] };
  for (const [init, kept] of [
    ['he', 1],
    ['torch', 1 / 6],
  ] as const) {
    const [, , second] = build('vgg', 'none', [4, 4, 3], { ...stage, init }).parameters();
    // Of N(0, v) a ReLU leaves v / 2, and fanIn = 9 * 64 of those meet in an output.
    const variance = second.toArray().reduce((sum, w) => sum + w * w, 0) / second.size;
    expect((9 * 64 * variance) / 2 / kept).toBeCloseTo(1, 1);
  }
  const biases = build('vgg', 'none', [4, 4, 3], { ...stage, init: 'he' })
    .parameters()
    .filter(({ rank }) => rank === 1);
  expect(biases.every((bias) => bias.toArray().every((value) => value === 0))).toBe(true);
});

test('init reaches every convolution of the networks that take it, and by default nothing changes', () => {
  const power = (data: ArrayLike<number>) =>
    Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length;
  const taking = models.filter(({ takes }) => takes.includes('init'));
  expect(taking.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['cnn', 'resnet20', 'micro-resnet8', 'vgg', 'vgg-groupnorm', 'layernorm-seed']),
  );
  for (const { name } of taking) {
    const own = name === 'vgg-groupnorm' ? { widths: [16, 32] } : {};
    const weightsOf = (init?: 'torch' | 'he' | 'he-out') => {
      const network = build(name, 'batch', [16, 16, 3], { ...own, ...(init && { init }) });
      const all = network.parameters().filter(({ rank }) => rank === 4 || rank === 2);
      return all.map(({ shape, data }) => ({ fan: fans(shape), isDense: shape.length === 2, data }));
    };
    const [byDefault, torch, he, heOut] = [undefined, 'torch', 'he', 'he-out'].map((init) =>
      weightsOf(init as 'torch'),
    );
    expect(torch.map(({ data }) => [...data.slice(0, 3)])).toEqual(
      byDefault.map(({ data }) => [...data.slice(0, 3)]),
    );
    torch.forEach(({ fan, isDense, data }, i) => {
      // A sample of n numbers is this near
      const close = (ratio: number) =>
        expect(Math.abs(ratio - 1), `${name} ${i}`).toBeLessThan(6 / Math.sqrt(data.length));
      close(power(data) * 3 * fan.in);
      close((power(he[i].data) * fan.in) / 2);
      close(isDense ? power(heOut[i].data) * 3 * fan.in : (power(heOut[i].data) * fan.out) / 2);
    });
  }
});

/** They have no parameter of the name gamma, or one that does something else than to scale what they give. */
const noZeroGamma = [
  ...['none', 'mean-only', 'local-response', 'gdn', 'layer-scale', 'scale', 'batch-channel'],
  ...['grn', 'actnorm'],
];

test.each(normNames)(
  'zeroGamma with norm %s: each block begins as its shortcut, or it is refused',
  (norm) => {
    const resnet = (zeroGamma: boolean) =>
      build('resnet8', norm, [4, 4, 3], { widths: [4, 4, 8], zeroGamma }) as Sequential;
    if (noZeroGamma.includes(norm) || findNorm(norm).kind === 'weight') {
      expect(() => resnet(true)).toThrow('zeroGamma needs a norm that gives 0 where its gamma is 0');
      return;
    }
    const model = resnet(true);
    const block = model.layers.find((layer) => layer instanceof ResidualBlock)!;
    const state = (of: Module) => new Map([...of.namedParameters(), ...of.namedBuffers()]);
    const before = state(resnet(false));
    for (const [name, tensor] of state(model)) {
      const expected = name.endsWith('norm2.gamma') ? tensor.data.map(() => 0) : before.get(name)!.data;
      expect(tensor.data, name).toEqual(expected);
    }
    const x = images([3, 4, 4, 4]);
    expect(block.forward(x).data).toEqual(relu(x).data);
  },
);

test('the transformer: pre-norm has a norm more, "layer" is over the features of each token', () => {
  const tiny = { depth: 1, width: 4, heads: 2, patch: 2 };
  const norms = (choices: ModelChoices) =>
    [...build('transformer', 'layer', [4, 4, 1], { ...tiny, ...choices }).namedModules()].flatMap(
      ([name, module]) =>
        module instanceof Norm
          ? [[name, (module as LayerNorm).shape, (module as LayerNorm).options.over]]
          : [],
    );
  const own = [[4], undefined];
  expect(norms({})).toEqual([
    ['layers.3.norm1', ...own],
    ['layers.3.norm2', ...own],
    ['layers.4', ...own],
  ]);
  expect(norms({ normPlacement: 'after' })).toEqual([
    ['layers.3.norm1', ...own],
    ['layers.3.norm2', ...own],
  ]);
  const dropout = build('transformer', 'rms', [4, 4, 1], { ...tiny, dropout: 0.5 });
  const [a, b, c] = [true, false, false].map((training) =>
    noGrad(() => dropout.train(training).forward(images([2, 4, 4, 1]))).toArray(),
  );
  expect(b).toEqual(c);
  expect(a).not.toEqual(b);
});

test('what does not fit gets an error that says what would', () => {
  expect(() => build('transformer', 'layer', [8, 9, 1], { patch: 4 })).toThrow(
    'patches of 4x4 do not fill images of 8x9',
  );
  expect(() => build('transformer', 'layer', [8, 8, 1], { width: 6 })).toThrow(
    'heads must divide width, got 4 heads for 6',
  );
  expect(() => build('transformer', 'layer', [8, 8, 1], { dropout: 1 })).toThrow(
    '"dropout" must be a number from 0',
  );
  expect(() => build('lenet', 'none', [8, 8, 1])).toThrow('unknown model "lenet"; one of: mlp, cnn');
  expect(() => build('mlp', 'none', [8, 8, 1], { widths: [3] })).toThrow(
    'mlp: takes no option "widths"; it takes hidden',
  );
  expect(() => build('mlp', 'none', [8, 8, 1], { hidden: 128 as never })).toThrow('"hidden" must be a list');
  expect(() => build('mlp', 'none', [8, 8, 1], { initStd: -1 })).toThrow('"initStd" must be');
  expect(() => build('vgg', 'none', [8, 8, 1], { init: 'xavier' as never })).toThrow(
    '"init" must be one of: torch, he, he-out',
  );
  expect(() => build('resnet8', 'none', [8, 8, 1], { preActivation: 'no' as never })).toThrow(
    'true or false',
  );
  expect(() => build('resnet8', 'batch', [8, 8, 1], { preActivation: true, zeroGamma: true })).toThrow(
    'end in a convolution',
  );
  expect(() => build('cnn', 'none', [8, 8, 1], { widths: [3] })).toThrow('two stages');
  expect(() => build('mlp', 'none', [8, 8, 1], { hidden: [3.5] })).toThrow(
    '"hidden" must be a list of whole numbers',
  );
  expect(() => build('random-conv', 'none', [8, 8, 1], { widths: [4, 4] })).toThrow('must be one number');
  expect(() => build('random-conv', 'none', [8, 8, 1], { depth: 0 })).toThrow(
    '"depth" must be a whole number',
  );
  expect(() => build('keras-dense', 'none', [8, 8, 1], { normPlacement: 'behind' as never })).toThrow(
    '"normPlacement" must be one of: before, after',
  );
  expect(() => build('keras-conv', 'none', [9, 10, 1])).toThrow('at least 10x10');
  expect(() => build('cnn', 'none', [3, 8, 1])).toThrow('cnn: images of 3x8 are too small');
  expect(() => build('tutorial', 'none', [2, 9, 1])).toThrow('at least 3x3');
  expect(() => build('layernorm-seed', 'none', [4, 9, 1])).toThrow('at least 5x5');
  expect(() => build('vgg', 'none', [8, 8, 1], { widths: [4, 4], convs: [1] })).toThrow(
    'each stage needs one of both',
  );
  expect(() => build('resnet8', 'none', [8, 8, 1], { widths: [4, 4] })).toThrow('three stages');
  expect(() => build('resnet8', 'bach', [8, 8, 1])).toThrow('unknown norm "bach"');
  expect(() => build('mlp', 'none', [0, 8, 1])).toThrow('whole numbers of at least 1');
});
