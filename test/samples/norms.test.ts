import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/autograd/index.ts';
import { channelsFirst, channelsLast } from '../../src/nn/border.ts';
import { batchNorm } from '../../src/nn/norm/batch/batchNorm.ts';
import { lastAxesSets } from '../../src/nn/norm/core/sets.ts';
import { localResponseNorm } from '../../src/nn/norm/response/localResponseNorm.ts';
import { groupNorm } from '../../src/nn/norm/sample/groupNorm.ts';
import { InstanceNorm, instanceNorm } from '../../src/nn/norm/sample/instanceNorm.ts';
import { layerNorm } from '../../src/nn/norm/sample/layerNorm.ts';
import { expectSample, leaf } from './outcome.ts';
import { byName, type Sample, type SampleValue, samplesOf } from './samples.ts';

/** PyTorch's own sample inputs of its norms. What is left out says why: no sample falls away in silence. */
interface Case {
  x: Tensor;
  /** Python's arguments by name. */
  options: Record<string, SampleValue>;
  /** The tensor arguments that are on the graph, by name. */
  tensor: (name: string) => Tensor | undefined;
}

interface Norm {
  samples: number;
  /** The names of the arguments behind the input. */
  names: string[];
  run: (of: Case) => Tensor;
  /** Why a sample is not expressed, by its number; each throws here. */
  leftOut: Record<number, { why: string; says: RegExp }>;
}

const eps = ({ options }: Case) => (options.eps ?? 1e-5) as number;
const onChannels = (of: Case, norm: (x: Tensor) => Tensor) => channelsFirst(norm(channelsLast(of.x)));
const affine = ({ tensor }: Case) => ({ gamma: tensor('weight') ?? null, beta: tensor('bias') ?? null });
const negativeEps = {
  why: 'eps below 0 is an error here',
  says: /eps must be a finite number of at least 0/,
};

const norms: Record<string, Norm> = {
  batch_norm: {
    samples: 12,
    names: ['running_mean', 'running_var', 'weight', 'bias'],
    run(of) {
      const [mean, variance] = [of.tensor('running_mean'), of.tensor('running_var')];
      const given = !of.options.training && mean && variance ? { mean, variance } : null;
      return onChannels(of, (x) => batchNorm(x, { ...affine(of), eps: eps(of), given }).y);
    },
    leftOut: {},
  },
  instance_norm: {
    samples: 9,
    names: [],
    run: (of) => onChannels(of, (x) => instanceNorm(x, { ...affine(of), eps: eps(of) })),
    leftOut: {},
  },
  layer_norm: {
    samples: 6,
    names: ['normalized_shape', 'weight', 'bias'],
    run: (of) => {
      const view = lastAxesSets(of.x.shape, (of.options.normalized_shape as number[]).length);
      return layerNorm(of.x, { ...affine(of), eps: eps(of), view });
    },
    leftOut: { 1: negativeEps },
  },
  group_norm: {
    samples: 5,
    names: ['num_groups'],
    run: (of) =>
      onChannels(of, (x) =>
        groupNorm(x, { ...affine(of), eps: eps(of), groups: of.options.num_groups as number }),
      ),
    leftOut: { 1: negativeEps },
  },
  local_response_norm: {
    samples: 11,
    names: ['size'],
    run: (of) => {
      const { size, alpha = 1e-4, beta = 0.75, k = 1 } = of.options as Record<string, number>;
      return onChannels(of, (x) => localResponseNorm(x, { size, alpha, beta, k, divideAlpha: true }));
    },
    leftOut: {},
  },
};

function read(sample: Sample, names: readonly string[]) {
  const options = byName(sample, names);
  const tensors = new Map(Object.entries(options).map(([name, value]) => [name, leaf(value)]));
  const x = leaf(sample.args[0])!;
  const leaves = [x, ...names.map((name) => tensors.get(name))];
  return { of: { x, options, tensor: (name: string) => tensors.get(name) }, leaves, tensors };
}

describe.each(Object.entries(norms))('%s', (name, { samples: count, names, run, leftOut }) => {
  const samples = samplesOf(`nn.functional.${name}`);
  const without = Object.keys(leftOut).length;

  test(`${count - without} of ${count} samples`, () => {
    expect(samples).toHaveLength(count);
    for (const sample of samples.filter(({ number }) => !(number in leftOut))) {
      const { of, leaves, tensors } = read(sample, names);
      const y = run(of);
      expectSample(sample, y, leaves);
      for (const [key, gradient] of Object.entries(sample.keywordGradients)) {
        if (gradient !== null) expectSameNumbers(tensors.get(key)!.grad!, gradient);
      }
    }
  });

  if (without === 0) return;
  test(`left out: ${without}`, () => {
    for (const [number, { why, says }] of Object.entries(leftOut)) {
      const sample = samples.find((each) => each.number === Number(number))!;
      expect(() => run(read(sample, names).of), why).toThrow(says);
    }
  });
});

function expectSameNumbers(got: { toArray(): number[] }, expected: SampleValue): void {
  const { data } = expected as { data: number[] };
  expect(got.toArray()).toEqual(data.map((value) => expect.closeTo(value, 9)));
}

test('InstanceNorm with running statistics trains as instance_norm does, whatever its momentum', () => {
  for (const sample of samplesOf('nn.functional.instance_norm')) {
    const { of, leaves } = read(sample, []);
    const { gamma, beta } = affine(of);
    const norm = new InstanceNorm(of.x.shape[1], { eps: eps(of), trackRunningStats: true, affine: true });
    norm.to('float64');
    norm.gamma!.set(gamma?.data ?? norm.gamma!.data.fill(1));
    norm.beta!.set(beta?.data ?? norm.beta!.data.fill(0));
    expectSample(
      sample,
      onChannels(of, (x) => norm.forward(x)),
      leaves,
    );
  }
});
