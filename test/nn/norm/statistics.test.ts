import { describe, expect, test } from 'vitest';
import { randn, Tensor, tensor } from '../../../src/autograd/index.ts';
import { BatchNorm } from '../../../src/nn/norm/batch/batchNorm.ts';
import { findNorm } from '../../../src/nn/norm/createNorm.ts';
import { GroupNorm } from '../../../src/nn/norm/sample/groupNorm.ts';
import { InstanceNorm } from '../../../src/nn/norm/sample/instanceNorm.ts';
import { LayerNorm } from '../../../src/nn/norm/sample/layerNorm.ts';
import { createRandom } from '../../../src/random.ts';
import { buildLayer, normal, pass, setNorms } from './layers.ts';

describe('running statistics', () => {
  // One batch [1, 2, 4, 7]: mean 3.5, unbiased variance 7. PyTorch 1.13: running_mean .35, running_var .9 + .7
  test('follow a batch as in PyTorch: momentum 0.1 is the weight of the new one, the variance is unbiased', () => {
    const norm = new BatchNorm(1).to('float64');
    norm.forward(tensor([[1], [2], [4], [7]], undefined, { dtype: 'float64' }));
    expect(norm.runningMean?.data[0]).toBeCloseTo(0.35, 7);
    expect(norm.runningVar?.data[0]).toBeCloseTo(1.6, 7);
  });

  test('while the batch itself is normalized with the biased variance', () => {
    const norm = new BatchNorm(1, { eps: 0 }).to('float64');
    const y = norm.forward(tensor([[1], [2], [4], [7]], undefined, { dtype: 'float64' }));
    const sigma = Math.sqrt(5.25);
    expect(y.toArray()).toEqual([-2.5, -1.5, 0.5, 3.5].map((d) => expect.closeTo(d / sigma, 12)));
  });

  test('T8: in evaluation dx = gamma dy / sqrt(runningVar + eps), and nothing moves', () => {
    const shape = [3, 2, 4, 5];
    const eps = 1e-3;
    const norm = buildLayer(findNorm('batch'), 5, { eps }, 1) as BatchNorm;
    pass(norm, shape, normal(shape, 'batch'), normal(shape, 'dy'));
    const [mean, variance] = [norm.runningMean!.toArray(), norm.runningVar!.toArray()];
    norm.eval();
    const [x, dy] = [normal(shape, 'x'), normal(shape, 'dy')];
    const { y, dx, gradients } = pass(norm, shape, x, dy);
    const dgamma = new Float64Array(5);
    for (let i = 0; i < dx.length; i++) {
      const c = i % 5;
      const sigma = Math.sqrt(variance[c] + eps);
      const xHat = (x[i] - mean[c]) / sigma;
      dgamma[c] += dy[i] * xHat;
      expect(y[i]).toBeCloseTo(norm.gamma!.data[c] * xHat + norm.beta!.data[c], 12);
      expect(dx[i]).toBeCloseTo((norm.gamma!.data[c] * dy[i]) / sigma, 12);
    }
    for (let c = 0; c < 5; c++) expect(gradients.gamma[c]).toBeCloseTo(dgamma[c], 12);
    expect([norm.runningMean!.toArray(), norm.runningVar!.toArray()]).toEqual([mean, variance]);
  });
});

describe('a training batch with one value per channel', () => {
  test.each([[[1, 5]], [[1, 1, 1, 5]]])('%j is refused, with the ways out', (shape) => {
    const norm = new BatchNorm(5);
    const x = new Tensor(new Float32Array(5), shape);
    expect(() => norm.forward(x)).toThrow(
      /BatchNorm\(features=5\): training needs more than one value per channel, got input \[1.*GroupNorm/s,
    );
    expect([...norm.runningVar!.data]).toEqual([1, 1, 1, 1, 1]);
    norm.eval();
    expect(norm.forward(x).toArray()).toEqual([0, 0, 0, 0, 0]);
  });

  test('of images with several positions is fine', () => {
    expect(new BatchNorm(1).forward(tensor([1, 3], [1, 1, 2, 1])).toArray()[0]).toBeCloseTo(-1, 4);
  });
});

describe('input that does not fit is refused by name', () => {
  const x = new Tensor(new Float32Array(2 * 3 * 3 * 6), [2, 3, 3, 6]);
  test.each([
    [() => new BatchNorm(5).forward(x), /BatchNorm\(features=5\): expected input .*5.*got \[2, 3, 3, 6\]/],
    [() => new InstanceNorm(5).forward(x), /InstanceNorm\(features=5\)/],
    [() => new InstanceNorm(5, { affine: false }).forward(x), /InstanceNorm\(features=5\)/],
    [() => new GroupNorm(5, 5).forward(x), /GroupNorm\(groups=5, features=5\)/],
    [() => new GroupNorm(4, 6), /groups must divide the features. Use one of 1, 2, 3, 6/],
    [() => new LayerNorm([3, 5]).forward(x), /LayerNorm\(shape=\[3, 5\]\): expected input \[N, ..., 3, 5\]/],
  ])('%#', (run, message) => {
    expect(run).toThrow(message);
  });
});

/**
 * Cancellation: x = offset + randn in float32, against float64 of the very same numbers. Rounding y to float32 and the
 * rounding of mu are allowed, a variance from E[x^2] - E[x]^2 is not: at 1e4 it has no right digit left (pytorch #51102,
 * burn #5607). The bound is what PyTorch 2.13 keeps: 4e-7 (1 + offset).
 */
describe('large offsets in float32', () => {
  const shape = [4, 5, 3, 6];
  const names = setNorms.map((entry) => entry.name).filter((name) => name !== 'actnorm'); // affine, with beta = -gamma mu
  describe.each(names)('%s', (name) => {
    test.each([0, 100, 2000, 1e4, 1e5])('offset %d', (offset) => {
      const random = createRandom(`offset ${offset}`);
      const x = randn(shape, random);
      for (let i = 0; i < x.size; i++) x.data[i] += offset;
      const dy = randn(shape, random);
      const run = (dtype: 'float32' | 'float64') => {
        const layer = findNorm(name).build(6, { groups: 2 }).to(dtype);
        const numbers = dtype === 'float64' ? Float64Array : Float32Array;
        const input = new Tensor(numbers.from(x.data), shape, { requiresGrad: true });
        const y = layer.forward(input);
        y.backward({ gradient: { shape, data: numbers.from(dy.data) } });
        return { y: y.toArray(), dx: input.grad!.toArray(), dgamma: layer.parameters()[0].grad!.toArray() };
      };
      const [single, double] = [run('float32'), run('float64')];
      for (const key of ['y', 'dx', 'dgamma'] as const) {
        const worst = Math.max(...single[key].map((value, i) => Math.abs(value - double[key][i])));
        const scale = Math.max(...double[key].map(Math.abs));
        expect(worst / scale, key).toBeLessThan(4e-7 * (1 + offset));
      }
    });
  });
});
