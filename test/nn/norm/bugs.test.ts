import { describe, expect, test } from 'vitest';
import { permute, randn, sum, Tensor } from '../../../src/autograd/index.ts';
import { BatchNorm } from '../../../src/nn/norm/batch/batchNorm.ts';
import { L1BatchNorm } from '../../../src/nn/norm/batch/l1BatchNorm.ts';
import { moveMoments } from '../../../src/nn/norm/core/running.ts';
import { SwitchableNorm } from '../../../src/nn/norm/mixed/switchableNorm.ts';
import { GroupNorm } from '../../../src/nn/norm/sample/groupNorm.ts';
import { InstanceNorm } from '../../../src/nn/norm/sample/instanceNorm.ts';
import { LayerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { PartialRmsNorm } from '../../../src/nn/norm/sample/partialRmsNorm.ts';
import { RmsNorm } from '../../../src/nn/norm/sample/rmsNorm.ts';
import { ScaleNorm } from '../../../src/nn/norm/sample/scaleNorm.ts';
import { createRandom } from '../../../src/random.ts';
import { buildLayer, gradientOf, largest, normal, pass, relativeDifference, setNorms } from './layers.ts';

/**
 * What went wrong in other frameworks, one test for each kind. The issues are named where they were reported. Cancellation at
 * large offsets is in statistics.test.ts, running statistics in running.test.ts, the shards of SyncBN in their own file.
 */
const float64 = (values: ArrayLike<number>, shape: readonly number[]) =>
  new Tensor(Float64Array.from(values), shape, { requiresGrad: true });

describe('sums that stop growing (float32 keeps no 1 beside 2^25)', () => {
  test('a large value does not swallow a million small ones', () => {
    const count = 1_000_001;
    const x = new Float32Array(count).fill(1);
    x[0] = 2 ** 25;
    const norm = new BatchNorm(1, { momentum: 1, affine: false });
    norm.forward(new Tensor(x, [count, 1]));
    expect(norm.runningMean!.data[0]).toBeCloseTo((2 ** 25 + 1e6) / count, 4);
  });

  test('dgamma over a million elements is right to 1e-5 (mxnet #9916, llm.c #428)', () => {
    const shape = [250_000, 4];
    const random = createRandom(1);
    const [x, dy] = [randn(shape, random), randn(shape, random)];
    const run = (numbers: Float32ArrayConstructor | Float64ArrayConstructor) => {
      const norm = new BatchNorm(4).to(numbers === Float64Array ? 'float64' : 'float32');
      norm
        .forward(new Tensor(numbers.from(x.data), shape))
        .backward({ gradient: { shape, data: numbers.from(dy.data) } });
      return gradientOf(norm.gamma!);
    };
    expect(relativeDifference(run(Float32Array), run(Float64Array))).toBeLessThan(1e-5);
  });
});

describe('zero vectors and constant sets (pytorch #19126, #2421, #184575; tensorflow #21929)', () => {
  const zeros = new Float64Array(6);
  const dy = normal([1, 6], 'dy');

  test('RMSNorm of a zero row: y = 0 and dx = g / sqrt(eps)', () => {
    const { y, dx } = pass(new RmsNorm(6, { eps: 1e-6 }).to('float64'), [1, 6], zeros, dy);
    expect(largest(y)).toBe(0);
    expect(Array.from(dx)).toEqual(Array.from(dy, (g) => expect.closeTo(1e3 * g, 9)));
  });

  test('ScaleNorm of a zero row: y = 0 and dx = (g / eps) dy, with an eps that is not tiny', () => {
    const { y, dx } = pass(new ScaleNorm(6, { eps: 1e-2 }).to('float64'), [1, 6], zeros, dy);
    expect(largest(y)).toBe(0);
    expect(
      relativeDifference(
        dx,
        dy.map((g) => 100 * Math.fround(Math.sqrt(6)) * g),
      ),
    ).toBeLessThan(1e-14);
  });

  test('partial RMSNorm where only the counted part is zero: finite', () => {
    const layer = new PartialRmsNorm(6).to('float64');
    const { y, dx } = pass(layer, [1, 6], Float64Array.of(0, 0, 0, 1, 2, 3), dy);
    expect(y[3]).toBeCloseTo(1e3, 9);
    expect([...y, ...dx].every(Number.isFinite)).toBe(true);
  });

  test('eps outside the root: no 0/0 in the variance path of a constant set', () => {
    const layer = new LayerNorm(6, { epsInside: false, eps: 1e-2 }).to('float64');
    const { y, dx } = pass(
      layer,
      [1, 6],
      zeros.map(() => 3),
      dy,
    );
    const mean = dy.reduce((a, b) => a + b) / 6;
    expect(largest(y)).toBe(0);
    expect(Array.from(dx)).toEqual(Array.from(dy, (g) => expect.closeTo(100 * (g - mean), 10)));
  });

  test('L1 BatchNorm and Switchable Norm of a constant input: y = 0 exactly, finite gradients', () => {
    for (const layer of [new L1BatchNorm(3), new SwitchableNorm(3)]) {
      const x = new Float64Array(24).fill(0.1);
      const { y, dx } = pass(layer.to('float64'), [2, 2, 2, 3], x, normal([2, 2, 2, 3], 'dy'));
      expect(largest(y)).toBe(0);
      expect(dx.every(Number.isFinite)).toBe(true);
    }
  });

  test('twenty LayerNorms in a row on a constant input: finite', () => {
    const x = float64(
      zeros.map(() => 7),
      [1, 6],
    );
    let y: Tensor = x;
    for (let i = 0; i < 20; i++) y = new LayerNorm(6, { eps: 1e-12 }).to('float64').forward(y);
    y.backward({ gradient: { shape: [1, 6], data: dy } });
    expect(gradientOf(x).every(Number.isFinite)).toBe(true);
  });
});

describe('the size of a set is what counts, not that of the batch (pytorch #45687, #29082)', () => {
  test('InstanceNorm of one position gives beta for one sample as for two', () => {
    const y = [1, 2].map((n) =>
      new InstanceNorm(3).to('float64').forward(float64(normal([n, 1, 1, 3], 'x'), [n, 1, 1, 3])),
    );
    expect(y[0].toArray()).toEqual([0, 0, 0]);
    expect(y[1].toArray()).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('GroupNorm of [1, 1, 1, 256] in 32 groups works', () => {
    const { y } = pass(
      new GroupNorm(32, 256).to('float64'),
      [1, 1, 1, 256],
      normal([256], 'x'),
      normal([256], 'dy'),
    );
    expect(largest(y)).toBeGreaterThan(1);
  });

  test('the unbiased variance of one value is refused, not NaN', () => {
    const layer = new InstanceNorm(3, { ddof: 1 }).to('float64');
    expect(() => layer.forward(float64([1, 2, 3], [1, 3]))).toThrow(/ddof 1.*more than one value per set/);
  });

  test('running variance stays finite at m = 1 (tensorflow #34062)', () => {
    for (const unbiased of [true, false]) {
      const running = { mean: float64([0], [1]), variance: float64([1], [1]) };
      const batch = { mean: float64([5], [1]), variance: float64([0], [1]) };
      moveMoments(running, batch, { m: 1, weight: 0.1, unbiased });
      expect(running.variance.data[0]).toBeCloseTo(0.9, 15);
    }
  });

  test.each(
    setNorms
      .filter((entry) => entry.dependsOnBatch === 'training')
      .map((entry) => [entry.name, entry] as const),
  )('%s says why it cannot train on one vector, and evaluates it', (_, entry) => {
    const layer = entry.build(3, {}).to('float64');
    const x = float64([1, 2, 3], [1, 3]);
    expect(() => layer.forward(x)).toThrow(
      /features=3.*more than one value per channel.*\[1, 3\].*GroupNorm/s,
    );
    expect(layer.eval().forward(x).toArray().every(Number.isFinite)).toBe(true);
  });
});

describe('layouts (pytorch #63224, #62594, #1866; Liger #1376)', () => {
  const shape = [2, 3, 2, 4];
  test.each(setNorms.map((entry) => [entry.name, entry] as const))(
    '%s of a permuted input, with an upstream that is a broadcast of one number, is that of a copy',
    (_, entry) => {
      const run = (input: Tensor, toInput: (leaf: Tensor) => Tensor) => {
        const layer = buildLayer(entry, 4, { groups: 2 }, 1);
        const y = layer.forward(toInput(input));
        const values = Float64Array.from(y.data);
        sum(y).backward();
        return { values, gradient: gradientOf(input) };
      };
      const x = normal(shape, 'x');
      const direct = run(float64(x, shape), (leaf) => leaf);
      const there = permute(float64(x, shape), [3, 0, 2, 1]);
      const permuted = run(float64(there.data, there.shape), (leaf) => permute(leaf, [1, 3, 2, 0]));
      expect(permuted.values).toEqual(direct.values);
      expect(Array.from(permute(new Tensor(permuted.gradient, there.shape), [1, 3, 2, 0]).data)).toEqual(
        Array.from(direct.gradient),
      );
    },
  );
});

describe('what is saved is what was built (tfjs #2174: LayerNorm came back as BatchNorm)', () => {
  test.each(setNorms.map((entry) => [entry.name, entry] as const))('%s: state and back', (_, entry) => {
    const shape = [3, 2, 2, 4];
    const first = buildLayer(entry, 4, {}, 1);
    first.forward(float64(normal(shape, 'batch'), shape));
    const second = entry.build(4, {}).to('float64');
    second.loadState(first.state());
    const x = float64(normal(shape, 'x'), shape);
    const [a, b] = [first, second].map((layer) => layer.eval().forward(x).toArray());
    expect(a).toEqual(b);
  });
});

test('gamma and beta can each be left out (tfjs-layers #104)', () => {
  for (const entry of setNorms) {
    const layer = entry.build(4, { affine: false }).to('float64');
    const names = [...layer.namedParameters().keys()];
    if (!['actnorm', 'scale'].includes(entry.name))
      expect(names.filter((name) => /gamma|beta/.test(name))).toEqual([]);
    const x = float64(normal([3, 2, 2, 4], 'x'), [3, 2, 2, 4]);
    layer
      .forward(x, { relu: true })
      .backward({ gradient: new Tensor(normal([3, 2, 2, 4], 'dy'), [3, 2, 2, 4]) });
    expect(gradientOf(x).every(Number.isFinite), entry.name).toBe(true);
  }
});

test('a gradient of a gradient is refused, not wrong (pytorch #186256, #175754)', () => {
  const layer = new LayerNorm(4).to('float64');
  const x = float64(normal([2, 4], 'x'), [2, 4]);
  sum(layer.forward(x)).backward();
  expect(() => sum(x.grad!).backward()).toThrow(/gradients of gradients are not supported/);
});

test('detached statistics are an option, and only that: dx = g / sigma', () => {
  const x = normal([2, 6], 'x');
  const dy = normal([2, 6], 'dy');
  const both = new LayerNorm(6, { detachStatistics: 'both', eps: 0 }).to('float64');
  const { dx } = pass(both, [2, 6], x, dy);
  for (const row of [0, 1]) {
    const values = x.subarray(6 * row, 6 * row + 6);
    const mean = values.reduce((a, b) => a + b) / 6;
    const sigma = Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / 6);
    for (let i = 0; i < 6; i++) expect(dx[6 * row + i]).toBeCloseTo(dy[6 * row + i] / sigma, 12);
  }
});
