import { describe, expect, test } from 'vitest';
import { randn, Tensor, tensor } from '../../../src/autograd/index.ts';
import { Conv2d } from '../../../src/nn/layers/conv2d.ts';
import { Dropout } from '../../../src/nn/layers/dropout.ts';
import { Sequential } from '../../../src/nn/layers/sequential.ts';
import { Module } from '../../../src/nn/module.ts';
import { BatchNorm, type BatchNormOptions } from '../../../src/nn/norm/batch/batchNorm.ts';
import { fold } from '../../../src/nn/norm/batch/fold.ts';
import { GhostBatchNorm } from '../../../src/nn/norm/batch/ghostBatchNorm.ts';
import { recalibrate } from '../../../src/nn/norm/batch/recalibrate.ts';
import type { Norm } from '../../../src/nn/norm/core/norm.ts';
import { preset } from '../../../src/nn/norm/core/presets.ts';
import { RunningNorm } from '../../../src/nn/norm/core/running.ts';
import { registry } from '../../../src/nn/norm/registry.ts';
import { Sgd } from '../../../src/optim/index.ts';
import { createRandom } from '../../../src/random.ts';

const float64 = { dtype: 'float64' } as const;
/** Of norms that can do without running statistics, InstanceNorm has them only where it is told to. */
const tracking = { trackRunningStats: true };
const column = (...values: number[]) => tensor(values, [values.length, 1], float64);

/** A norm that follows the statistics only where its own activation runs. */
function withRelu(layer: Norm): Module {
  return new (class extends Module {
    readonly layer = layer;
    forward(x: Tensor): Tensor {
      return this.layer.forward(x, { relu: true });
    }
  })();
}

function runningAfter(options: BatchNormOptions, ...batches: Tensor[]): [number, number] {
  const norm = new BatchNorm(1, options).to('float64');
  for (const batch of batches) norm.forward(batch);
  return [norm.runningMean!.data[0], norm.runningVar!.data[0]];
}

describe('conventions of running statistics', () => {
  // The worked example [1, 2, 4, 7]: mean 3.5, variance 5.25 biased and 7 unbiased
  const batch = column(1, 2, 4, 7);
  const close = (values: number[]) => values.map((value) => expect.closeTo(value, 7));

  test('PyTorch and Keras move them differently', () => {
    expect(runningAfter(preset('torch', 'batch'), batch)).toEqual(close([0.35, 1.6]));
    expect(runningAfter(preset('keras', 'batch'), batch)).toEqual(close([0.035, 1.0425]));
  });

  test('decay is the weight of the old value: 1 - momentum', () => {
    expect(runningAfter({ decay: 0.7 }, batch)).toEqual(close(runningAfter({ momentum: 0.3 }, batch)));
  });

  test('both at once are refused, and so is a weight beyond 1', () => {
    expect(() => new BatchNorm(1, { decay: 0.9, momentum: 0.1 })).toThrow(/say the same thing twice/);
    expect(() => new BatchNorm(1, { momentum: 99 })).toThrow(/momentum must be a number from 0 to 1.*got 99/);
  });

  test('momentum null is the plain average over all batches', () => {
    const batches = [column(1, 2, 4, 7), column(0, 4), column(3, 3, 3)];
    const means = [3.5, 2, 3];
    const variances = [7, 8, 0];
    const average = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(runningAfter({ momentum: null }, ...batches)).toEqual(close([average(means), average(variances)]));
  });

  test('how many batches the plain average has seen is part of the state', () => {
    const [first, second] = [new BatchNorm(1, { momentum: null }), new BatchNorm(1, { momentum: null })];
    const [a, b] = [tensor([[1], [2]]), tensor([[5], [9]])];
    first.forward(a);
    second.loadState(first.state());
    for (const norm of [first, second]) norm.forward(b);
    expect(second.runningMean!.toArray()).toEqual(first.runningMean!.toArray());
    expect(second.runningMean!.toArray()).toEqual([4.25]);
  });

  test('ddof 1 normalizes with the unbiased variance, and does not correct it twice', () => {
    expect(runningAfter({ ddof: 1 }, batch)).toEqual(close([0.35, 1.6]));
    expect(runningAfter({ ddof: 1, runningVar: 'biased' }, batch)).toEqual(close([0.35, 1.425]));
  });

  test('without running statistics, evaluation takes those of its batch', () => {
    const norm = new BatchNorm(1, { trackRunningStats: false }).to('float64');
    const training = norm.forward(batch).toArray();
    expect([...norm.namedBuffers().keys()]).toEqual([]);
    expect(norm.eval().forward(batch).toArray()).toEqual(training);
    expect(() => norm.forward(column(3))).toThrow(
      /evaluation without running statistics needs more than one value per channel, got input \[1, 1\].*trackRunningStats/,
    );
    expect(() => norm.train().forward(column(3))).toThrow(/: training needs more than one value/);
  });

  test('ghost batches move them one after the other', () => {
    const ghost = new GhostBatchNorm(1, { virtualBatch: 2, momentum: 0.5 }).to('float64');
    ghost.forward(column(0, 2, 4, 8));
    expect(ghost.runningMean.toArray()).toEqual([0.5 * (0.5 * 0 + 0.5 * 1) + 0.5 * 6]);
  });
});

describe('every norm with running statistics', () => {
  const norms = registry.filter((entry) => entry.build(4, tracking) instanceof RunningNorm);
  const shape = [3, 2, 2, 4];
  const batch = (seed: number) => randn(shape, createRandom(seed), float64);

  test.each(norms.map((entry) => [entry.name, entry] as const))(
    '%s: freeze() stops buffers and parameters',
    (_, entry) => {
      const layer = entry.build(4, tracking).to('float64');
      const then = { relu: layer.activates };
      layer.forward(batch(1), then);
      const state = () => [...layer.namedTensors().values()].map((each) => each.toArray());
      const before = state();
      const optimizer = new Sgd(layer.parameters(), { lr: 1 });
      layer.freeze().train();
      const x = new Tensor(batch(2).data, shape, { requiresGrad: true });
      const result = layer.forward(x, then);
      const y = result.toArray();
      result.backward({ gradient: batch(3) });
      optimizer.step();
      expect(state()).toEqual(before);
      expect(layer.eval().forward(x, then).toArray()).toEqual(y);
      layer.freeze(false).train().forward(batch(2), then);
      expect(state()).not.toEqual(before);
    },
  );

  test.each(norms.map((entry) => [entry.name, entry] as const))(
    '%s: a view of its buffers sees updates',
    (_, entry) => {
      const layer = entry.build(4, tracking);
      const views = [...layer.namedBuffers().values()].map((buffer) => buffer.data.subarray(0, 1));
      const before = views.map((view) => view[0]);
      layer.forward(randn(shape, createRandom(1)), { relu: layer.activates });
      expect(views.map((view) => view[0])).not.toEqual(before);
    },
  );
});

describe('recalibrate', () => {
  const random = createRandom(7);
  const values = [3, 5, 4].map((n) => randn([n, 2], random, float64));

  test('gives the mean and variance of all values together, whatever the batches', () => {
    const norm = new BatchNorm(2).to('float64');
    norm.forward(values[0]);
    recalibrate(norm, values);
    for (const c of [0, 1]) {
      const all = values.flatMap((batch) => batch.toArray().filter((_, i) => i % 2 === c));
      const mean = all.reduce((a, b) => a + b) / 12;
      const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      expect(norm.runningMean!.data[c]).toBeCloseTo(mean, 12);
      expect(norm.runningVar!.data[c]).toBeCloseTo(squares / 11, 12);
    }
  });

  test('batches of two are no worse: [1, 3] and [5, 7] have the variance 20/3', () => {
    const norm = new BatchNorm(1).to('float64');
    recalibrate(norm, [column(1, 3), column(5, 7)]);
    expect(norm.runningMean!.data[0]).toBeCloseTo(4, 12);
    expect(norm.runningVar!.data[0]).toBeCloseTo(20 / 3, 12);
  });

  // What these run along is no moment; and InstanceNorm's are averages over instances (instanceNorm.test.ts)
  const averages = ['l1-batch', 'topk-batch', 'instance'];
  const running = registry.filter(
    (entry) => entry.build(4, tracking) instanceof RunningNorm && !averages.includes(entry.name),
  );
  test.each(running.map((entry) => [entry.name, entry] as const))(
    '%s: all values in many batches are as in one',
    (_, entry) => {
      const all = randn([24, 4], createRandom(entry.name), float64);
      for (let i = 0; i < all.size; i++) all.data[i] += Math.floor(i / 24); // batches of different means
      const cut = (size: number) =>
        Array.from(
          { length: 24 / size },
          (_, i) => new Tensor(all.data.slice(i * size * 4, (i + 1) * size * 4), [size, 4]),
        );
      const after = (batches: Tensor[]) => {
        const layer = entry.build(4, tracking).to('float64');
        const model = new Sequential([layer.activates ? withRelu(layer) : layer]);
        recalibrate(model, batches);
        return [...layer.namedBuffers().values()].map((each) => each.toArray());
      };
      const whole = after([all]);
      for (const size of [2, 3, 8]) {
        after(cut(size)).forEach((buffer, i) => {
          expect(buffer).toEqual(whole[i].map((value) => expect.closeTo(value, 10)));
        });
      }
    },
  );

  test('with the biased convention, exactly', () => {
    const norm = new BatchNorm(2, { runningVar: 'biased' }).to('float64');
    recalibrate(norm, values);
    const first = values.flatMap((batch) => batch.toArray().filter((_, i) => i % 2 === 0));
    const mean = first.reduce((a, b) => a + b) / 12;
    const variance = first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 12;
    expect(norm.runningVar!.data[0]).toBeCloseTo(variance, 12);
  });

  test('repairs a network that was evaluated after too few steps, and leaves parameters and modes alone', () => {
    const norm = new BatchNorm(2);
    const model = new Sequential([norm, new Dropout(0.5, createRandom(1))]).train();
    const far = randn([50, 2], createRandom(2));
    for (let i = 0; i < far.size; i++) far.data[i] = 10 + 3 * far.data[i];
    model.forward(far);
    const parameters = model.parameters().map((each) => each.toArray());
    recalibrate(model, [far]);
    expect(model.parameters().map((each) => each.toArray())).toEqual(parameters);
    expect([...model.namedModules().values()].every((module: Module) => module.training)).toBe(true);
    const y = model.eval().forward(far).toArray();
    expect(y.reduce((a, b) => a + b) / y.length).toBeCloseTo(0, 2);
  });

  test('needs batches', () => {
    expect(() => recalibrate(new BatchNorm(2), [])).toThrow(/no batches/);
  });
});

describe('fold', () => {
  const random = createRandom(3);

  test.each([true, false])('equals the convolution and the norm behind it (bias: %s)', (bias) => {
    const conv = new Conv2d(4, 6, [3, 2], { random, bias, groups: 2, stride: 2, padding: 1 }).to('float64');
    const norm = new BatchNorm(6, { eps: 1e-3 }).to('float64');
    const x = randn([3, 5, 7, 4], random, float64);
    for (const parameter of norm.parameters()) {
      for (let i = 0; i < parameter.size; i++) parameter.data[i] += random.normal();
    }
    norm.forward(conv.forward(x));
    norm.eval();
    const expected = norm.forward(conv.forward(x)).toArray();
    const folded = fold(conv, norm).forward(x).toArray();
    expect(folded).toEqual(expected.map((value) => expect.closeTo(value, 12)));
  });

  test('says when the two do not belong together', () => {
    const conv = new Conv2d(1, 3, 1, { random });
    expect(() => fold(conv, new BatchNorm(4))).toThrow(/puts out 3 channels, the norm takes 4/);
    expect(() => fold(conv, new BatchNorm(3, { trackRunningStats: false }))).toThrow(/no running statistics/);
  });
});

test('preset names the norms that a framework has', () => {
  expect(() => preset('keras', 'switchable')).toThrow(/keras has no norm "switchable".*batch, layer/);
});
