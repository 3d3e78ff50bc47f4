import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { linear, type Tensor, tensor } from '../../src/autograd/index.ts';
import { fromJson, toJson } from '../../src/json.ts';
import { Linear } from '../../src/nn/layers/linear.ts';
import { withForward } from '../../src/nn/layers/wrapForward.ts';
import { Module } from '../../src/nn/module.ts';
import { type RunStart, runTraining } from '../../src/runs/training.ts';
import type { TrainOptions } from '../../src/train/config.ts';
import { most, type Trace } from '../../src/train/trace/format.ts';
import { readTrace } from '../../src/train/trace/read.ts';
import { spreadOf, summaryOf } from '../../src/train/trace/summary.ts';
import { Tracer } from '../../src/train/trace/tracer.ts';
import { inProcess } from '../cli/inProcess.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small: TrainOptions = {
  ...{ dataset: 'synthetic', limit: 32, testLimit: 10, batchSize: 16, epochs: 1, halve: true },
  ...{ optimizer: 'sgd', lr: 0.05 },
};

async function run(options: TrainOptions, tapeStep?: number) {
  let tracer: Tracer | undefined;
  const watch = (start: RunStart) => {
    tracer = new Tracer({ ...start, done: start.steps, steps: start.allSteps }, { tapeStep });
    return tracer;
  };
  const result = await runTraining({ ...small, ...options }, { watch });
  return { result, trace: readTrace(toJson(tracer!.trace)) };
}

const networks: TrainOptions[] = [
  { model: 'mlp', hidden: [8, 8], norm: 'batch' },
  { model: 'mlp', hidden: [8], norm: 'none', weightNorm: 'weight-norm' },
  { model: 'cnn', norm: 'batch-renorm' },
  { model: 'resnet8', norm: 'group', groups: 4 },
  { model: 'transformer', norm: 'rms', dropout: 0.1 },
];

describe('a run that is traced', () => {
  it.each(networks)('ends with the same bits as one that is not: %j', async (options) => {
    const { digest } = await runTraining({ ...small, ...options });
    const { result, trace } = await run(options, 2);
    expect(result.digest).toBe(digest);

    expect(trace.steps.map(({ step }) => step)).toEqual([1, 2]);
    const { operations, parameters } = trace.tape!;
    const loss = operations.at(-1)!;
    expect(loss).toMatchObject({ module: '', shape: [], gradient: { first: [1] } });
    expect(loss.data.first[0]).toBeCloseTo(trace.steps[1].loss, 5);
    // Each layer puts out what its last operation did, and parameters have the gradients that the step had.
    for (const [i, { path }] of trace.layers.entries()) {
      const [last] = operations.filter(({ module }) => module === path).slice(-1);
      if (last)
        expect(trace.steps[1].activations[i]).toMatchObject({ std: last.data.std, bins: last.data.bins });
    }
    expect(trace.layers.length).toBeGreaterThan(2);
    expect(parameters.map(({ gradient }) => gradient?.norm)).toEqual(trace.steps[1].gradients);
  });

  it('that diverges says at which step, and what its layers put out', async () => {
    const { result, trace } = await run({ hidden: [8], norm: 'none', lr: 1e30, epochs: 3 });
    expect(result.status).toBe('diverged');
    const last = trace.steps.at(-1)!;
    expect(last.step).toBe(result.steps);
    expect(last.loss).toBeNaN();
    expect(last.gradients.every((gradient) => gradient === null)).toBe(true);
    expect(last.activations.at(-1)!.odd).toBeGreaterThan(0);
  });

  it('keeps steps at equal distances, and not more than the page reads', async () => {
    const { trace } = await run({ hidden: [2], norm: 'none', limit: 40, batchSize: 1, epochs: 6 });
    const steps = trace.steps.map(({ step }) => step);
    expect(steps.length).toBeLessThanOrEqual(most.steps + 1);
    expect(steps.slice(0, 3)).toEqual([1, 4, 7]);
    expect(steps.at(-1)).toBe(240);
  });
});

it('train --trace writes what the page reads, and the digest is as without', async () => {
  const flags = ['--dataset', 'synthetic', '--limit', '40', '--test-limit', '10', '--hidden', '4'];
  const more = ['--epochs', '1', '--batch-size', '20', '-q'];
  const file = join(folder, 'new', 'trace.json');
  const train = (name: string, ...extra: string[]) =>
    inProcess(['train', ...flags, ...more, '--out', join(folder, name), ...extra]);
  const plain = await train('plain');
  const traced = await train('traced', '--trace', file, '--trace-step', '2');
  expect(traced.code).toBe(0);
  expect(digestOf(traced.stdout)).toBe(digestOf(plain.stdout));
  const trace = readTrace(readFileSync(file, 'utf8'));
  expect(trace.run).toMatchObject({ dataset: 'synthetic', model: 'mlp', norm: 'batch', batchSize: 20 });
  expect(trace.tape!.step).toBe(2);

  const late = await train('late', '--trace', file, '--trace-step', '3');
  expect([late.code, late.stderr]).toEqual([
    2,
    'error: --trace-step 3: the steps still to come are 1 to 2\n',
  ]);
  expect((await train('none', '--trace-step', '1')).stderr).toContain('--trace-step: of which trace?');
});

const digestOf = (stdout: string) => stdout.match(/digest (\w+)/)![1];

describe('the summary of a tensor', () => {
  it('is of its finite numbers, and counts the others', () => {
    const odd = tensor([0, 1, Number.NaN, 3, Number.POSITIVE_INFINITY], undefined, { dtype: 'float64' });
    expect(spreadOf(odd)).toMatchObject({ size: 5, zeros: 1, odd: 2, min: 0, max: 3 });
    expect(spreadOf(odd).mean).toBeCloseTo(4 / 3, 6);
    expect(spreadOf(odd).bins.reduce((a, b) => a + b)).toBe(3);
    expect(summaryOf(odd).norm).toBeNaN();
    expect(spreadOf(tensor([Number.NaN]))).toMatchObject({ mean: 0, std: 0, min: 0, max: 0, odd: 1 });
  });

  it('puts each number into its twentieth', () => {
    const bins = spreadOf(tensor(Array.from({ length: 40 }, (_, i) => i))).bins;
    expect(bins).toEqual(new Array(most.bins).fill(2));
  });
});

describe('a file that is no trace, or a damaged one,', () => {
  const whole = async () => (await run({ hidden: [2], norm: 'none', limit: 16 })).trace;

  it('is said to be so', async () => {
    const trace = await whole();
    const text = toJson(trace);
    const wrong = (change: (trace: Trace) => void) => {
      const copy = fromJson(text) as Trace;
      change(copy);
      return toJson(copy);
    };
    expect(() => readTrace(text.slice(0, 500))).toThrow('no JSON, or was cut off');
    expect(() => readTrace('['.repeat(1e5))).toThrow('no JSON');
    expect(() => readTrace('null')).toThrow('no trace');
    expect(() => readTrace(text.replace('"version":1', '"version":2'))).toThrow('another version');
    expect(() => readTrace(wrong(({ layers }) => void (layers[0].path = 7 as never)))).toThrow(
      'layers.0.path',
    );
    expect(() =>
      readTrace(wrong(({ tape }) => void (tape!.operations[0].inputs = [{ from: 'operation', index: 5 }]))),
    ).toThrow('operation 0 has an input that does not stand before it');
    expect(() => readTrace(wrong(({ steps }) => void steps[0].gradients.pop()))).toThrow(
      'step 1 has not one entry',
    );
    expect(() => readTrace(wrong(({ tape }) => void (tape!.operations[0].data.bins = [])))).toThrow(
      'must have 20 entries',
    );
  });
});

it('a network whose forward pass is a property has it back after it was watched', () => {
  class Net extends Module {
    readonly dense = new Linear(2, 2);
    override forward = (x: Tensor) => linear(x, this.dense.weight, this.dense.bias);
  }
  const net = new Net();
  const own = net.forward;
  let seen = 0;
  withForward(
    [net],
    (_, forward) => (x) => {
      seen++;
      return forward(x);
    },
    () => net.forward(tensor([[1, 2]])),
  );
  expect([seen, net.forward]).toEqual([1, own]);
});
