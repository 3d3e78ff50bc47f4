import { describe, expect, test } from 'vitest';
import { gradcheck, noGrad, randn, Tensor } from '../../src/autograd/index.ts';
import type { NormalizedGru } from '../../src/nn/layers/normalizedGru.ts';
import type { ModelChoices } from '../../src/nn/models/choices.ts';
import { createModel } from '../../src/nn/models/registry.ts';
import { createRandom } from '../../src/random.ts';
import { images } from './support.ts';

function build(norm: string, choices: ModelChoices = {}, seed = 1) {
  const options = { input: [4, 3, 2], classes: 3, norm, hidden: [5], random: createRandom(seed) } as const;
  return createModel('gru', { ...options, ...choices });
}

describe.each([
  { norm: 'none' },
  { norm: 'layer' },
  { norm: 'rms' },
  { norm: 'batch' },
  { norm: 'batch', statisticsPerStep: true },
])('$norm, statistics per step: $statisticsPerStep', ({ norm, ...choices }) => {
  test('the gradient of every parameter, through all steps, is that of finite differences', () => {
    const model = build(norm, choices).to('float64');
    const random = createRandom('parameters');
    // Not at gamma = 1 and beta = 0: there a wrong backward pass can go unseen.
    for (const parameter of model.parameters()) {
      for (let i = 0; i < parameter.size; i++) parameter.data[i] += 0.2 * random.normal();
    }
    const x = randn([3, 4, 3, 2], createRandom('x'), { dtype: 'float64' });
    x.requiresGrad = true;
    const inputs = { x, ...Object.fromEntries(model.namedParameters()) };
    // The variance of the state is 0 before the first step: with a small eps the differences would be of rounding.
    for (const result of gradcheck(() => model.forward(x), inputs)) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
  });

  test('[N, H, W, C] -> logits, the same again for the same seed', () => {
    const [first, second] = [build(norm, choices), build(norm, choices)].map((model) =>
      noGrad(() => model.forward(images([2, 4, 3, 2]))),
    );
    expect(first.shape).toEqual([2, 3]);
    expect(first.toArray()).toEqual(second.toArray());
  });

  test('its state loads into another network of the same kind', () => {
    const [from, to] = [build(norm, choices, 1), build(norm, choices, 2)];
    noGrad(() => from.forward(images([3, 4, 3, 2])));
    to.loadState(from.state());
    const [a, b] = [from.eval(), to.eval()].map((model) =>
      noGrad(() => model.forward(images([2, 4, 3, 2]))).toArray(),
    );
    expect(a).toEqual(b);
  });
});

test('without a norm, it is the formula of the paper, step by step', () => {
  const reader = build('none').to('float64').layers[0] as NormalizedGru;
  const x = randn([1, 2, 6], createRandom('x'), { dtype: 'float64' });
  const row = (t: number) => x.data.subarray(6 * t, 6 * t + 6);
  const sums = (input: ArrayLike<number>, { weight, bias }: NormalizedGru['inputGates'], j: number) =>
    Array.from(input).reduce(
      (sum, value, i) => sum + value * weight.data[i * weight.shape[1] + j],
      bias?.data[j] ?? 0,
    );
  const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
  let h = new Float64Array(5);
  for (const t of [0, 1]) {
    const gate = (j: number) => sigmoid(sums(h, reader.stateGates, j) + sums(row(t), reader.inputGates, j));
    h = h.map((old, j) => {
      const candidate =
        sums(row(t), reader.inputCandidate, j) + gate(5 + j) * sums(h, reader.stateCandidate, j);
      return (1 - gate(j)) * old + gate(j) * Math.tanh(candidate);
    });
  }
  const state = noGrad(() => reader.forward(x));
  state.toArray().forEach((value, j) => {
    expect(value).toBeCloseTo(h[j], 12);
  });
});

test('the checkpoint names its parts: four weights, four norms, statistics of each step where asked', () => {
  const names = (choices: ModelChoices) => [...build('batch', choices).namedTensors().keys()];
  expect(names({})).toContain('layers.0.stateGatesNorm.norms.0.runningMean');
  expect(names({}).filter((name) => name.endsWith('runningVar'))).toHaveLength(4);
  expect(names({ statisticsPerStep: true }).filter((name) => name.endsWith('runningVar'))).toHaveLength(
    4 * 4,
  );
  expect(names({ statisticsPerStep: true }).filter((name) => name.endsWith('gamma'))).toEqual([
    'layers.0.stateGatesNorm.gamma',
    'layers.0.inputGatesNorm.gamma',
    'layers.0.inputCandidateNorm.gamma',
    'layers.0.stateCandidateNorm.gamma',
  ]);
  expect(names({}).filter((name) => name.endsWith('bias'))).toEqual(['layers.1.bias']);
});

test('evaluation computes what was trained with LayerNorm, and with BatchNorm only with statistics per step', () => {
  // Rows of different spread, and momentum 1: the running statistics are exactly those of this batch.
  const x = new Tensor(
    images([64, 4, 3, 2]).data.map((value, i) => value * 4 ** (Math.floor(i / 6) % 4)),
    [64, 4, 3, 2],
  );
  const difference = (norm: string, choices: ModelChoices) => {
    const normOptions = { momentum: 1, runningVar: 'biased' } as const;
    const options = { input: [4, 3, 2], classes: 3, hidden: [5], random: createRandom(1) } as const;
    const model = createModel('gru', { ...options, norm, normOptions, ...choices });
    const [trained, evaluated] = [true, false].map((training) =>
      noGrad(() => model.train(training).forward(x)).toArray(),
    );
    return Math.max(...trained.map((value, i) => Math.abs(value - evaluated[i])));
  };
  expect(difference('layer', {})).toBe(0);
  expect(difference('batch', { statisticsPerStep: true })).toBeLessThan(1e-5);
  expect(difference('batch', {})).toBeGreaterThan(0.1);
});

test('what does not fit gets an error that says what would', () => {
  expect(() => build('layer', { hidden: [5, 5] })).toThrow('hidden must be one number');
  expect(() => build('layer', { statisticsPerStep: true })).toThrow('is for norm "batch"');
  const model = build('batch', { statisticsPerStep: true });
  expect(() => model.forward(images([2, 5, 3, 2]))).toThrow('statistics for 4 steps, and this is step 5');
  expect(() => model.forward(images([2, 4, 4, 2]))).toThrow('expected [N, T, 6] or images [N, H, W, C]');
});
