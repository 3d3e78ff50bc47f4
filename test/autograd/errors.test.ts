import { describe, expect, test } from 'vitest';
import {
  add,
  attentionWeights,
  broadcastTo,
  cast,
  concat,
  conv2d,
  crossEntropy,
  div,
  dropout,
  embedding,
  flatten,
  linear,
  matmul,
  max,
  maxPool2d,
  mean,
  mseLoss,
  mul,
  pad,
  permute,
  reshape,
  scaledDotProductAttention,
  slice,
  softmax,
  sum,
  Tensor,
  tensor,
  variance,
  zeros,
} from '../../src/autograd/index.ts';
import { createRandom } from '../../src/random.ts';

describe('mixing float32 and float64', () => {
  const x32 = tensor([1, 2]);
  const x64 = tensor([1, 2], undefined, { dtype: 'float64' });

  test('is refused with the way out', () => {
    expect(() => add(x32, x64)).toThrow(
      /add: all inputs must have one dtype, got float32 and float64.*cast\(/s,
    );
    expect(() => concat([x32, x64], 0)).toThrow(/concat: all inputs must have one dtype/);
    expect(() => matmul(reshape(x32, [1, 2]), reshape(x64, [2, 1]))).toThrow(/matmul: .*dtype/);
  });

  test('goes through cast, with the gradient in the precision of the leaf', () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true });
    const y = mul(cast(x, 'float64'), x64);
    expect(y.dtype).toBe('float64');
    sum(y).backward();
    expect(x.grad?.dtype).toBe('float32');
    expect(x.grad?.toArray()).toEqual([1, 2]);
  });

  test('numbers take the precision of the tensor', () => {
    expect(add(x64, 0.1).dtype).toBe('float64');
    expect(div(1, x32).dtype).toBe('float32');
  });
});

describe('shapes that do not fit are named, with what to do', () => {
  const image = zeros([2, 5, 5, 3]);
  const cases: [string, () => unknown, RegExp][] = [
    ['add', () => add(zeros([2, 3]), zeros([4])), /add: shapes \[2, 3\] and \[4\].*axis 1.*3 and 4/s],
    ['matmul', () => matmul(zeros([2, 3]), zeros([4, 5])), /matmul: \[2, 3\] times \[4, 5\]/],
    ['matmul of a number', () => matmul(tensor(2), zeros([2, 3])), /mul multiplies by those/],
    [
      'attention without values for all keys',
      () => scaledDotProductAttention(zeros([4, 3]), zeros([5, 3]), zeros([4, 3])),
      /one value for every key; got keys \[5, 3\] and values \[4, 3\]/,
    ],
    [
      'attention of other features',
      () => attentionWeights(zeros([4, 3]), zeros([5, 2])),
      /queries \[..., L, D\] and keys \[..., S, D\], got \[4, 3\] and \[5, 2\]/,
    ],
    [
      'attention over other samples',
      () => attentionWeights(zeros([2, 4, 3]), zeros([3, 5, 3])),
      /attentionWeights: leading axes \[2\] and \[3\] do not broadcast/,
    ],
    [
      'attention, a list as mask',
      () => attentionWeights(zeros([4, 3]), zeros([5, 3]), { mask: [0] as never }),
      /attentionWeights: mask: expected a tensor/,
    ],
    ['embedding, not a table', () => embedding([1], zeros([4])), /the table is \[V, C\]/],
    ['matmul batch', () => matmul(zeros([2, 1, 3]), zeros([5, 3, 1])), /leading axes \[2\] and \[5\]/],
    [
      'linear',
      () => linear(image, zeros([75, 2]), null),
      /needs input \[\.\.\., 75\], got \[2, 5, 5, 3\].*flatten/s,
    ],
    ['conv2d channels', () => conv2d(image, zeros([3, 3, 4, 2])), /needs 4 input channels.*\[2, 5, 5, 3\]/s],
    [
      'conv2d rank',
      () => conv2d(zeros([5, 5, 3]), zeros([3, 3, 3, 2])),
      /images \[N, H, W, C\], got \[5, 5, 3\]/,
    ],
    ['conv2d size', () => conv2d(image, zeros([7, 7, 3, 2])), /window of 7x7.*does not fit.*'same'/s],
    [
      'conv2d groups',
      () => conv2d(zeros([1, 5, 5, 4]), zeros([3, 3, 2, 3]), null, { groups: 2 }),
      /2 groups/,
    ],
    ['maxPool2d', () => maxPool2d(image, 6), /maxPool2d: a window of 6x6/],
    ['reshape', () => reshape(image, [7, -1]), /reshape: \[2, 5, 5, 3\] holds 150 values.*\[7, -1\]/s],
    ['permute', () => permute(image, [0, 1, 2]), /must name every axis of \[2, 5, 5, 3\] once/],
    ['sum', () => sum(image, 4), /sum: axis 4 does not exist in a tensor of rank 4; use -4 to 3/],
    [
      'an axis of a number',
      () => softmax(zeros([])),
      /softmax: a tensor of rank 0 is a single number.*no axis -1/,
    ],
    ['flatten of a number', () => flatten(zeros([])), /flatten: expected \[N, ...\], got a tensor of rank 0/],
    ['mean', () => mean(image, [1, -3]), /mean: axes .* name an axis twice/],
    ['variance', () => variance(zeros([1, 3]), 0, { ddof: 1 }), /ddof 1 needs more than 1 value/],
    ['max', () => max(zeros([0, 3]), 0), /max: no values to reduce in \[0, 3\]/],
    ['slice', () => slice(zeros([3]), [2], [2]), /begin \[2\] and size \[2\] do not lie inside \[3\]/],
    ['pad', () => pad(zeros([3]), [1, 1], [0]), /one per axis of \[3\]/],
    [
      'concat',
      () => concat([zeros([2, 3]), zeros([3, 2])], 0),
      /\[2, 3\] and \[3, 2\] differ in more than axis 0/,
    ],
    ['broadcastTo', () => broadcastTo(zeros([2]), [3]), /\[2\] does not broadcast to \[3\]/],
    ['crossEntropy', () => crossEntropy(zeros([2, 3]), [0]), /a list of 2 .* got \[2, 3\] and 1 labels/],
    ['label', () => crossEntropy(zeros([1, 3]), [3]), /label 3 at 0 is not a class.*0 to 2/s],
    ['half a label', () => crossEntropy(zeros([1, 3]), [0.5]), /label 0.5 at 0/],
    ['mseLoss', () => mseLoss(zeros([2]), zeros([3])), /\[2\] and target \[3\] must have one shape/],
    ['dropout', () => dropout(image, 1, createRandom(1)), /rate must be in \[0, 1\), got 1/],
    ['tensor', () => tensor([[1, 2], [3]]), /ragged/],
    ['Tensor', () => new Tensor(new Float32Array(3), [2, 2]), /shape \[2, 2\] holds 4 values, got 3/],
    ['item', () => zeros([2]).item(), /item\(\): needs a tensor of one value, got shape \[2\]/],
  ];
  for (const [name, run, message] of cases) test(name, () => expect(run).toThrow(message));
});
