import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ops from '../../src/autograd/index.ts';
import { cast, type Reduction, Tensor, tensor, zeros } from '../../src/autograd/index.ts';
import { channelsLast } from '../../src/nn/border.ts';
import { normal } from './inputs.ts';

/** Losses with all of their options. PyTorch's own samples of them are in test/samples. */
interface Numbers {
  shape: number[];
  data: number[];
}
interface Golden {
  smoothing: number;
  reduction: Reduction;
  kind: string;
  weight: number[] | null;
  logits: Numbers;
  target: Numbers;
  y: Numbers;
  dy: Numbers;
  dlogits: Numbers;
  dtarget: Numbers | null;
}
const { cases }: { cases: Golden[] } = JSON.parse(
  readFileSync(new URL('crossEntropy.json', import.meta.url), 'utf8'),
);

const read = ({ data, shape }: Numbers) => new Tensor(Float64Array.from(data), shape);
const close = (values: readonly number[], digits = 10) =>
  values.map((value) => expect.closeTo(value, digits));

describe('cross-entropy as in PyTorch, both dtypes', () => {
  for (const golden of cases) {
    const { smoothing, reduction, kind, weight, target } = golden;
    const of = `${kind}, smoothing ${smoothing}${weight ? ', weights' : ''}, ${reduction}`;
    test(`${of}, labels [${target.shape}]`, () => {
      for (const dtype of ['float64', 'float32'] as const) {
        const digits = dtype === 'float64' ? 10 : 5;
        const logits = cast(read(golden.logits), dtype);
        const targets = kind === 'probabilities' ? cast(channelsLast(read(target)), dtype) : read(target);
        logits.requiresGrad = true;
        targets.requiresGrad = kind === 'probabilities';
        const options = { labelSmoothing: smoothing, reduction, ...(weight && { weight }) };
        const y = ops.crossEntropy(channelsLast(logits), targets, options);
        expect(y.shape).toEqual(golden.y.shape);
        expect(y.toArray()).toEqual(close(golden.y.data, digits));
        y.backward({ gradient: cast(read(golden.dy), dtype) });
        expect(logits.grad!.toArray()).toEqual(close(golden.dlogits.data, digits));
        if (golden.dtarget) {
          const expected = channelsLast(read(golden.dtarget)).toArray();
          expect(targets.grad!.toArray()).toEqual(close(expected, digits));
        }
      }
    });
  }
});

describe('properties', () => {
  const labels = fc.array(fc.nat(3), { minLength: 1, maxLength: 6 });
  const losses = fc.record({ labels, smoothing: fc.constantFrom(0, 0.2), seed: fc.nat(99) });
  const check = (of: (each: { labels: number[]; smoothing: number; logits: Tensor }) => void) =>
    fc.assert(
      fc.property(losses, ({ labels, smoothing, seed }) =>
        of({ labels, smoothing, logits: normal([labels.length, 4], seed) }),
      ),
      { numRuns: 30, seed: 11 },
    );

  test('weights of 1, labels as one-hot rows, and the mean of none are the plain loss', () => {
    check(({ labels, smoothing, logits }) => {
      const options = { labelSmoothing: smoothing };
      const plain = ops.crossEntropy(logits, labels, options).item();
      const oneHot = tensor(labels.map((label) => [0, 1, 2, 3].map((c) => Number(c === label))));
      const ways = [
        ops.crossEntropy(logits, labels, { ...options, weight: [1, 1, 1, 1] }),
        ops.crossEntropy(logits, cast(oneHot, 'float64'), options),
        ops.mean(ops.crossEntropy(logits, labels, { ...options, reduction: 'none' })),
        ops.div(ops.crossEntropy(logits, labels, { ...options, reduction: 'sum' }), labels.length),
      ];
      expect(ways.map((way) => way.item())).toEqual(
        close(
          ways.map(() => plain),
          12,
        ),
      );
    });
  });

  test('an ignored position is as if it were not there, whatever its logits', () => {
    check(({ labels, smoothing, logits }) => {
      const options = { labelSmoothing: smoothing, ignoreIndex: -1, weight: [1, 2, 3, 4] };
      const wild = tensor([[Number.NaN, -Infinity, Infinity, 0]], { dtype: 'float64', requiresGrad: true });
      const more = ops.concat([logits, wild]);
      const loss = ops.crossEntropy(more, [...labels, -1], options);
      expect(loss.item()).toBeCloseTo(ops.crossEntropy(logits, labels, options).item(), 12);
    });
    const logits = tensor(
      [
        [1, 2],
        [0, 1],
      ],
      { dtype: 'float64', requiresGrad: true },
    ); // prettier-ignore
    ops.crossEntropy(logits, [0, -100], { labelSmoothing: 0.1 }).backward();
    expect(logits.grad!.toArray().slice(2)).toEqual([0, 0]);
  });

  test('of positions it is the loss of the same rows, to the bit', () => {
    check(({ labels, smoothing, logits }) => {
      const options = { labelSmoothing: smoothing };
      const rows = ops.crossEntropy(logits, labels, options).item();
      const positions = ops.reshape(logits, [1, labels.length, 1, 4]);
      expect(ops.crossEntropy(positions, labels, options).item()).toBe(rows);
      expect(ops.crossEntropy(positions, tensor(labels, [1, labels.length, 1]), options).item()).toBe(rows);
    });
  });

  test('nllLoss of logSoftmax is crossEntropy', () => {
    check(({ labels, logits }) => {
      const options = { weight: [0.5, 2, 1, 3], ignoreIndex: 3, reduction: 'sum' } as const;
      const expected = ops.crossEntropy(logits, labels, options).item();
      expect(ops.nllLoss(ops.logSoftmax(logits), labels, options).item()).toBe(expected);
    });
  });

  test('a class of probability 0 does not count, though its logarithm is infinite', () => {
    const logits = tensor([[-Infinity, 0, 0]], { dtype: 'float64', requiresGrad: true });
    const target = tensor([[0, 0.5, 0.5]], { dtype: 'float64' });
    const loss = ops.crossEntropy(logits, target);
    expect(loss.item()).toBeCloseTo(Math.LN2, 12);
    loss.backward();
    expect(logits.grad!.toArray()).toEqual(close([0, 0, 0], 12));
    expect(ops.crossEntropy(logits, [1], { reduction: 'sum' }).item()).toBeCloseTo(Math.LN2, 12);
    expect(ops.crossEntropy(logits, [0], { reduction: 'sum' }).item()).toBe(Infinity);
  });
});

describe('binary cross-entropy', () => {
  test('of logits is that of their sigmoids, and exact where those are 0 or 1', () => {
    const logits = normal([3, 4]);
    const target = ops.sigmoid(normal([3, 4], 2)).detach();
    const probabilities = ops.binaryCrossEntropy(ops.sigmoid(logits), target);
    expect(ops.binaryCrossEntropyWithLogits(logits, target).item()).toBeCloseTo(probabilities.item(), 12);
    const far = tensor([-800, 800, -50, 50], { dtype: 'float64', requiresGrad: true });
    const loss = ops.binaryCrossEntropyWithLogits(far, tensor([1, 0, 0, 1], { dtype: 'float64' }), {
      reduction: 'none',
    });
    expect(loss.toArray()).toEqual(
      [800, 800, Math.exp(-50), Math.exp(-50)].map((x) => expect.closeTo(x, 12)),
    );
    expect(loss.data[2] / Math.exp(-50)).toBeCloseTo(1, 12);
    ops.sum(loss).backward();
    expect(far.grad!.toArray()).toEqual(close([-1, 1, 0, 0]));
  });

  test('at probabilities of 0 and 1 the logarithm ends at -100, and gradients stay finite', () => {
    const p = tensor([0, 1, 0, 1], { dtype: 'float64', requiresGrad: true });
    const t = tensor([0, 1, 1, 0], { dtype: 'float64', requiresGrad: true });
    const loss = ops.binaryCrossEntropy(p, t, { reduction: 'none' });
    expect(loss.toArray().map(Math.abs)).toEqual([0, 0, 100, 100]);
    ops.sum(loss).backward();
    expect(p.grad!.toArray().map(Math.abs)).toEqual([0, 0, 1e12, 1e12]);
    expect(t.grad!.toArray()).toEqual([100, -100, 100, -100]);
  });
});

describe('what does not fit is named, with what to do', () => {
  const logits = zeros([2, 3]);
  const none = ops.crossEntropy;
  const mistakes: [string, () => unknown, RegExp][] = [
    [
      'labels [N, 1]',
      () => none(logits, zeros([2, 1])),
      /a tensor \[2\]; got \[2, 3\] and a Tensor \[2, 1\]/,
    ],
    [
      'one number for all',
      () => none(logits, 1 as never),
      /a list of 2 or a tensor \[2\]; got \[2, 3\] and 1/,
    ],
    ['too many labels', () => none(zeros([2, 5, 3]), [0, 1]), /a list of 10 .*got \[2, 5, 3\] and 2 labels/],
    [
      'label',
      () => none(logits, [0, 3]),
      /label 3 at 1 is not a class.*0 to 2, and -100 for what is ignored/,
    ],
    ['all ignored', () => none(logits, [-100, -100]), /no mean over no samples.*'sum' gives 0/],
    ['nothing weighs', () => none(logits, [0, 0], { weight: [0, 1, 1] }), /ignored or weigh nothing/],
    [
      'weights',
      () => none(logits, [0, 0], { weight: [1, 2] }),
      /weight has one finite number for each of the 3/,
    ],
    [
      'reduction',
      () => none(logits, [0, 0], { reduction: 'men' as never }),
      /reduction "men" \(did you mean "mean"/,
    ],
    [
      'no reduction',
      () => none(logits, [0, 0], { reduction: null as never }),
      /one of mean, sum, none, got null/,
    ],
    ['ignored rows', () => none(logits, zeros([2, 3]), { ignoreIndex: 0 }), /ignoreIndex is about labels/],
    ['dtypes', () => none(logits, zeros([2, 3], { dtype: 'float64' })), /must have one dtype/],
    ['probability', () => ops.binaryCrossEntropy(tensor([0.5, 2]), zeros([2])), /got 2 at 1.*WithLogits/],
    ['NaN', () => ops.binaryCrossEntropy(tensor([Number.NaN]), zeros([1])), /got NaN at 0/],
    ['shapes', () => ops.l1Loss(zeros([2]), zeros([2, 1])), /l1Loss: prediction \[2\] and target \[2, 1\]/],
    [
      'weight',
      () => ops.binaryCrossEntropy(zeros([3]), zeros([3]), { weight: zeros([2, 3]) }),
      /weight broadcasts to/,
    ],
    ['delta', () => ops.huberLoss(logits, logits, { delta: 0 }), /delta must be a finite number/],
    [
      'beta',
      () => ops.smoothL1Loss(logits, logits, { beta: -1 }),
      /beta must be a finite number of at least 0/,
    ],
    [
      'an option',
      () => ops.mseLoss(logits, logits, { reductions: 'sum' } as never),
      /did you mean "reduction"/,
    ],
  ];
  test.each(mistakes)('%s', (_, run, message) => expect(run).toThrow(message));

  test('all ignored, the sum is 0, and so is its gradient', () => {
    const x = normal([2, 3]);
    const loss = ops.crossEntropy(x, [-100, -100], { reduction: 'sum' });
    loss.backward();
    expect([loss.item(), ...x.grad!.toArray()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });
});
