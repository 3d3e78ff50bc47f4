import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { add, mul, Tensor } from '../../../src/autograd/index.ts';
import { GhostBatchNorm } from '../../../src/nn/norm/batch/ghostBatchNorm.ts';
import { BatchChannelNorm } from '../../../src/nn/norm/mixed/batchChannelNorm.ts';
import { BatchInstanceNorm } from '../../../src/nn/norm/mixed/batchInstanceNorm.ts';
import { ActNorm } from '../../../src/nn/norm/pointwise/actNorm.ts';
import {
  AdaptiveInstanceNorm,
  adaptiveInstanceNorm,
} from '../../../src/nn/norm/sample/adaptiveInstanceNorm.ts';
import { ConditionalInstanceNorm } from '../../../src/nn/norm/sample/conditionalInstanceNorm.ts';
import { InstanceNorm } from '../../../src/nn/norm/sample/instanceNorm.ts';
import { momentShortcut, PositionalNorm } from '../../../src/nn/norm/sample/positionalNorm.ts';
import { parameterGroups, Sgd } from '../../../src/optim/index.ts';
import { largest, normal, pass } from './layers.ts';

/** Norms that take something beside x, or start from it: styles, labels, the first batch, ghost batches. */
const random = (shape: number[], seed: string) =>
  new Tensor(normal(shape, seed), shape, { requiresGrad: true });

function expectPassed(results: ReturnType<typeof gradcheck>) {
  for (const result of results) expect(result.passed, JSON.stringify(result)).toBe(true);
}

describe('Positional Norm', () => {
  test('the moment shortcut at the same layer gives x back', () => {
    const x = random([2, 3, 2, 5], 'x');
    const layer = new PositionalNorm(5, { affine: false }).to('float64');
    const { y, ...taken } = layer.forwardWithMoments(x);
    expect(momentShortcut(y, taken).toArray()).toEqual(x.toArray().map((value) => expect.closeTo(value, 12)));
  });

  test('gradients flow through y, mu and sigma: dmu / C + dsigma xHat / (C - 1)', () => {
    const [x, z] = [random([2, 3, 1, 4], 'x'), random([2, 3, 1, 4], 'z')];
    const layer = new PositionalNorm(4).to('float64');
    const forward = () => {
      const { y, ...taken } = layer.forwardWithMoments(x);
      return add(momentShortcut(z, taken), mul(y, y));
    };
    expectPassed(gradcheck(forward, { x, z }));
  });

  test('one channel has no unbiased variance', () => {
    expect(() => new PositionalNorm(1)).toThrow(/one channel has no variance/);
  });
});

describe('adaptive instance norm', () => {
  test('puts out the mean and deviation of the style, of any size', () => {
    const [x, style] = [random([2, 3, 4, 3], 'x'), random([2, 2, 5, 3], 'style')];
    const y = new AdaptiveInstanceNorm(3, { eps: 1e-12 }).to('float64').forward(x, { style });
    const moments = (image: Tensor, n: number, c: number) => {
      const size = image.size / 2;
      const values = image.toArray().filter((_, i) => Math.floor(i / size) === n && i % 3 === c);
      const mean = values.reduce((a, b) => a + b) / values.length;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length];
    };
    const expected = moments(style, 1, 2).map((value) => expect.closeTo(value, 9));
    expect(moments(y, 1, 2)).toEqual(expected);
  });

  test('gradients of content and style', () => {
    const [x, style] = [random([2, 2, 3, 3], 'x'), random([2, 3, 2, 3], 'style')];
    expectPassed(gradcheck(() => adaptiveInstanceNorm(x, style, { eps: 1e-5, relu: true }), { x, style }));
  });

  test('a style of other samples or channels is refused', () => {
    const x = random([2, 2, 3, 3], 'x');
    const wrong = random([1, 2, 3, 3], 'x');
    expect(() => adaptiveInstanceNorm(x, wrong, { eps: 1e-5 })).toThrow(
      /need the same N and C.*\[1, 2, 3, 3\]/,
    );
  });
});

describe('conditional instance norm', () => {
  const labels = Int32Array.of(2, 0, 2);
  const shape = [3, 2, 2, 4];

  function build(): ConditionalInstanceNorm {
    const layer = new ConditionalInstanceNorm(4, { conditions: 4 }).to('float64');
    for (const [name, tensor] of layer.namedParameters()) tensor.data.set(normal(tensor.shape, name));
    return layer;
  }

  test('each sample is InstanceNorm with the row of its label', () => {
    const layer = build();
    const x = random(shape, 'x');
    const y = layer.forward(x, { labels }).toArray();
    labels.forEach((label, n) => {
      const alone = new InstanceNorm(4).to('float64');
      alone.gamma?.data.set(layer.gamma!.data.subarray(4 * label, 4 * label + 4));
      alone.beta?.data.set(layer.beta!.data.subarray(4 * label, 4 * label + 4));
      const sample = new Tensor(x.data.slice(16 * n, 16 * n + 16), [1, 2, 2, 4]);
      const expected = alone
        .forward(sample)
        .toArray()
        .map((value) => expect.closeTo(value, 12));
      expect(y.slice(16 * n, 16 * n + 16)).toEqual(expected);
    });
  });

  test('gradients collect in the rows that were used', () => {
    const layer = build();
    const x = random(shape, 'x');
    const residual = random(shape, 'residual');
    const inputs = { x, residual, gamma: layer.gamma!, beta: layer.beta! };
    expectPassed(gradcheck(() => layer.forward(x, { labels, residual, relu: true }), inputs));
    layer.forward(x, { labels }).backward({ gradient: random(shape, 'dy') });
    const rows = [0, 1, 2, 3].map((k) =>
      largest(Float64Array.from(layer.beta!.grad!.data.subarray(4 * k, 4 * k + 4))),
    );
    expect(rows.map((value) => value > 0)).toEqual([true, false, true, false]);
  });

  test('labels without a row, or too few of them, are refused', () => {
    const x = random(shape, 'x');
    expect(() => build().forward(x, { labels: Int32Array.of(0, 1, 4) })).toThrow(/from 0 to 3 .*\[0, 1, 4\]/);
    expect(() => build().forward(x, { labels: Int32Array.of(0) })).toThrow(/for each of 3 samples/);
  });
});

describe('ActNorm', () => {
  test('brings the first training batch to mean 0 and variance 1, and is affine from then on', () => {
    const layer = new ActNorm(2).to('float64');
    const x = new Tensor(
      normal([50, 2], 'x').map((value, i) => (i % 2 ? 5 * value + 3 : value)),
      [50, 2],
    );
    const y = layer
      .forward(x)
      .toArray()
      .filter((_, i) => i % 2 === 1);
    const mean = y.reduce((a, b) => a + b) / 50;
    expect(mean).toBeCloseTo(0, 10);
    expect(y.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 50).toBeCloseTo(1, 5);
    const gamma = layer.gamma.toArray();
    layer.forward(random([50, 2], 'other'));
    expect(layer.gamma.toArray()).toEqual(gamma);
  });

  test('that the first batch has been seen is part of the state', () => {
    const [first, second] = [new ActNorm(2), new ActNorm(2)];
    first.forward(new Tensor(Float32Array.from(normal([9, 2], 'x')), [9, 2]));
    second.loadState(first.state());
    second.forward(new Tensor(Float32Array.from(normal([9, 2], 'y')), [9, 2]));
    expect(second.gamma.toArray()).toEqual(first.gamma.toArray());
  });

  test('evaluation before training does not decide', () => {
    const layer = new ActNorm(2).eval();
    layer.forward(new Tensor(new Float32Array(4), [2, 2]));
    expect(layer.initialized.data[0]).toBe(0);
  });
});

describe('Batch-Instance Norm', () => {
  test('rho is put back into [0, 1] after every step, whatever the optimizer did', () => {
    const layer = new BatchInstanceNorm(4);
    const optimizer = new Sgd(parameterGroups(layer, { weightDecay: 0.1 }), { lr: 10 });
    for (let step = 0; step < 3; step++) {
      const x = new Tensor(Float32Array.from(normal([2, 3, 2, 4], step)), [2, 3, 2, 4]);
      layer
        .forward(x)
        .backward({ gradient: new Tensor(Float32Array.from(normal([2, 3, 2, 4], 'dy')), [2, 3, 2, 4]) });
      optimizer.step();
      optimizer.zeroGrad();
      for (const rho of layer.rho.data) expect(rho).toSatisfy((value: number) => value >= 0 && value <= 1);
    }
    expect([...layer.rho.data]).not.toEqual([1, 1, 1, 1]);
  });

  test('rho learns ten times as fast, without weight decay', () => {
    const layer = new BatchInstanceNorm(4);
    const groups = parameterGroups(layer, { weightDecay: 0.1 });
    expect(groups.find((group) => group.parameters.includes(layer.rho))).toMatchObject({
      lrScale: 10,
      weightDecay: 0,
    });
    expect(groups.find((group) => group.parameters.includes(layer.gamma!))?.lrScale).toBe(1);
  });

  test('the constraint survives a change of precision', () => {
    expect(new BatchInstanceNorm(4).to('float64').rho.constraint).toEqual({ low: 0, high: 1 });
  });
});

describe('Ghost BatchNorm', () => {
  test('samples beyond the last full ghost batch join it: 7 = 2 + 2 + 3', () => {
    const shape = [7, 2, 1, 3];
    const layer = new GhostBatchNorm(3, { virtualBatch: 2, affine: false }).to('float64');
    const x = normal(shape, 'x');
    const changed = x.map((value, i) => (i >= 6 * 6 ? value + 5 : value)); // the last sample
    const [before, after] = [x, changed].map((input) => pass(layer, shape, input, normal(shape, 'dy')).y);
    expect(after.slice(0, 4 * 6)).toEqual(before.slice(0, 4 * 6));
    expect(after.slice(4 * 6, 5 * 6)).not.toEqual(before.slice(4 * 6, 5 * 6));
    const input = random(shape, 'x');
    const residual = random(shape, 'residual');
    expectPassed(gradcheck(() => layer.forward(input, { residual, relu: true }), { x: input, residual }));
  });

  test('ghost batches of one vector are refused', () => {
    const x = new Tensor(new Float32Array(12), [4, 3]);
    expect(() => new GhostBatchNorm(3, { virtualBatch: 1 }).forward(x)).toThrow(
      /virtualBatch=1.*more than one value/,
    );
  });
});

describe('Batch-Channel Norm', () => {
  test('estimated: running statistics move first, and are constants to the gradient', () => {
    const shape = [3, 2, 2, 4];
    const layer = new BatchChannelNorm(4, { estimated: true, groups: 2, momentum: 0.5, eps: 0.1 }).to(
      'float64',
    );
    const [x, dy] = [normal(shape, 'x'), normal(shape, 'dy')];
    const training = pass(layer, shape, x, dy);
    expect(layer.runningMean.toArray()).not.toEqual([0, 0, 0, 0]);
    const evaluation = pass(layer.eval(), shape, x, dy); // with what the batch left behind
    expect(training.y).toEqual(evaluation.y);
    expect(training.dx).toEqual(evaluation.dx);
  });
});
