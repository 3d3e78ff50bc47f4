import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { crossEntropy, noGrad, sigmoid } from '../../src/autograd/index.ts';
import { Flatten } from '../../src/nn/layers/flatten.ts';
import type { Sequential } from '../../src/nn/layers/sequential.ts';
import { BatchNorm } from '../../src/nn/norm/batch/batchNorm.ts';
import { recalibrate } from '../../src/nn/norm/batch/recalibrate.ts';
import { createRandom } from '../../src/random.ts';
import { runFiles } from '../../src/runs/record.ts';
import { runTraining } from '../../src/runs/training.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { imagesOf, loadData, prepareData } from '../../src/train/data.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { lossOf } from '../../src/train/loss.ts';
import { type MetricsLine, readMetrics } from '../../src/train/metrics.ts';
import { buildModel } from '../../src/train/model.ts';
import { eigenvalues } from '../../src/train/probes/eigenvalues.ts';
import { probes } from '../../src/train/probes/index.ts';
import type { ProbeName, ProbeValues } from '../../src/train/probes/names.ts';
import { firstTestImages, undisturbed } from '../../src/train/probes/probe.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-probes-'));
afterAll(() => rmSync(parent, { recursive: true }));

const small: TrainOptions = {
  dataset: 'synthetic',
  limit: 96,
  testLimit: 60,
  hidden: [16, 12],
  activation: 'sigmoid',
  norm: 'batch',
  batchSize: 16,
  epochs: 2,
  optimizer: 'sgd',
  lr: 0.05,
};

/** What a probe sees of a run before its first step. */
async function contextOf(options: TrainOptions) {
  const config = resolveConfig({ ...small, ...options });
  const data = prepareData(config, await loadData(config));
  const model = buildModel(config, data);
  const [batch] = data.train.epoch(1);
  return { model, data, config, batch, lr: config.lr, loss: lossOf(config) };
}

async function measure(name: ProbeName, options: TrainOptions = {}): Promise<ProbeValues> {
  const context = await contextOf(options);
  return undisturbed(context.model, () => probes[name](context));
}

const probeLines = (lines: readonly MetricsLine[]) => lines.filter((line) => line.t === 'probe');

describe('a watched run', () => {
  const all: ProbeName[] = [
    ...([
      'test',
      'drift',
      'keptGradient',
      'landscape',
      'layerInputs',
      'statistics',
      'varianceShift',
    ] as const),
    'weightGradients',
  ];

  it('ends with the same weights as one that is not, dropout and running statistics included', async () => {
    const plain = await runTraining(small);
    expect((await runTraining({ ...small, probes: all, probeEvery: 2 })).digest).toBe(plain.digest);
    const tutorial: TrainOptions = { ...small, model: 'tutorial', hidden: null, activation: null };
    const noisy: TrainOptions = { ...small, noise: true, dropout: 0.5 };
    const seen = { ...noisy, probes: ['layerInputs', 'varianceShift'] as ProbeName[], probeEvery: 1 };
    expect((await runTraining(seen)).digest).toBe((await runTraining(noisy)).digest);
    const watched = { ...tutorial, probes: ['test', 'landscape'] as ProbeName[], probeEvery: 4 };
    expect((await runTraining(watched)).digest).toBe((await runTraining(tutorial)).digest);
  });

  it('is measured before the first step, every so many steps, and after the last', async () => {
    const path = join(parent, 'every');
    await runTraining({ ...small, probes: ['test'], probeEvery: 5 }, { folder: { path } });
    const lines = readMetrics(runFiles(path).metrics);
    expect(probeLines(lines).map(({ step }) => step)).toEqual([0, 5, 10, 12]);
    const last = lines.filter((line) => line.t === 'epoch').at(-1)!;
    expect(probeLines(lines).at(-1)!.values).toEqual(last.test);
  });

  it('has the same measurements when it was interrupted and resumed', async () => {
    const options: TrainOptions = { ...small, probes: ['landscape', 'test'], probeEvery: 3 };
    const [whole, parts] = ['whole', 'parts'].map((name) => join(parent, name));
    await runTraining(options, { folder: { path: whole } });
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => ++steps === 7 && controller.abort();
    const begun = await runTraining(options, {
      folder: { path: parts },
      signal: controller.signal,
      onStep,
    });
    expect(begun.status).toBe('interrupted');
    await runTraining(options, { folder: { path: parts }, resume: true });
    const [expected, got] = [whole, parts].map((path) => probeLines(readMetrics(runFiles(path).metrics)));
    expect(got).toEqual(expected);
  });
});

describe('drift', () => {
  it('is the percentiles of the last hidden layer, computed here by hand', async () => {
    const context = await contextOf({ norm: 'none' });
    const { model, data } = context;
    const values = await undisturbed(model, () => probes.drift(context));
    const [w1, b1, w2, b2] = [...model.namedParameters().values()].map((tensor) => tensor.data);
    const images = firstTestImages(data, 60);
    const pixels = images.size / 60;
    const unit = Array.from({ length: 60 }, (_, n) => {
      let sum = b2[0];
      for (let j = 0; j < 16; j++) {
        let hidden = b1[j];
        for (let i = 0; i < pixels; i++) hidden += images.data[n * pixels + i] * w1[i * 16 + j];
        sum += w2[j * 12] / (1 + Math.exp(-hidden));
      }
      return sum;
    }).sort((a, b) => a - b);
    expect(values.p15).toBeCloseTo(unit[9], 5);
    expect(values.p50).toBeCloseTo(unit[30], 5);
    expect(values.p85).toBeCloseTo(unit[50], 5);
  });

  it('says which networks it can look into', async () => {
    await expect(measure('drift', { activation: 'relu' })).rejects.toThrow(/computed inside the layer/);
  });
});

describe('weightGradients', () => {
  it('is the size of the gradient of every weight, in the order of the network: here by finite differences', async () => {
    const context = await contextOf({ norm: 'none' });
    const { model, data, batch } = context;
    const values = await undisturbed(model, () => probes.weightGradients(context));
    const named = [...model.namedParameters()].filter(([, { rank }]) => rank === 2);
    expect(Object.keys(values)).toEqual(named.map(([name]) => name));
    // The directional derivative along its own gradient is the gradient's size.
    const lossAt = () =>
      noGrad(() => crossEntropy(model.forward(imagesOf(data, batch)), batch.labels).item());
    for (const [name, weight] of named) {
      crossEntropy(model.forward(imagesOf(data, batch)), batch.labels).backward();
      const gradient = weight.grad!.toArray();
      model.zeroGrad();
      const size = Number(values[name]);
      const start = weight.toArray();
      const [up, down] = [0.01, -0.01].map((step) => {
        weight.set(Float32Array.from(start, (w, i) => w + (step * gradient[i]) / size));
        return lossAt();
      });
      weight.set(Float32Array.from(start));
      expect((up - down) / 0.02 / size).toBeCloseTo(1, 2);
    }
  });

  it('sees the blocks of a transformer, and leaves out what is no matrix', async () => {
    const transformer: TrainOptions = { model: 'transformer', norm: 'layer', hidden: null, activation: null };
    const values = await measure('weightGradients', { ...transformer, depth: 2, width: 8, patch: 14 });
    const names = Object.keys(values);
    expect(names.filter((name) => name.endsWith('dense.layers.2.weight'))).toEqual([
      'layers.3.dense.layers.2.weight',
      'layers.4.dense.layers.2.weight',
    ]);
    expect(names.some((name) => /bias|gamma|beta/.test(name))).toBe(false);
    expect(Object.values(values).every((value) => Number(value) > 0)).toBe(true);
  });
});

describe('instancePower', () => {
  const conv: TrainOptions = { model: 'cnn', hidden: null, activation: null };
  const sum = (values: ProbeValues, i: number) =>
    ['p1', 'p2', 'p3', 'p4'].reduce((total, key) => total + (values[key] as number[])[i], 0);

  it.each(['batch', 'layer', 'group', 'instance', 'proxy-layer'])('%s: adds up to 1', async (norm) => {
    const values = await measure('instancePower', { ...conv, norm });
    (values.p1 as number[]).forEach((_, i) => {
      expect(sum(values, i)).toBeCloseTo(1, 2);
    });
  });

  it('BatchNorm has no power in means that all images share, InstanceNorm all in deviations', async () => {
    const batch = await measure('instancePower', { ...conv, norm: 'batch' });
    for (const p1 of batch.p1 as number[]) expect(p1).toBeLessThan(1e-6);
    const instance = await measure('instancePower', { ...conv, norm: 'instance' });
    for (const p3 of instance.p3 as number[]) expect(p3).toBeGreaterThan(0.97);
    for (const p2 of instance.p2 as number[]) expect(p2).toBeLessThan(1e-6);
  });

  it('leaves gamma and beta out, and as they were', async () => {
    const context = await contextOf({ ...conv, norm: 'group' });
    const before = probes.instancePower(context);
    const gammas = [...context.model.namedParameters()].filter(([name]) => /gamma|beta/.test(name));
    for (const [, { data }] of gammas.slice(-2)) data.fill(3); // those of the last norm change nothing behind it
    expect(await probes.instancePower(context)).toEqual(await before);
    for (const [, { data }] of gammas.slice(-2)) expect([...data].every((value) => value === 3)).toBe(true);
  });

  it('says what it needs', async () => {
    await expect(measure('instancePower', { norm: 'none' })).rejects.toThrow(/has none/);
    await expect(measure('instancePower')).rejects.toThrow(/expected \[N, H, W, C\]/);
  });
});

describe('landscape', () => {
  it('is the slope where the way is short: the loss falls by eta |g|^2, and the gradient hardly changes', async () => {
    const context = { ...(await contextOf({ norm: 'none' })), lr: 1e-3 };
    const values = await undisturbed(context.model, () => probes.landscape(context));
    const gradientNorm = Number(values.gradientChange) / Number(values.relativeChange);
    // From eta = 0.5 lr to 4 lr.
    expect(Number(values.lossRange) / (3.5 * context.lr * gradientNorm ** 2)).toBeCloseTo(1, 1);
    expect(values.relativeChange).toBeLessThan(0.05);
    // The change grows with the way, so the quotient is about the same at every eta: that of the longest.
    expect(Number(values.smoothness) / (Number(values.relativeChange) / (4 * context.lr))).toBeCloseTo(1, 1);
  });
});

describe('keptGradient', () => {
  it('nothing of two values, about (m - 2) / m of more', async () => {
    expect((await measure('keptGradient', { batchSize: 2, eps: 1e-12 })).mean).toBeLessThan(1e-6);
    const { kept } = await measure('keptGradient', { batchSize: 32, limit: 640 });
    for (const share of kept as number[]) expect(Math.abs(share - 30 / 32)).toBeLessThan(0.05);
  });

  it('is about BatchNorm', async () => {
    await expect(measure('keptGradient', { norm: 'layer' })).rejects.toThrow(/Use --norm batch/);
  });
});

describe('statistics', () => {
  it('three evaluations of one network', async () => {
    const context = await contextOf({});
    const values = await undisturbed(context.model, () => probes.statistics(context));
    const twin = await contextOf({});
    expect(values.runningLoss).toBe((await evaluate(twin.model, twin.data, twin.config)).loss);
    recalibrate(
      twin.model,
      [...twin.data.train.epoch(1)].map((batch) => imagesOf(twin.data, batch)),
    );
    expect(values.recalibratedLoss).toBe((await evaluate(twin.model, twin.data, twin.config)).loss);
    expect(values.batchLoss).not.toBe(values.runningLoss);
    // Its own statistics in training mode: the same as one forward pass over the only test batch.
    const [batch] = twin.data.test.epoch(0);
    twin.model.train();
    const logits = noGrad(() => twin.model.forward(imagesOf(twin.data, batch)).clone());
    const right = [...batch.labels].filter((label, i) => {
      const row = [...logits.data.slice(10 * i, 10 * i + 10)];
      return row.indexOf(Math.max(...row)) === label;
    });
    expect(values.batch).toBeCloseTo(right.length / batch.size, 10);
  });

  it('needs a norm that keeps some', async () => {
    await expect(measure('statistics', { norm: 'none' })).rejects.toThrow(/keeps none/);
  });
});

describe('layerInputs', () => {
  it('has mean and deviation of what the last hidden layer is given, in training', async () => {
    const context = await contextOf({ norm: 'none' });
    const { model, data } = context;
    const values = await undisturbed(model, () => probes.layerInputs(context));
    // Of 784-16-12-10 that is the layer from 16 to 12, behind a sigmoid.
    const [, first] = (model as Sequential).layers;
    const x = noGrad(() => first.forward(new Flatten().forward(firstTestImages(data, 256))));
    const y = sigmoid(x).toArray();
    for (let c = 0; c < 8; c++) {
      const own = y.filter((_, i) => i % 16 === c);
      const mean = own.reduce((a, b) => a + b) / own.length;
      const std = Math.sqrt(own.reduce((sum, each) => sum + (each - mean) ** 2, 0) / own.length);
      expect((values.mean as number[])[c]).toBeCloseTo(mean, 5);
      expect((values.std as number[])[c]).toBeCloseTo(std, 5);
    }
    expect(values.mean).toHaveLength(8);
  });

  it('moves with noise, from one look to the next, and without it does not', async () => {
    const looks = async (noise: boolean) => {
      const context = await contextOf({ noise });
      return [await probes.layerInputs(context), await probes.layerInputs(context)];
    };
    const [one, again] = await looks(false);
    expect(again).toEqual(one);
    const [noisy, other] = await looks(true);
    expect(other).not.toEqual(noisy);
  });

  it('says that a network without a hidden layer has none', async () => {
    await expect(measure('layerInputs', { hidden: [] })).rejects.toThrow(
      'mlp has none. Use a deeper network',
    );
  });
});

describe('varianceShift', () => {
  it('is 1 where the remembered variance is that of evaluation, and the factor between them elsewhere', async () => {
    const context = await contextOf({ hidden: [16] });
    const { model, data } = context;
    recalibrate(model, [firstTestImages(data, 60)]);
    const [norm] = [...model.namedModules().values()].filter((module) => module instanceof BatchNorm);
    const before = norm.runningVar!.data.slice();
    // The running variance is unbiased: 60 / 59.
    const same = await undisturbed(model, () => probes.varianceShift(context));
    expect(same.shift).toHaveLength(1);
    expect(same.mean).toBeCloseTo(60 / 59, 3);
    norm.runningVar!.set(before.map((v, i) => (i % 2 === 0 ? 3 * v : v / 3)));
    const shifted = await undisturbed(model, () => probes.varianceShift(context));
    expect(shifted.mean).toBeGreaterThan(2.9);
    expect(shifted.mean).toBeLessThan(3.1);
  });

  it('says that there must be running variances', async () => {
    await expect(measure('varianceShift', { norm: 'layer' })).rejects.toThrow('Use --norm batch');
  });
});

describe('inputCondition', () => {
  it('is that of the second moments of the columns and a 1: of cars, by what their scaling is', async () => {
    const cars: TrainOptions = { dataset: 'cars', limit: 400, hidden: [], activation: null, norm: 'none' };
    const [raw, scaled] = [
      await measure('inputCondition', { ...cars, scaling: 'none' }),
      await measure('inputCondition', { ...cars, scaling: 'standardize' }),
    ];
    // Two standardized columns and a 1: the correlation r gives 1 + r, 1 and 1 - r.
    const [largest, smallest] = [Number(scaled.largest), Number(scaled.smallest)];
    expect(largest + smallest).toBeCloseTo(2, 4);
    expect(scaled.condition).toBeCloseTo(largest / smallest, 10);
    expect(Number(raw.condition)).toBeGreaterThan(1e8);
  });

  it('says that it is for few columns', async () => {
    await expect(measure('inputCondition')).rejects.toThrow(
      'at most 64 inputs, and an example of synthetic has 784',
    );
  });

  it('has the eigenvalues of a matrix that was made of them, small ones beside large ones, too', () => {
    const values = [1e-6, 0.5, 3, 1e8];
    const random = createRandom(8);
    let matrix = values.map((value, i) => Float64Array.from(values, (_, j) => (i === j ? value : 0)));
    for (let n = 0; n < 20; n++) {
      // Small angles between large and small axes, so that the smallest keeps its digits in the matrix
      const [p, q] = random.permutation(4);
      const angle = (p === 3 || q === 3 ? 1e-7 : 1) * random.normal();
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const turned = (row: Float64Array) => {
        const [a, b] = [row[p], row[q]];
        return row.map((value, k) => (k === p ? c * a - s * b : k === q ? s * a + c * b : value));
      };
      const half = matrix.map(turned);
      const across = values.map((_, i) => turned(Float64Array.from(half, (row) => row[i])));
      matrix = across;
    }
    eigenvalues(matrix).forEach((value, i) => {
      expect(Math.abs(value - values[i])).toBeLessThan(1e-7 * Math.max(1, values[i]));
    });
    expect(eigenvalues([Float64Array.of(0, 0), Float64Array.of(0, 0)])).toEqual([0, 0]);
  });
});
