import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { noGrad, randn, sum, Tensor } from '../../../src/autograd/index.ts';
import { Conv2d } from '../../../src/nn/layers/conv2d.ts';
import { Linear } from '../../../src/nn/layers/linear.ts';
import { createModel } from '../../../src/nn/models/registry.ts';
import { createNorm, findNorm, weightNormNames } from '../../../src/nn/norm/createNorm.ts';
import { normalizeWeights } from '../../../src/nn/norm/weights/normalizeWeights.ts';
import type { WeightNorm } from '../../../src/nn/norm/weights/normOfWeights.ts';
import {
  activationScales,
  ScaledWeightStandardization,
} from '../../../src/nn/norm/weights/scaledWeightStandardization.ts';
import { SpectralNorm } from '../../../src/nn/norm/weights/spectralNorm.ts';
import { initializeFromData, WeightNormalization } from '../../../src/nn/norm/weights/weightNormalization.ts';
import { WeightStandardization } from '../../../src/nn/norm/weights/weightStandardization.ts';
import { summarize } from '../../../src/nn/summary.ts';
import { parameterGroups, Sgd } from '../../../src/optim/index.ts';
import { createRandom } from '../../../src/random.ts';
import { images, lossAndGradients } from '../support.ts';
import { gradientOf, largest, normal } from './layers.ts';

const shape = [3, 2, 4, 5] as const; // [kh, kw, in, out]

function weightOf(of: readonly number[] = shape, scale = 1): Tensor {
  return new Tensor(
    normal(of, 'weight').map((value) => scale * value),
    of,
    { requiresGrad: true },
  );
}

function build(name: string, options: { eps?: number } = {}): WeightNorm {
  return findNorm(name).build(5, options).to('float64') as WeightNorm;
}

/** y and dL/dweight for a fixed random upstream. */
function pass(norm: WeightNorm, weight: Tensor) {
  const y = norm.forward(weight);
  y.backward({ gradient: new Tensor(normal(weight.shape, 'dy'), weight.shape) });
  return { y: Float64Array.from(y.data), gradient: gradientOf(weight) };
}

describe.each(weightNormNames)('%s', (name) => {
  test('T5: dL/dW stands at right angles to W, per filter (spectral: as a whole)', () => {
    const norm = build(name, { eps: 1e-15 }).eval();
    const weight = weightOf();
    norm.initialize(weight);
    const { gradient } = pass(norm, weight);
    const along = new Float64Array(5);
    gradient.forEach((value, i) => {
      along[i % 5] += value * weight.data[i];
    });
    const total = along.reduce((a, b) => a + b, 0);
    const residual = name === 'spectral' ? Math.abs(total) : largest(along);
    expect(residual).toBeLessThan(1e-11);
  });

  test('T5: three times the weight has the same effect and a third of the gradient', () => {
    const [one, three] = [1, 3].map((scale) => {
      const norm = build(name, { eps: 1e-15 }).eval();
      const weight = weightOf(shape, scale);
      if (name === 'spectral') norm.initialize(weight); // g of weight-norm is a parameter of its own
      return pass(norm, weight);
    });
    expect(largest(three.y.map((value, i) => value - one.y[i]))).toBeLessThan(1e-12);
    expect(largest(three.gradient.map((value, i) => 3 * value - one.gradient[i]))).toBeLessThan(1e-12);
  });

  test('B: filters of zeros give zeros and a finite gradient (torch: NaN for weight_norm)', () => {
    const norm = build(name);
    const weight = new Tensor(new Float64Array(120), shape, { requiresGrad: true });
    norm.initialize(weight);
    const { y, gradient } = pass(norm, weight);
    expect(largest(y)).toBe(0);
    expect(gradient.every(Number.isFinite)).toBe(true);
    if (name === 'weight-norm' || name === 'spectral') expect(largest(gradient)).toBe(0);
  });

  test('the gradient of kernels, dense and depthwise weights', () => {
    for (const of of [shape, [7, 5], [3, 3, 1, 5]]) {
      const norm = build(name).eval();
      const weight = weightOf(of);
      norm.initialize(weight);
      const inputs = { weight, ...Object.fromEntries(norm.namedParameters()) };
      for (const result of gradcheck(() => norm.forward(weight), inputs)) {
        expect(result.passed, `${of} ${JSON.stringify(result)}`).toBe(true);
      }
    }
  });

  test('a layer trains its raw weight through it, and never overwrites it', () => {
    const random = createRandom(3);
    for (const layer of [new Conv2d(3, 5, 3, { random }), new Linear(12, 5, { random })]) {
      const input = layer instanceof Conv2d ? images([2, 5, 4, 3]) : images([2, 12]);
      const raw = layer.weight.toArray();
      const plain = noGrad(() => layer.forward(input)).toArray();
      layer.weightNorm = findNorm(name).build(5, {}) as WeightNorm;
      layer.weightNorm.initialize(layer.weight);
      sum(layer.forward(input)).backward();
      expect(layer.weight.grad?.toArray().some((value) => value !== 0)).toBe(true);
      expect(layer.weight.toArray()).toEqual(raw);
      // Without it the layer is what it was (torch #8208: removing spectral norm left another weight)
      layer.weightNorm = null;
      expect(noGrad(() => layer.forward(input)).toArray()).toEqual(plain);
    }
  });

  test('in a model: on every layer but the last, by name, beside a norm of activations or alone', () => {
    const options = { input: [8, 8, 1], classes: 3, random: createRandom(1) } as const;
    const alone = createModel('micro-resnet8', { ...options, norm: name });
    const beside = createModel('micro-resnet8', { ...options, norm: 'group', weightNorm: name });
    for (const model of [alone, beside]) {
      const layers = [...model.namedModules().values()].filter(
        (module) => module instanceof Conv2d || module instanceof Linear,
      );
      expect(layers.map((layer) => layer.weightNorm !== null)).toEqual([
        ...layers.slice(1).map(() => true),
        false,
      ]);
      const batch = images([4, 8, 8, 1]);
      const { gradients } = lossAndGradients(model, () => model.forward(batch), [0, 1, 2, 0]);
      for (const [path, gradient] of gradients) expect(gradient?.every(Number.isFinite), path).toBe(true);
    }
    const has = (model: typeof alone, part: string) =>
      [...model.namedParameters().keys()].some((path) => path.includes(part));
    expect([has(alone, 'gamma'), has(beside, 'gamma')]).toEqual([false, true]);
    expect([has(alone, 'bias'), has(beside, 'conv1.bias')]).toEqual([true, false]);
  });

  test('a state round trip gives the same outputs, also in evaluation', () => {
    const build = (seed: number) =>
      createModel('mlp', { input: [4, 4, 1], classes: 3, norm: name, random: createRandom(seed) });
    const [trained, other] = [build(1), build(2)];
    const batch = images([4, 4, 4, 1]);
    const optimizer = new Sgd(trained.parameters(), { lr: 0.1 });
    for (let step = 0; step < 3; step++) {
      sum(trained.forward(batch)).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    other.loadState(trained.state());
    const logits = (model: typeof trained) => noGrad(() => model.eval().forward(batch)).toArray();
    expect(logits(other)).toEqual(logits(trained));
  });
});

test('J: weight decay reaches the raw weights and not the gains', () => {
  for (const name of weightNormNames) {
    const random = createRandom(1);
    const model = createModel('mlp', { input: [2, 2, 1], classes: 2, norm: name, random, hidden: [3] });
    const decayed = parameterGroups(model, { weightDecay: 0.1 })
      .filter((group) => group.weightDecay !== 0)
      .flatMap((group) => group.parameters);
    const named = model.namedParameters();
    expect(new Set(decayed)).toEqual(
      new Set([...named].filter(([path]) => path.endsWith('.weight')).map(([, tensor]) => tensor)),
    );
  }
});

test('two norms of weights, an unknown one, and one in the place of a norm of activations', () => {
  const options = { input: [4, 4, 1], classes: 2, random: createRandom(1) } as const;
  const build = (norm: string, weightNorm: string) => createModel('mlp', { ...options, norm, weightNorm });
  expect(() => build('spectral', 'weight-norm')).toThrow('both norms of weights');
  expect(() => build('group', 'weight-nrom')).toThrow(
    'unknown norm of weights "weight-nrom" (did you mean "weight-norm"?); one of: weight-',
  );
  expect(() => createNorm('spectral', 4)).toThrow('normalizeWeights(model, "spectral")');
  expect(() => build('spectral', 'spectral')).not.toThrow();
});

test('the summary of a model has a row for the layer and one for its norm, and counts each parameter once', () => {
  const model = new Linear(4, 3, { random: createRandom(1) });
  model.weightNorm = new WeightNormalization(3);
  expect(summarize(model).map(({ layer, shapes, parameters }) => [layer, shapes, parameters])).toEqual([
    ['Linear', 'weight [4, 3], bias [3]', 15],
    ['WeightNormalization', 'g [3]', 3],
  ]);
});

describe('Weight Standardization', () => {
  test('G: both conventions: the filter [1, 2, 4, 7]', () => {
    const weight = () => new Tensor(Float64Array.of(1, 2, 4, 7), [4, 1]);
    // mean 3.5; sum of squares 21: biased 5.25, unbiased 7
    const biased = new WeightStandardization(1, { eps: 0 }).forward(weight()).toArray();
    biased.forEach((value, i) => {
      expect(value).toBeCloseTo([-2.5, -1.5, 0.5, 3.5][i] / Math.sqrt(5.25), 14);
    });
    const original = new WeightStandardization(1, { ...WeightStandardization.original, eps: 0.1 });
    original
      .forward(weight())
      .toArray()
      .forEach((value, i) => {
        expect(value).toBeCloseTo([-2.5, -1.5, 0.5, 3.5][i] / (Math.sqrt(7) + 0.1), 14);
      });
  });

  test('C: filters of a single weight: 0, and with the unbiased deviation an error instead of NaN', () => {
    const weight = () => new Tensor(Float64Array.of(3, 4), [1, 1, 1, 2]);
    expect(new WeightStandardization(2).forward(weight()).toArray()).toEqual([0, 0]);
    const original = new WeightStandardization(2, WeightStandardization.original);
    expect(() => original.forward(weight())).toThrow('0/0');
  });

  test('the wrong number of filters', () => {
    expect(() => new WeightStandardization(3).forward(weightOf())).toThrow('[3, 2, 4, 5]');
  });
});

describe('Scaled Weight Standardization', () => {
  test('weights of a filter sum to 0, their squares to scale^2, whatever the fan-in', () => {
    for (const of of [shape, [40, 5]]) {
      const y = build('scaled-weight-standardization').forward(weightOf(of)).data;
      const [sums, squares] = [new Float64Array(5), new Float64Array(5)];
      y.forEach((value: number, i: number) => {
        sums[i % 5] += value;
        squares[i % 5] += value * value;
      });
      for (let f = 0; f < 5; f++) {
        expect(sums[f]).toBeCloseTo(0, 12);
        expect(squares[f]).toBeCloseTo(activationScales.relu ** 2, 12);
      }
    }
  });

  test('eps is a floor: below it the deviation is a constant, without a gradient', () => {
    const norm = new ScaledWeightStandardization(5, { activation: 'identity' }).to('float64');
    norm.gain.data.set([1, 2, 0.5, 1, 1]);
    // Filters 0 and 3 are tiny: m v = 4e-7 < 1e-4
    const weight = weightOf([7, 5]);
    for (let i = 0; i < weight.size; i++) if (i % 5 === 0 || i % 5 === 3) weight.data[i] *= 2e-4;
    for (const result of gradcheck(() => norm.forward(weight), { weight, gain: norm.gain })) {
      expect(result.passed, JSON.stringify(result)).toBe(true);
    }
    const y = norm.forward(weight).data;
    let mean = 0;
    for (let i = 0; i < 35; i += 5) mean += weight.data[i] / 7;
    expect(y[10]).toBeCloseTo((weight.data[10] - mean) / 1e-2, 14);
  });

  test('the scales are 1 / std of the activation of a standard normal number', () => {
    // ReLU: E = 1 / sqrt(2 pi), E^2 = 1/2
    expect(activationScales.relu).toBeCloseTo(1 / Math.sqrt(0.5 - 1 / (2 * Math.PI)), 14);
    expect(activationScales.gelu).toBeCloseTo(1.700926, 6);
    expect(activationScales.silu).toBeCloseTo(1.787187, 6);
  });
});

describe('Weight Norm', () => {
  test('a model begins as it was: g = |v|', () => {
    const build = (norm: string) =>
      createModel('cnn', { input: [8, 8, 1], classes: 3, norm, random: createRandom(1) });
    const batch = images([2, 8, 8, 1]);
    const [plain, normalized] = ['none', 'weight-norm'].map((norm) =>
      noGrad(() => build(norm).forward(batch)).toArray(),
    );
    normalized.forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i], 5);
    });
  });

  test('initialization from data: every filter puts out mean 0 and variance 1, layer by layer', () => {
    const random = createRandom(2);
    const layers = [new Conv2d(2, 6, 3, { random }), new Conv2d(6, 4, 3, { random, stride: 2 })];
    let x = images([5, 9, 8, 2]);
    for (const layer of layers) {
      layer.weightNorm = new WeightNormalization(layer.outChannels);
      layer.weightNorm.initialize(layer.weight);
      const weight = layer.weight.toArray();
      x = initializeFromData(layer, x);
      expect(layer.weight.toArray()).toEqual(weight);
      const filters = layer.outChannels;
      for (let f = 0; f < filters; f++) {
        const values = x.toArray().filter((_, i) => i % filters === f);
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
        expect(mean).toBeCloseTo(0, 4);
        expect(variance).toBeCloseTo(1, 4);
      }
    }
    const bare = new Linear(3, 2, { random });
    expect(() => initializeFromData(bare, images([4, 3]))).toThrow('has no weight-norm');
  });

  test('initialization from data without a bias, and of an output that does not vary', () => {
    const layer = new Linear(3, 2, { random: createRandom(1), bias: false });
    layer.weightNorm = new WeightNormalization(2);
    initializeFromData(layer, new Tensor(new Float32Array(12).fill(1), [4, 3]));
    expect(layer.weightNorm.parameters()[0].toArray()).toEqual([1, 1]);
  });

  test('every step makes v longer', () => {
    const layer = new Linear(6, 2, { random: createRandom(1) });
    normalizeWeightsOf(layer);
    const length = () => Math.hypot(...layer.weight.toArray());
    const optimizer = new Sgd(layer.parameters(), { lr: 0.5 });
    for (let step = 0; step < 4; step++) {
      const before = length();
      optimizer.zeroGrad();
      sum(layer.forward(images([3, 6], step))).backward();
      optimizer.step();
      expect(length()).toBeGreaterThan(before);
    }
  });
});

function normalizeWeightsOf(layer: Linear): void {
  layer.weightNorm = new WeightNormalization(layer.outFeatures);
  layer.weightNorm.initialize(layer.weight);
}

describe('F: spectral norm, and what others had wrong', () => {
  test('a state loads into a fresh layer, whose v has no length yet, alone and in a network', () => {
    const random = createRandom(1);
    const weight = randn([3, 4], random, { requiresGrad: true });
    const used = new SpectralNorm(4);
    used.forward(weight);
    const fresh = new SpectralNorm(4);
    fresh.loadState(used.state());
    expect(fresh.eval().forward(weight).toArray()).toEqual(used.eval().forward(weight).toArray());
    fresh.v?.set([0, 0, 0]);
    expect(used.v?.toArray()).not.toEqual([0, 0, 0]);

    const [one, two] = [0, 1].map(() => {
      const layer = new Linear(3, 4, { random });
      layer.weightNorm = new SpectralNorm(4);
      return layer;
    });
    const x = randn([2, 3], random);
    one.forward(x);
    two.loadState(one.state());
    expect(two.eval().forward(x).toArray()).toEqual(one.eval().forward(x).toArray());
    expect(() => two.loadState(new Map([...one.state(), ['other', x]]))).toThrow('unknown [other]');
  });

  /** In training, after initialize(). */
  function spectral(weight: Tensor, options = {}) {
    const norm = new SpectralNorm(5, options).to('float64');
    norm.initialize(weight);
    return norm;
  }
  const state = (norm: SpectralNorm) => [norm.u.toArray(), norm.v?.toArray()];

  test('power iteration finds the largest singular value', () => {
    // Orthonormal columns times 3, 2, 1: as the columns of a [4, 3] weight
    const h = 0.5;
    const columns = [
      [h, h, h, h],
      [h, -h, h, -h],
      [h, h, -h, -h],
    ];
    const data = Float64Array.from(
      { length: 12 },
      (_, i) => columns[i % 3][Math.floor(i / 3)] * (3 - (i % 3)),
    );
    const weight = new Tensor(data, [4, 3]);
    const norm = new SpectralNorm(3).to('float64').train();
    let largestValue = 0;
    for (let step = 0; step < 30; step++) largestValue = norm.forward(weight).data[0] / data[0];
    expect(1 / largestValue).toBeCloseTo(3, 10);
  });

  test('torch #6929: it is differentiable, sigma included', () => {
    const weight = weightOf();
    const norm = spectral(weight).eval();
    const [result] = gradcheck(() => norm.forward(weight), { weight });
    expect(result.passed, JSON.stringify(result)).toBe(true);
  });

  test('torch #12737: in evaluation, too, the weight gets a gradient', () => {
    const weight = weightOf();
    const { gradient } = pass(spectral(weight).eval(), weight);
    expect(largest(gradient)).toBeGreaterThan(0);
  });

  test('torch #8208: evaluation moves neither u nor v; each forward pass in training does', () => {
    const weight = weightOf();
    const norm = spectral(weight).eval();
    const before = state(norm);
    norm.forward(weight);
    expect(state(norm)).toEqual(before);
    norm.train().forward(weight);
    expect(state(norm)).not.toEqual(before);
  });

  test('in evaluation sigma follows the weight, which u and v do not', () => {
    const weight = weightOf();
    const norm = spectral(weight).eval();
    const before = norm.forward(weight).toArray();
    for (let i = 0; i < weight.size; i++) weight.data[i] *= 2;
    const after = norm.forward(weight).toArray();
    expect(largest(Float64Array.from(after, (value, i) => value - before[i]))).toBeLessThan(1e-12);
  });

  test('torch #13350: two forward passes and then both backward passes give what each gives alone', () => {
    const [first, second] = [normal(shape, 'dy 1'), normal(shape, 'dy 2')];
    const alone = [first, second].map((_, which) => {
      const weight = weightOf();
      const norm = spectral(weight);
      const passes = [norm.forward(weight), norm.forward(weight)];
      passes[which].backward({ gradient: new Tensor([first, second][which], shape) });
      return gradientOf(weight);
    });
    const weight = weightOf();
    const norm = spectral(weight);
    const [a, b] = [norm.forward(weight), norm.forward(weight)];
    a.backward({ gradient: new Tensor(first, shape), retainGraph: true });
    b.backward({ gradient: new Tensor(second, shape) });
    const both = gradientOf(weight);
    expect(largest(both.map((value, i) => value - alone[0][i] - alone[1][i]))).toBeLessThan(1e-12);
  });

  test('torch #7298: u and v are off the graph, so that no step keeps the one before it', () => {
    const weight = weightOf();
    const norm = spectral(weight);
    for (let step = 0; step < 3; step++) {
      pass(norm, weight);
      expect([norm.u.node, norm.v?.node, norm.u.requiresGrad]).toEqual([null, null, false]);
    }
    expect(norm.parameters()).toEqual([]);
    expect([...norm.namedBuffers().keys()]).toEqual(['u', 'v']);
  });

  test('a network with it stretches no difference of two inputs, save by its last layer', () => {
    const model = new Linear(10, 5, { random: createRandom(1), bias: false });
    model.weight.data.forEach((value: number, i: number) => {
      model.weight.data[i] = 10 * value;
    });
    model.weightNorm = new SpectralNorm(5);
    model.weightNorm.initialize(model.weight);
    for (let step = 0; step < 20; step++) noGrad(() => model.forward(images([1, 10])));
    const x = images([30, 10], 5);
    const y = noGrad(() => model.forward(x)).toArray();
    for (let n = 0; n < 30; n++) {
      const length = (values: number[], size: number) =>
        Math.hypot(...values.slice(n * size, (n + 1) * size));
      expect(length(y, 5)).toBeLessThanOrEqual(length(x.toArray(), 10) * 1.0001);
    }
  });
});

test('normalizeWeights keeps the precision of the model', () => {
  const model = createModel('mlp', { input: [2, 2, 1], classes: 2, norm: 'none', random: createRandom(1) });
  normalizeWeights(model.to('float64'), 'weight-norm');
  expect(new Set(model.parameters().map(({ dtype }) => dtype))).toEqual(new Set(['float64']));
});
