import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../../src/autograd/gradcheck.ts';
import { Tensor, tensor } from '../../../src/autograd/index.ts';
import type { Shape } from '../../../src/kernels/contract.ts';
import { channelsFirst, channelsLast } from '../../../src/nn/border.ts';
import { recalibrate } from '../../../src/nn/norm/batch/recalibrate.ts';
import { withForm } from '../../../src/nn/norm/core/fused.ts';
import { createNorm } from '../../../src/nn/norm/createNorm.ts';
import { InstanceNorm } from '../../../src/nn/norm/sample/instanceNorm.ts';
import { verifyFile } from '../../../src/verify/index.ts';
import { largest, normal } from './layers.ts';

/** InstanceNorm with running statistics, beside PyTorch's (instanceNorm.py). */
interface Numbers {
  shape: number[];
  data: number[];
}
interface Golden {
  layer: string;
  momentum: number;
  gamma: Numbers;
  beta: Numbers;
  batches: Numbers[];
  lastOutput: Numbers;
  runningMean: Numbers;
  runningVar: Numbers;
  evaluation: Record<'y' | 'dy' | 'dx' | 'dgamma' | 'dbeta', Numbers>;
}
const { cases }: { cases: Golden[] } = JSON.parse(
  readFileSync(new URL('instanceNorm.json', import.meta.url), 'utf8'),
);

const plain = (x: Tensor): Numbers => ({ shape: [...x.shape], data: x.toArray() });
const read = ({ data, shape }: Numbers) => new Tensor(Float64Array.from(data), shape);
const tracked = (features: number, more = {}) =>
  new InstanceNorm(features, { trackRunningStats: true, ...more }).to('float64');

function expectClose(got: { toArray(): number[] }, { data }: Numbers): void {
  const difference = got.toArray().map((value, i) => value - data[i]);
  expect(largest(Float64Array.from(difference))).toBeLessThan(1e-10);
}

describe.each(['written', 'fused'] as const)('as in PyTorch, %s', (form) => {
  test.each(cases)('$layer, momentum $momentum', (golden) => {
    withForm(form, () => {
      const norm = tracked(golden.gamma.shape[0], { momentum: golden.momentum });
      norm.gamma!.set(golden.gamma.data);
      norm.beta!.set(golden.beta.data);
      const outputs = golden.batches.map((batch) =>
        channelsFirst(norm.forward(channelsLast(read(batch)))).clone(),
      );
      expectClose(outputs.at(-1)!, golden.lastOutput);
      expectClose(norm.runningMean!, golden.runningMean);
      expectClose(norm.runningVar!, golden.runningVar);

      norm.eval();
      const x = read(golden.batches.at(-1)!);
      x.requiresGrad = true;
      const { y: expected, dy, dx, dgamma, dbeta } = golden.evaluation;
      const y = channelsFirst(norm.forward(channelsLast(x)));
      expectClose(y, expected);
      y.backward({ gradient: read(dy) });
      expectClose(x.grad!, dx);
      expectClose(norm.gamma!.grad!, dgamma);
      expectClose(norm.beta!.grad!, dbeta);
      expectClose(norm.runningMean!, golden.runningMean); // evaluation moves nothing
    });
  });
});

test('golden files may hold it: a training step with its running statistics, and evaluation', () => {
  const family = cases.map((golden) => {
    const { gamma, beta, momentum, runningMean, runningVar, evaluation } = golden;
    const norm = tracked(gamma.shape[0], { momentum });
    for (const batch of golden.batches.slice(0, -1)) norm.forward(channelsLast(read(batch)));
    const before = { runningMean: plain(norm.runningMean!), runningVar: plain(norm.runningVar!) };
    const after = { runningMean, runningVar };
    const x = golden.batches.at(-1)!;
    const { y, dy, dx, dgamma, dbeta } = evaluation;
    const common = { name: golden.layer, op: 'instanceNorm' };
    return [
      {
        ...{ ...common, attrs: { momentum }, inputs: { x, gamma, beta, ...before }, upstream: null },
        ...{ outputs: { y: golden.lastOutput, ...after }, grads: {} },
      },
      {
        ...{ ...common, attrs: { training: false }, inputs: { x, gamma, beta, ...after }, upstream: dy },
        ...{ outputs: { y }, grads: { x: dx, gamma: dgamma, beta: dbeta } },
      },
    ];
  });
  const report = verifyFile({ family: 'norms', cases: family.flat() });
  expect(report.cases.flatMap(({ runs }) => runs.filter(({ passed }) => !passed))).toEqual([]);
  expect(report.passed).toBe(6);
});

const shape: Shape = [3, 4, 2];
const batchOf = (seed: number) => new Tensor(normal(shape, seed), shape);

test('without them it has no state, and evaluation is training, whatever the momentum', () => {
  const norm = new InstanceNorm(2, { momentum: null }).to('float64');
  expect([norm.runningMean, norm.runningVar, norm.namedBuffers().size]).toEqual([null, null, 0]);
  const x = batchOf(1);
  expect(norm.eval().forward(x).toArray()).toEqual(norm.train().forward(x).toArray());
  expect(createNorm('instance', 2, { trackRunningStats: true })!.namedBuffers().size).toBe(2);
});

test('decay, the plain average and the biased variance are as in BatchNorm', () => {
  // One instance [1, 2, 4, 7]: mean 3.5, variance 5.25 biased and 7 unbiased
  const x = tensor([1, 2, 4, 7], [1, 4, 1], { dtype: 'float64' });
  const after = (options: object) => {
    const norm = tracked(1, options);
    norm.forward(x);
    return [norm.runningMean!.data[0], norm.runningVar!.data[0]];
  };
  const close = (...values: number[]) => values.map((value) => expect.closeTo(value, 7));
  expect(after({})).toEqual(close(0.35, 1.6));
  expect(after({ decay: 0.99, runningVar: 'biased' })).toEqual(close(0.035, 1.0425));
  expect(after({ momentum: null })).toEqual(close(3.5, 7));
  expect(after({ momentum: null, ddof: 1 })).toEqual(close(3.5, 7)); // already unbiased
});

test('recalibrate gives the averages over all instances, each counted once', () => {
  const batches = [3, 1, 2].map((n, i) => new Tensor(normal([n, 4, 2], i), [n, 4, 2]));
  const norm = tracked(2);
  norm.forward(batches[0]);
  recalibrate(norm, batches);
  const instances = batches.flatMap((batch) =>
    Array.from({ length: batch.shape[0] }, (_, n) => [...batch.data.subarray(8 * n, 8 * n + 8)]),
  );
  for (const c of [0, 1]) {
    const moments = instances.map((values) => {
      const own = values.filter((_, i) => i % 2 === c);
      const mean = own.reduce((a, b) => a + b) / 4;
      return { mean, variance: own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3 };
    });
    const average = (of: 'mean' | 'variance') => moments.reduce((sum, each) => sum + each[of], 0) / 6;
    expect(norm.runningMean!.data[c]).toBeCloseTo(average('mean'), 12);
    expect(norm.runningVar!.data[c]).toBeCloseTo(average('variance'), 12);
  }
});

test('frozen, or in evaluation, the running ones are constants to the gradient', () => {
  const norm = tracked(2);
  norm.forward(batchOf(1));
  const x = batchOf(2);
  x.requiresGrad = true;
  const results = gradcheck(() => norm.eval().forward(x), { x, gamma: norm.gamma!, beta: norm.beta! });
  expect(results.filter(({ passed }) => !passed)).toEqual([]);
  const evaluated = norm.forward(x).toArray();
  expect(norm.train().freeze().forward(x).toArray()).toEqual(evaluated);
});

test('one position has no variance to keep', () => {
  expect(() => tracked(2).forward(new Tensor(new Float64Array(6), [3, 2]))).toThrow(
    /InstanceNorm\(features=2\): running statistics need more than one position per sample, got input \[3, 2\]/,
  );
  expect(() => tracked(2).forward(new Tensor(new Float64Array(0), [0, 4, 2]))).toThrow(/this batch has none/);
});
