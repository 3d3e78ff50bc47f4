import { expect, test } from 'vitest';
import type { Tensor } from '../../src/autograd/index.ts';
import * as ops from '../../src/autograd/index.ts';
import { channelsFirst, channelsLast, kernelLast } from '../../src/nn/border.ts';
import { type Argument, runSamples } from './run.ts';

/**
 * PyTorch's own sample inputs of windows, activations and shapes (samples.py --decimals 3), at the border between its layouts and
 * ours. Two things of PyTorch are said in another way here: a single image without a batch is a batch of one, and the indices that
 * a maximum pool returns on request are not there; its values are compared.
 */

/** x [N, C, ...] or [C, ...] of `rank` axes with the batch, through an operation on channels last. */
function channels(x: Tensor, rank: number, call: (x: Tensor) => Tensor): Tensor {
  if (x.rank === rank) return channelsFirst(call(channelsLast(x)));
  return ops.squeeze(channels(ops.unsqueeze(x, 0), rank, call), 0);
}

/** Python's (2,) for a number. */
const single = (value: Argument) => (Array.isArray(value) && value.length === 1 ? value[0] : value);
/** Absent and None are the default. */
const given = (options: Record<string, Argument>) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null));

const windows = ['kernel_size', 'stride', 'padding'];

function poolOptions(a: Record<string, Argument>) {
  const stride = Array.isArray(a.stride) && a.stride.length === 0 ? undefined : single(a.stride);
  return given({
    ...{ stride, padding: single(a.padding), dilation: single(a.dilation), ceilMode: a.ceil_mode },
    ...{ countPadding: a.count_include_pad, divisor: a.divisor_override },
  });
}

function convolution(a: Record<string, Argument>) {
  return given({
    ...{ stride: single(a.stride), padding: single(a.padding), dilation: single(a.dilation) },
    ...{ groups: a.groups, outputPadding: single(a.output_padding) },
  });
}

const convolutionNames = ['weight', 'bias', 'stride', 'padding', 'dilation', 'groups'];
const averageNames = [...windows, 'ceil_mode', 'count_include_pad', 'divisor_override'];

type Row = [
  count: number,
  names: readonly string[],
  call: (x: Argument, a: Record<string, Argument>) => Tensor,
];

/** How many samples there are, the names of the arguments, and the call. */
const rows: Record<string, Row> = {
  'nn.functional.max_pool1d': [
    48,
    windows,
    (x, a) => channels(x, 3, (each) => ops.maxPool1d(each, single(a.kernel_size), poolOptions(a))),
  ],
  'nn.functional.max_pool2d': [
    48,
    windows,
    (x, a) => channels(x, 4, (each) => ops.maxPool2d(each, single(a.kernel_size), poolOptions(a))),
  ],
  'nn.functional.avg_pool1d': [
    9,
    averageNames,
    (x, a) => channels(x, 3, (each) => ops.avgPool1d(each, single(a.kernel_size), poolOptions(a))),
  ],
  'nn.functional.avg_pool2d': [
    7,
    averageNames,
    (x, a) => channels(x, 4, (each) => ops.avgPool2d(each, single(a.kernel_size), poolOptions(a))),
  ],
  'nn.functional.adaptive_avg_pool1d': [
    6,
    ['size'],
    (x, { size }) => channels(x, 3, (each) => ops.adaptiveAvgPool1d(each, single(size))),
  ],
  'nn.functional.adaptive_avg_pool2d': [
    10,
    ['size'],
    (x, { size }) => channels(x, 4, (each) => ops.adaptiveAvgPool2d(each, size)),
  ],
  'nn.functional.adaptive_max_pool1d': [
    8,
    ['size', 'return_indices'],
    (x, { size }) => channels(x, 3, (each) => ops.adaptiveMaxPool1d(each, single(size))),
  ],
  'nn.functional.adaptive_max_pool2d': [
    24,
    ['size', 'return_indices'],
    (x, { size }) => channels(x, 4, (each) => ops.adaptiveMaxPool2d(each, size)),
  ],
  'nn.functional.conv1d': [
    10,
    convolutionNames,
    (x, a) => channels(x, 3, (each) => ops.conv1d(each, kernelLast(a.weight), a.bias, convolution(a))),
  ],
  'nn.functional.conv2d': [
    30,
    convolutionNames,
    (x, a) => channels(x, 4, (each) => ops.conv2d(each, kernelLast(a.weight), a.bias, convolution(a))),
  ],
  'nn.functional.conv_transpose1d': [
    10,
    convolutionNames,
    (x, a) =>
      channels(x, 3, (each) => ops.convTranspose1d(each, kernelLast(a.weight), a.bias, convolution(a))),
  ],
  'nn.functional.conv_transpose2d': [
    12,
    convolutionNames,
    (x, a) =>
      channels(x, 4, (each) => ops.convTranspose2d(each, kernelLast(a.weight), a.bias, convolution(a))),
  ],

  'nn.functional.gelu': [8, [], (x, { approximate }) => ops.gelu(x, { approximate })],
  'nn.functional.hardswish': [4, [], (x) => ops.hardswish(x)],
  'nn.functional.selu': [3, [], (x) => ops.selu(x)],
  'nn.functional.elu': [3, [], (x) => ops.elu(x)],
  'nn.functional.celu': [3, [], (x) => ops.celu(x)],
  'nn.functional.mish': [3, [], (x) => ops.mish(x)],
  'nn.functional.hardsigmoid': [3, [], (x) => ops.hardsigmoid(x)],
  'nn.functional.relu6': [3, [], (x) => ops.relu6(x)],
  'nn.functional.leaky_relu': [9, [], (x) => ops.leakyRelu(x)],
  'nn.functional.silu': [3, [], (x) => ops.silu(x)],
  'nn.functional.relu': [4, [], (x) => ops.relu(x)],
  'nn.functional.softsign': [3, [], (x) => ops.softsign(x)],
  'nn.functional.logsigmoid': [3, [], (x) => ops.logsigmoid(x)],
  'nn.functional.glu': [8, ['dim'], (x, { dim }) => ops.glu(x, dim)],
  // One of the samples has its limits the wrong way round, which clamp refuses; they mean min(max(x, low), high)
  'nn.functional.hardtanh': [
    6,
    [],
    (x, { min_val: low = -1, max_val: high = 1 }) =>
      low > high ? ops.minimum(ops.maximum(x, low), high) : ops.hardtanh(x, low, high),
  ],
  // A threshold of 0.2 cuts the curve: PyTorch's default of 20 only avoids an overflow that does not happen here
  'nn.functional.softplus': [
    3,
    [],
    (x, { beta, threshold }) => ops.where(ops.greater(ops.mul(x, beta), threshold), x, ops.softplus(x, beta)),
  ],
  // The channels of [N, C, ...] are axis 1 there, the last one here
  'nn.functional.prelu': [
    23,
    ['weight'],
    (x, { weight }) =>
      weight.size === 1 ? ops.prelu(x, weight) : channelsFirst(ops.prelu(channelsLast(x), weight)),
  ],

  matmul: [14, ['other'], (x, { other }) => ops.matmul(x, other)],
  bmm: [1, ['other'], (x, { other }) => ops.matmul(x, other)],
  where: [5, ['condition', 'other'], (x, { condition, other }) => ops.where(condition, x, other)],
  stack: [9, ['dim'], (xs, { dim }) => ops.stack(xs, dim)],
  cat: [7, ['dim'], (xs, { dim }) => ops.concat(xs, dim)],
  masked_fill: [8, ['mask', 'value'], (x, { mask, value }) => ops.maskedFill(x, mask, value)],
  // Limits that are tensors
  clamp: [
    5,
    ['low', 'high'],
    (x, { low, high }) => {
      const raised = low ? ops.maximum(x, low) : x;
      return high ? ops.minimum(raised, high) : raised;
    },
  ],
  // Pairs of cells from the last axis on; fewer than none are cut away, which is slice here
  'nn.functional.pad-constant': [
    49,
    ['pad', 'mode', 'value'],
    (x: Tensor, { pad: cells, value }) => {
      const pairs = x.shape.map((_, i) => [
        cells[2 * (x.rank - 1 - i)] ?? 0,
        cells[2 * (x.rank - 1 - i) + 1] ?? 0,
      ]);
      const cut = pairs.map((pair) => pair.map((each) => Math.max(0, -each)));
      const size = x.shape.map((length, i) => length - cut[i][0] - cut[i][1]);
      const [before, after] = [0, 1].map((side) => pairs.map((pair) => Math.max(0, pair[side])));
      const begin = cut.map(([each]) => each);
      return ops.pad(ops.slice(x, begin, size), before, after, value ?? 0);
    },
  ],
};

test.each(Object.entries(rows))('%s', (op, [count, names, call]) => {
  expect(runSamples(op, names, call)).toBe(count);
});
