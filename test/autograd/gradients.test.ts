import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../src/autograd/gradcheck.ts';
import type { Tensor } from '../../src/autograd/index.ts';
import * as ops from '../../src/autograd/index.ts';
import { standardize } from '../../src/nn/norm/core/fused.ts';
import { createRandom } from '../../src/random.ts';
import { checkGradients as check } from './checkGradients.ts';
import { awayFromZero, distinct, normal, positive } from './inputs.ts';

describe('functions of one number', () => {
  const smooth: Record<string, (x: Tensor) => Tensor> = {
    exp: ops.exp,
    square: ops.square,
    neg: ops.neg,
    affine: (x) => ops.affine(x, -1.7, 0.4),
    gelu: ops.gelu,
    silu: ops.silu,
    softplus: ops.softplus,
    sigmoid: ops.sigmoid,
    tanh: ops.tanh,
    erf: ops.erf,
    'powScalar 3': (x) => ops.powScalar(x, 3),
    'pow by a number': (x) => ops.pow(x, 2),
  };
  for (const [name, fn] of Object.entries(smooth)) check(name, { x: normal([3, 7]) }, ({ x }) => fn(x));

  const kinkAtZero: Record<string, (x: Tensor) => Tensor> = {
    relu: ops.relu,
    leakyRelu: (x) => ops.leakyRelu(x, 0.3),
    elu: (x) => ops.elu(x, 1.7),
    abs: ops.abs,
    '1 / x': (x) => ops.div(1, x),
  };
  for (const [name, fn] of Object.entries(kinkAtZero)) {
    check(name, { x: awayFromZero([3, 7]) }, ({ x }) => fn(x));
  }

  check('log', { x: positive([5, 3]) }, ({ x }) => ops.log(x));
  check('sqrt', { x: positive([5, 3]) }, ({ x }) => ops.sqrt(x));
  check('powScalar -1.5', { x: positive([5, 3]) }, ({ x }) => ops.powScalar(x, -1.5));
  check('clamp', { x: distinct([5, 7]) }, ({ x }) => ops.clamp(x, -0.8, 0.9));
});

describe('arithmetic', () => {
  const shapes = [
    [
      [2, 3, 5],
      [2, 3, 5],
    ],
    [
      [2, 3, 5],
      [3, 1],
    ],
    [[5], [2, 3, 5]],
    [
      [2, 1, 5],
      [1, 3, 1],
    ],
    [[], [3, 2]],
    [[1], [1, 1]],
  ];
  const pairs: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    add: ops.add,
    sub: ops.sub,
    mul: ops.mul,
    div: ops.div,
    pow: ops.pow,
  };
  for (const [a, b] of shapes) {
    for (const [name, fn] of Object.entries(pairs)) {
      check(`${name} [${a}] [${b}]`, { a: positive(a, 1), b: positive(b, 2) }, (x) => fn(x.a, x.b));
    }
  }
  check('maximum', { a: distinct([3, 5], 1), b: positive([5], 2) }, ({ a, b }) =>
    ops.maximum(a, ops.add(b, 0.007)),
  );
  check('minimum', { a: distinct([3, 5], 1), b: positive([5], 2) }, ({ a, b }) =>
    ops.minimum(a, ops.add(b, 0.007)),
  );
  check('with numbers', { a: positive([4]) }, ({ a }) =>
    ops.mul(ops.sub(3, ops.div(ops.add(ops.sub(a, 2), 1), 4)), 2),
  );
  check('number / tensor', { a: positive([4]) }, ({ a }) => ops.div(3, a));
  check('one leaf on both sides', { a: positive([4]) }, ({ a }) => ops.mul(a, ops.add(a, a)));
});

describe('reductions', () => {
  const axes = [undefined, 0, -1, [0, 2], [1, 3], [0, 1, 2, 3]] as const;
  for (const over of axes) {
    for (const keepDims of [false, true]) {
      const at = `over [${over ?? 'all'}]${keepDims ? ', keepDims' : ''}`;
      const x = () => ({ x: distinct([2, 3, 1, 5]) });
      check(`sum ${at}`, x(), ({ x }) => ops.sum(x, over, { keepDims }));
      check(`mean ${at}`, x(), ({ x }) => ops.mean(x, over, { keepDims }));
      check(`max ${at}`, x(), ({ x }) => ops.max(x, over, { keepDims }));
      check(`min ${at}`, x(), ({ x }) => ops.min(x, over, { keepDims }));
      check(`variance ${at}`, x(), ({ x }) => ops.variance(x, over, { keepDims }));
    }
  }
  check('variance with m - 1', { x: normal([3, 4]) }, ({ x }) => ops.variance(x, 1, { ddof: 1 }));
});

describe('shapes', () => {
  check('reshape', { x: normal([2, 3, 5]) }, ({ x }) => ops.square(ops.reshape(x, [5, -1])));
  check('flatten', { x: normal([2, 3, 5]) }, ({ x }) => ops.square(ops.flatten(x)));
  check('permute', { x: normal([2, 3, 5, 4]) }, ({ x }) => ops.permute(x, [2, 0, -1, 1]));
  check('transpose', { x: normal([2, 3, 5]) }, ({ x }) => ops.transpose(x));
  check('broadcastTo', { x: normal([3, 1]) }, ({ x }) => ops.broadcastTo(x, [2, 3, 5]));
  check('slice', { x: normal([4, 5, 3]) }, ({ x }) => ops.slice(x, [1, 0, 2], [2, -1, 1]));
  check('pad', { x: normal([2, 3]) }, ({ x }) => ops.square(ops.pad(x, [0, 2], [1, 1], 0.7)));
  check('concat', { a: normal([2, 3], 1), b: normal([2, 1], 2), c: normal([2, 4], 3) }, ({ a, b, c }) =>
    ops.concat([a, b, c, a], -1),
  );
  check('cast to the same dtype', { x: normal([3]) }, ({ x }) => ops.square(ops.cast(x, 'float64')));
});

describe('matrices', () => {
  const shapes = [
    [
      [4, 3],
      [3, 6],
    ],
    [
      [1, 7],
      [7, 1],
    ],
    [
      [2, 4, 3],
      [2, 3, 5],
    ],
    [
      [2, 4, 3],
      [3, 5],
    ],
    [
      [2, 1, 4, 3],
      [5, 3, 2],
    ],
    [
      [4, 3],
      [2, 3, 5],
    ],
    [
      [4, 3],
      [1, 1, 3, 5],
    ],
    [[3], [3]],
    [[3], [2, 3, 4]],
    [[2, 4, 3], [3]],
  ];
  for (const [a, b] of shapes) {
    check(`matmul [${a}] [${b}]`, { a: normal(a, 1), b: normal(b, 2) }, (x) => ops.matmul(x.a, x.b));
  }
  check('linear', { x: normal([3, 5], 1), w: normal([5, 7], 2), bias: normal([7], 3) }, (i) =>
    ops.linear(i.x, i.w, i.bias),
  );
  check(
    'linear over the last axis of many, then relu',
    { x: normal([2, 3, 5], 1), w: normal([5, 4], 2), bias: normal([4], 3) },
    (i) => ops.linear(i.x, i.w, i.bias, { relu: true }),
  );
  check('linear of one vector', { x: normal([5], 1), w: normal([5, 4], 2), bias: normal([4], 3) }, (i) =>
    ops.linear(i.x, i.w, i.bias),
  );
  check('linear without bias, then relu', { x: normal([3, 5], 1), w: normal([5, 7], 2) }, ({ x, w }) =>
    ops.linear(x, w, null, { relu: true }),
  );
});

describe('attention and embedding', () => {
  const shapes = {
    'one head': { q: [4, 3], k: [5, 3], v: [5, 2] },
    batched: { q: [2, 2, 4, 3], k: [2, 2, 5, 3], v: [2, 2, 5, 2] },
    'keys shared by all samples': { q: [2, 4, 3], k: [5, 3], v: [5, 2] },
    'queries shared by all samples': { q: [1, 4, 3], k: [2, 5, 3], v: [2, 5, 2] },
  };
  for (const [name, { q, k, v }] of Object.entries(shapes)) {
    const inputs = { q: normal(q, 1), k: normal(k, 2), v: normal(v, 3) };
    check(`attention, ${name}`, inputs, (x) => ops.scaledDotProductAttention(x.q, x.k, x.v));
    check(`causal attention, ${name}`, inputs, (x) =>
      ops.scaledDotProductAttention(x.q, x.k, x.v, { causal: true }),
    );
  }
  const allowed = ops.tensor(
    [
      [1, 1, 0],
      [0, 1, 0],
    ],
    undefined,
    { dtype: 'float64' },
  );
  check(
    'attention, additive mask',
    { q: normal([2, 2, 3], 1), k: normal([2, 3, 3], 2), mask: normal([2, 3], 3) },
    (x) => ops.attentionWeights(x.q, x.k, { mask: x.mask }),
  );
  check('attention, keys not allowed', { q: normal([2, 3], 1), k: normal([3, 3], 2) }, (x) =>
    ops.attentionWeights(x.q, x.k, { allowed }),
  );
  check('embedding', { table: normal([4, 3]) }, ({ table }) =>
    ops.embedding(
      [
        [0, 2],
        [2, 3],
        [2, 0],
      ],
      table,
    ),
  );
});

describe('softmax and losses', () => {
  for (const axis of [0, 1, -1]) {
    check(`softmax along ${axis}`, { x: normal([2, 5, 3]) }, ({ x }) => ops.softmax(x, axis));
    check(`logSoftmax along ${axis}`, { x: normal([2, 5, 3]) }, ({ x }) => ops.logSoftmax(x, axis));
  }
  for (const labelSmoothing of [0, 0.1]) {
    check(`crossEntropy, smoothing ${labelSmoothing}`, { logits: normal([5, 3]) }, ({ logits }) =>
      ops.crossEntropy(logits, [2, 0, 1, 1, 2], { labelSmoothing }),
    );
  }
  for (const reduction of ['mean', 'sum', 'none'] as const) {
    const pair = () => ({ a: normal([3, 5], 1), b: normal([3, 5], 2) });
    const labels = { weight: [0.5, 2, 1], ignoreIndex: 1, labelSmoothing: 0.1, reduction };
    check(`mseLoss, ${reduction}`, pair(), ({ a, b }) => ops.mseLoss(a, b, { reduction }));
    check(`l1Loss, ${reduction}`, pair(), ({ a, b }) => ops.l1Loss(a, b, { reduction }));
    check(`huberLoss, ${reduction}`, pair(), ({ a, b }) => ops.huberLoss(a, b, { reduction, delta: 0.7 }));
    check(`smoothL1Loss, ${reduction}`, pair(), ({ a, b }) =>
      ops.smoothL1Loss(a, b, { reduction, beta: 0.7 }),
    );
    check(`crossEntropy of positions, ${reduction}`, { logits: normal([2, 2, 3]) }, ({ logits }) =>
      ops.crossEntropy(logits, [2, 0, 1, 2], labels),
    );
    check(`crossEntropy of probabilities, ${reduction}`, pair(), ({ a, b }) =>
      ops.crossEntropy(a, b, { labelSmoothing: 0.2, weight: [1, 2, 3, 4, 5], reduction }),
    );
    check(`nllLoss, ${reduction}`, { a: normal([4, 3]) }, ({ a }) =>
      ops.nllLoss(a, [2, 0, 1, 2], { weight: [0.5, 2, 1], ignoreIndex: 1, reduction }),
    );
    check(`binaryCrossEntropy, ${reduction}`, pair(), ({ a, b }) =>
      ops.binaryCrossEntropy(ops.sigmoid(a), ops.sigmoid(b), { weight: 1.5, reduction }),
    );
    check(`binaryCrossEntropyWithLogits, ${reduction}`, { ...pair(), w: positive([5]) }, ({ a, b, w }) =>
      ops.binaryCrossEntropyWithLogits(a, b, { posWeight: w, weight: w, reduction }),
    );
  }
  check('dropout with the same mask', { x: normal([4, 5]) }, ({ x }) => ops.dropout(x, 0.3, createRandom(7)));
});

describe('conv2d', () => {
  const cases: Record<string, { x: number[]; w: number[]; options?: ops.Conv2dOptions }> = {
    '3x3': { x: [2, 6, 5, 3], w: [3, 3, 3, 5] },
    '1x1': { x: [3, 4, 5, 5], w: [1, 1, 5, 3] },
    'N = 1, kernel as large as the image': { x: [1, 4, 3, 2], w: [4, 3, 2, 3] },
    'odd strides and paddings': {
      x: [1, 9, 8, 2],
      w: [3, 2, 2, 3],
      options: { stride: [1, 2], padding: [2, 1] },
    },
    dilation: { x: [1, 9, 8, 2], w: [3, 2, 2, 3], options: { dilation: [2, 3], padding: 1 } },
    groups: { x: [2, 7, 5, 6], w: [3, 3, 3, 4], options: { groups: 2, stride: 2, padding: 1 } },
    depthwise: { x: [2, 5, 4, 5], w: [3, 3, 1, 5], options: { groups: 5, padding: 'same' } },
    "stride 2, 'same': the odd cell is at the bottom right": {
      x: [2, 6, 7, 3],
      w: [3, 3, 3, 2],
      options: { stride: 2, padding: 'same' },
    },
    'even kernel, valid': { x: [2, 5, 7, 3], w: [2, 4, 3, 2], options: { padding: 'valid' } },
    '5x5 over less than a window of pixels': { x: [2, 2, 3, 1], w: [5, 5, 1, 2], options: { padding: 2 } },
  };
  for (const [name, { x, w, options }] of Object.entries(cases)) {
    check(name, { x: normal(x, 1), w: normal(w, 2), bias: normal([w[3]], 3) }, (i) =>
      ops.conv2d(i.x, i.w, i.bias, options),
    );
  }
  check('without bias, then relu', { x: normal([1, 5, 4, 3], 1), w: normal([3, 3, 3, 5], 2) }, ({ x, w }) =>
    ops.conv2d(x, w, null, { relu: true }),
  );
});

describe('pooling', () => {
  const windows: Record<string, [ops.Pair, ops.PoolOptions]> = {
    '2': [2, {}],
    '3, stride 2, padding 1': [3, { stride: 2, padding: 1 }],
    '[3, 2], stride [1, 2]': [[3, 2], { stride: [1, 2] }],
    "3, 'same', stride 2": [3, { stride: 2, padding: 'same' }],
    '2, dilation 2': [2, { stride: 1, dilation: 2 }],
  };
  for (const [name, [size, options]] of Object.entries(windows)) {
    check(`max ${name}`, { x: distinct([2, 7, 6, 3]) }, ({ x }) => ops.maxPool2d(x, size, options));
    check(`average ${name}`, { x: normal([2, 7, 6, 3]) }, ({ x }) => ops.avgPool2d(x, size, options));
    check(`average ${name}, padding not counted`, { x: normal([2, 7, 6, 3]) }, ({ x }) =>
      ops.avgPool2d(x, size, { ...options, countPadding: false }),
    );
  }
  check('global average', { x: normal([2, 3, 5, 3]) }, ({ x }) => ops.globalAvgPool2d(x));
  check('global maximum', { x: distinct([2, 3, 5, 3]) }, ({ x }) => ops.globalMaxPool2d(x));
});

describe('standardize', () => {
  const view = { n: 2, p: 3, g: 2, k: 2 };
  const inputs = () => ({
    x: normal([2, 3, 4], 1),
    gamma: normal([4], 2),
    beta: normal([4], 3),
    residual: normal([2, 3, 4], 4),
  });
  for (const center of [true, false]) {
    for (const epsInside of [true, false]) {
      for (const ddof of [0, 1] as const) {
        check(
          `center ${center}, epsInside ${epsInside}, ddof ${ddof}`,
          inputs(),
          ({ x, ...rest }) => standardize(x, view, { ...rest, eps: 0.01, center, epsInside, ddof }).y,
        );
      }
    }
  }
  check(
    'then relu',
    inputs(),
    ({ x, ...rest }) => standardize(x, view, { ...rest, eps: 1e-3, relu: true }).y,
  );
});

test('a small network', () => {
  const inputs = {
    x: normal([3, 6, 5, 2], 1),
    w1: normal([3, 3, 2, 3], 2),
    gamma: normal([3], 3),
    beta: normal([3], 4),
    w2: normal([18, 4], 5),
  };
  const results = gradcheck(({ x, w1, gamma, beta, w2 }) => {
    const h = ops.conv2d(x, w1, null, { padding: 1 });
    const view = { n: 1, p: 90, g: 3, k: 1 };
    const normed = ops.gelu(standardize(h, view, { gamma, beta, eps: 1e-5 }).y);
    return ops.crossEntropy(ops.matmul(ops.flatten(ops.avgPool2d(normed, 2)), w2), [1, 3, 0]);
  }, inputs);
  for (const result of results) expect(result.maxRel, JSON.stringify(result)).toBeLessThan(1e-7);
});
