import { describe, expect, test } from 'vitest';
import type { LabelOptions, Reduction, Tensor } from '../../src/autograd/index.ts';
import * as ops from '../../src/autograd/index.ts';
import { channelsLast } from '../../src/nn/border.ts';
import { expectSample, isTensor, leaf } from './outcome.ts';
import { byName, type SampleValue, samplesOf } from './samples.ts';

/** PyTorch's own sample inputs of its losses: all of them run here. Classes are second there and last here. */
type Options = Record<string, SampleValue>;

const reductionOf = ({ reduction }: Options) => (reduction ?? 'mean') as Reduction;
const constant = (value: SampleValue | undefined) => leaf(value)?.detach();
const classesLast = (x: Tensor) => (x.rank === 1 ? x : channelsLast(x));

function classOptions({ weight, ignore_index, ...rest }: Options): LabelOptions & { reduction: Reduction } {
  return {
    reduction: reductionOf(rest),
    ...(weight !== undefined && { weight: constant(weight) }),
    ...(ignore_index !== undefined && { ignoreIndex: ignore_index as number }),
  };
}

type Loss = (x: Tensor, target: Tensor, options: Options) => Tensor;

const losses: Record<string, { samples: number; run: Loss }> = {
  cross_entropy: {
    samples: 21,
    run: (x, target, options) => {
      const probabilities = target.rank === x.rank;
      const targets = probabilities ? classesLast(target) : target;
      return ops.crossEntropy(classesLast(x), targets, classOptions(options));
    },
  },
  nll_loss: {
    samples: 60,
    run: (x, target, options) => ops.nllLoss(classesLast(x), target, classOptions(options)),
  },
  binary_cross_entropy: {
    samples: 11,
    run: (x, target, options) =>
      ops.binaryCrossEntropy(x, target, {
        reduction: reductionOf(options),
        weight: constant(options.weight),
      }),
  },
  binary_cross_entropy_with_logits: {
    samples: 26,
    run: (x, target, options) =>
      ops.binaryCrossEntropyWithLogits(x, target, {
        reduction: reductionOf(options),
        weight: constant(options.weight),
        posWeight: constant(options.pos_weight),
      }),
  },
  mse_loss: {
    samples: 6,
    run: (x, target, options) => ops.mseLoss(x, target, { reduction: reductionOf(options) }),
  },
  l1_loss: {
    samples: 6,
    run: (x, target, options) => ops.l1Loss(x, target, { reduction: reductionOf(options) }),
  },
  smooth_l1_loss: {
    samples: 8,
    run: (x, target, options) =>
      ops.smoothL1Loss(x, target, { reduction: reductionOf(options), beta: options.beta as number }),
  },
  huber_loss: {
    samples: 9,
    run: (x, target, options) =>
      ops.huberLoss(x, target, { reduction: reductionOf(options), delta: options.delta as number }),
  },
};

describe.each(Object.entries(losses))('%s', (name, { samples: count, run }) => {
  test(`all ${count} samples`, () => {
    const samples = samplesOf(`nn.functional.${name}`);
    expect(samples).toHaveLength(count);
    for (const sample of samples) {
      expect(sample.args.every(isTensor)).toBe(true);
      const [x, target] = sample.args.map(leaf) as [Tensor, Tensor];
      expectSample(sample, run(x, target, byName(sample, [])), [x, target]);
    }
  });
});

test('a sample that is wrong is seen', () => {
  const [sample] = samplesOf('nn.functional.mse_loss');
  const [x, target] = sample.args.map(leaf) as [Tensor, Tensor];
  expect(() => expectSample(sample, ops.l1Loss(x, target), [x, target])).toThrow(/PyTorch has/);
  expect(() => expectSample(sample, ops.mseLoss(x, target), [])).toThrow(/gradients/);
});
