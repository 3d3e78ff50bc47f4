import type { Tensor } from '../../autograd/index.ts';
import * as ops from '../../autograd/index.ts';
import { channelsFirst, channelsLast, denseLast, kernelLast } from '../../nn/border.ts';
import type { Attributes } from '../attributes.ts';
import { type GoldenOp, optional } from './goldenOp.ts';

const { add, div, maximum, minimum, mul, sub, max, mean, min, sum, logSoftmax, softmax } = ops;
const { abs, erf, exp, log, neg, relu, sigmoid, silu, sqrt, square, tanh } = ops;
const { relu6, selu, mish, hardsigmoid, hardswish, softsign, logsigmoid } = ops;
const { flatten } = ops;

/** Linear, convolution, pooling, arithmetic, activations, reductions, shapes and losses, by their golden names. */
export const coreOps: Readonly<Record<string, GoldenOp>> = {
  linear: (inputs) => {
    const { x, weight } = inputs;
    const leading = x.shape.slice(0, -1).reduce((product, length) => product * length, 1);
    const rows = ops.reshape(x, [leading, x.shape[x.rank - 1]]);
    const y = ops.linear(rows, denseLast(weight), optional(inputs, 'bias'));
    return { y: ops.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]) };
  },
  matmul: ({ x, y }) => ({ y: ops.matmul(x, y) }),
  conv2d: (inputs, a) => ({
    y: channelsFirst(
      ops.conv2d(channelsLast(inputs.x), kernelLast(inputs.weight), optional(inputs, 'bias'), {
        stride: a.pair('stride', 1),
        padding: a.padding('padding'),
        dilation: a.pair('dilation', 1),
        groups: a.number('groups', 1),
      }),
    ),
  }),

  conv1d: (inputs, a) => ({
    y: channelsFirst(
      ops.conv1d(channelsLast(inputs.x), kernelLast(inputs.weight), optional(inputs, 'bias'), {
        stride: a.number('stride', 1),
        padding: a.padding('padding'),
        dilation: a.number('dilation', 1),
        groups: a.number('groups', 1),
      }),
    ),
  }),
  convTranspose2d: (inputs, a) => ({
    y: channelsFirst(
      ops.convTranspose2d(channelsLast(inputs.x), kernelLast(inputs.weight), optional(inputs, 'bias'), {
        stride: a.pair('stride', 1),
        padding: a.pair('padding', 0),
        outputPadding: a.pair('outputPadding', 0),
        dilation: a.pair('dilation', 1),
        groups: a.number('groups', 1),
      }),
    ),
  }),

  maxPool2d: onImages((x, a) => ops.maxPool2d(x, a.pair('kernelSize'), poolWindow(a))),
  avgPool2d: onImages((x, a) =>
    ops.avgPool2d(x, a.pair('kernelSize'), {
      ...poolWindow(a),
      countPadding: a.flag('countIncludePad', true),
      divisor: a.has('divisor') ? a.number('divisor') : null,
    }),
  ),
  adaptiveAvgPool2d: onImages((x, a) => ops.adaptiveAvgPool2d(x, a.pair('outputSize'))),
  adaptiveMaxPool2d: onImages((x, a) => ops.adaptiveMaxPool2d(x, a.pair('outputSize'))),
  globalAvgPool2d: onImages((x) => ops.mean(x, [1, 2], { keepDims: true })),
  globalMaxPool2d: onImages((x) => ops.max(x, [1, 2], { keepDims: true })),

  ...each({ add, sub, mul, div, maximum, minimum }, onPair),
  pow: (inputs, a) => ({ y: ops.pow(inputs.x, inputs.y ?? a.number('exponent')) }),

  ...each({ relu, silu, sigmoid, tanh, erf, exp, log, sqrt }, onOne),
  ...each({ relu6, selu, mish, hardsigmoid, hardswish, softsign, logsigmoid }, onOne),
  ...each({ abs, neg, square, flatten }, onOne),
  transpose: onOne((x) => ops.transpose(x)),
  leakyRelu: onOne((x, a) => ops.leakyRelu(x, a.number('negativeSlope', a.number('slope', 0.01)))),
  elu: onOne((x, a) => ops.elu(x, a.number('alpha', 1))),
  celu: onOne((x, a) => ops.celu(x, a.number('alpha', 1))),
  softplus: onOne((x, a) => ops.softplus(x, a.number('beta', 1))),
  hardtanh: onOne((x, a) => ops.hardtanh(x, a.number('min', -1), a.number('max', 1))),
  glu: onOne((x, a) => ops.glu(x, a.number('axis', -1))),
  prelu: ({ x, weight }) => ({ y: channelsFirst(ops.prelu(channelsLast(x), weight)) }),
  gelu: onOne((x, a) => ops.gelu(x, { approximate: a.text('approximate', 'none') as 'none' | 'tanh' })),
  clamp: onOne((x, a) =>
    ops.clamp(x, a.number('min', a.number('low', -Infinity)), a.number('max', a.number('high', Infinity))),
  ),
  ...each({ softmax, logSoftmax }, (op) => onOne((x, a) => op(x, a.number('axis', -1)))),

  ...each({ sum, mean, max, min }, (op) => onOne((x, a) => op(x, axes(a), keepDims(a)))),
  variance: onOne((x, a) => ops.variance(x, axes(a), { ...keepDims(a), ddof: ddof(a) })),

  reshape: onOne((x, a) => ops.reshape(x, a.list('shape'))),
  permute: onOne((x, a) => ops.permute(x, a.list('axes'))),
  broadcastTo: onOne((x, a) => ops.broadcastTo(x, a.list('shape'))),
  slice: onOne((x, a) => ops.slice(x, a.list('begin'), a.list('size'))),
  pad: onOne((x, a) => ops.pad(x, a.list('before'), a.list('after'), a.number('value', 0))),
  where: ({ condition, x, y }) => ({ y: ops.where(condition, x, y) }),
  maskedFill: ({ x, mask }, a) => ({ y: ops.maskedFill(x, mask, a.number('value')) }),
  stack: (inputs, a) => ({ y: ops.stack(Object.values(inputs), a.number('axis', 0)) }),
  concat: (inputs, a) => ({ y: ops.concat(Object.values(inputs), a.number('axis', 0)) }),

  crossEntropy: ({ logits, labels }, a) => ({
    y: ops.crossEntropy(logits, labels.data, { labelSmoothing: a.number('labelSmoothing', 0) }),
  }),
  mseLoss: ({ x, target }) => ({ y: ops.mseLoss(x, target) }),
};

/** Operations that have the same name here. */
function each<Op>(operations: Record<string, Op>, golden: (op: Op) => GoldenOp): Record<string, GoldenOp> {
  return Object.fromEntries(Object.entries(operations).map(([name, op]) => [name, golden(op)]));
}

function onOne(fn: (x: Tensor, a: Attributes) => Tensor): GoldenOp {
  return ({ x }, a) => ({ y: fn(x, a) });
}

function onPair(fn: (x: Tensor, y: Tensor) => Tensor): GoldenOp {
  return ({ x, y }) => ({ y: fn(x, y) });
}

/** x [N, C, H, W], y in the same layout. */
function onImages(fn: (x: Tensor, a: Attributes) => Tensor): GoldenOp {
  return ({ x }, a) => ({ y: channelsFirst(fn(channelsLast(x), a)) });
}

function poolWindow(a: Attributes) {
  return {
    stride: a.pair('stride', a.pair('kernelSize')),
    padding: a.padding('padding'),
    dilation: a.pair('dilation', 1),
    ceilMode: a.flag('ceilMode', false),
  };
}

function axes(a: Attributes): readonly number[] | undefined {
  if (a.has('axes')) return a.list('axes');
  return a.has('axis') ? a.list('axis') : undefined;
}

function keepDims(a: Attributes) {
  return { keepDims: a.flag('keepDims', false) };
}

function ddof(a: Attributes): 0 | 1 {
  return a.flag('unbiased', a.number('ddof', 0) === 1) ? 1 : 0;
}
