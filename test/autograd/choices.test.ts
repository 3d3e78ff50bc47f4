import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as ops from '../../src/autograd/index.ts';
import { Tensor, tensor } from '../../src/autograd/index.ts';
import { Operations } from '../../src/autograd/methods.ts';
import { checkGradients } from './checkGradients.ts';
import { awayFromZero, distinct, normal, positive } from './inputs.ts';

// biome-ignore lint/suspicious/noExplicitAny: by name
const all: Record<string, any> = { ...ops, to: ops.cast };

/** Activations, choices, stacks, ranges, and operations as methods. */

describe('gradients', () => {
  const smooth: Record<string, (x: Tensor) => Tensor> = {
    'gelu by tanh': (x) => ops.gelu(x, { approximate: 'tanh' }),
    mish: ops.mish,
    'softplus, beta 3': (x) => ops.softplus(x, 3),
    softsign: ops.softsign,
    logsigmoid: ops.logsigmoid,
    unsqueeze: (x) => ops.square(ops.unsqueeze(x, 1)),
    squeeze: (x) => ops.square(ops.squeeze(ops.unsqueeze(x, -1))),
  };
  for (const [name, fn] of Object.entries(smooth))
    checkGradients(name, { x: normal([3, 6]) }, ({ x }) => fn(x));
  const bent: Record<string, (x: Tensor) => Tensor> = {
    selu: ops.selu,
    'celu, alpha 0.7': (x) => ops.celu(x, 0.7),
    hardsigmoid: (x) => ops.hardsigmoid(ops.mul(x, 2)),
    hardswish: (x) => ops.hardswish(ops.mul(x, 2)),
    relu6: (x) => ops.relu6(ops.mul(x, 5)),
    hardtanh: ops.hardtanh,
  };
  for (const [name, fn] of Object.entries(bent)) {
    checkGradients(name, { x: awayFromZero([3, 6]) }, ({ x }) => fn(x));
  }
  checkGradients('glu', { x: normal([2, 4, 3]) }, ({ x }) => ops.glu(x, 1));
  checkGradients('prelu, one slope', { x: awayFromZero([3, 4]), slope: positive([1]) }, ({ x, slope }) =>
    ops.prelu(x, slope),
  );
  checkGradients('prelu, a slope for each channel', { x: awayFromZero([3, 2, 4]), slope: normal([4]) }, (i) =>
    ops.prelu(i.x, i.slope),
  );
  const condition = tensor([1, 0, 0, 1, 0], { dtype: 'float64' });
  checkGradients('where', { a: normal([3, 5], 1), b: normal([1, 5], 2) }, ({ a, b }) =>
    ops.where(condition, a, b),
  );
  checkGradients('maskedFill', { x: normal([3, 5], 1) }, ({ x }) =>
    ops.square(ops.maskedFill(x, condition, 2)),
  );
  checkGradients('stack', { a: normal([2, 3], 1), b: normal([2, 3], 2) }, ({ a, b }) =>
    ops.stack([a, b, a], 1),
  );
  checkGradients('split', { x: normal([2, 5], 1) }, ({ x }) => {
    const [one, two] = ops.split(x, [2, 3], 1);
    return ops.concat([ops.square(two), one], 1);
  });
  for (const [a, b] of [
    [[4], [4]],
    [[4], [2, 4, 3]],
    [[2, 3, 4], [4]],
  ]) {
    checkGradients(`matmul [${a}] [${b}]`, { a: normal(a, 1), b: normal(b, 2) }, (x) => ops.matmul(x.a, x.b));
  }
});

const special = fc.constantFrom(0, -0, 1, -1, 2.5, Number.NaN, Infinity, -Infinity);

test('comparisons are those of JavaScript, and where chooses without a look at the other one', () => {
  const lists = fc.array(fc.tuple(special, special), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(lists, fc.constantFrom('float32', 'float64'), (pairs, dtype) => {
      const [a, b] = [0, 1].map((side) =>
        tensor(
          pairs.map((pair) => pair[side]),
          { dtype },
        ),
      );
      const holds: Record<string, (x: number, y: number) => boolean> = {
        greater: (x, y) => x > y,
        less: (x, y) => x < y,
        greaterEqual: (x, y) => x >= y,
        lessEqual: (x, y) => x <= y,
        equal: (x, y) => x === y,
        notEqual: (x, y) => x !== y,
      };
      for (const [name, rule] of Object.entries(holds)) {
        const compare = all[name];
        const expected = pairs.map(([x, y]) => Number(rule(x, y)));
        expect(compare(a, b).toArray(), name).toEqual(expected);
        expect(compare(a, pairs[0][1]).toArray(), name).toEqual(
          pairs.map(([x]) => Number(rule(x, pairs[0][1]))),
        );
      }
      // Its 0 has no sign
      const chosen = pairs.map(([x, y]) => (x !== 0 ? y : 7) + 0);
      expect(ops.where(a, b, 7).toArray()).toEqual(chosen);
    }),
  );
});

test('a comparison is off the graph, and where sends no NaN back from what it did not choose', () => {
  const x = tensor([4, -1], { requiresGrad: true });
  const isPositive = ops.greater(x, 0);
  expect([isPositive.requiresGrad, isPositive.node]).toEqual([false, null]);
  ops.sum(ops.where(isPositive, ops.sqrt(x), 0)).backward();
  // sqrt before the choice meets its own NaN, as in PyTorch: it wants numbers that it has a root of
  expect(x.grad?.toArray()).toEqual([0.25, Number.NaN]);
  const y = tensor([4, Number.NaN], { requiresGrad: true });
  ops.sum(ops.where(ops.greater(y, 0), y, 0)).backward();
  expect(y.grad?.toArray()).toEqual([1, 0]);
});

test('a condition may be of the other precision', () => {
  const half = tensor([1, 0], { dtype: 'float32' });
  const [a, b] = [tensor([1, 2], { dtype: 'float64' }), tensor([3, 4], { dtype: 'float64' })];
  expect(ops.where(half, a, b).toArray()).toEqual([1, 4]);
  expect(() => ops.where(half, a, tensor([1, 2]))).toThrow('where: all inputs must have one dtype');
  expect(() => ops.where([true] as never, a, b)).toThrow('where: expected a condition, which is a tensor');
  expect(() => ops.where(tensor([1, 0, 1]), a, b)).toThrow('where: shapes [2] and [3] do not broadcast');
});

test('stack and split, squeeze and unsqueeze undo each other', () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(
      shape,
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      (lengths, wanted, count) => {
        const axis = Math.max(-lengths.length, Math.min(lengths.length, wanted));
        const xs = Array.from({ length: count }, (_, i) => ops.full(lengths, i));
        const stacked = ops.stack(xs, axis);
        const parts = ops.split(stacked, 1, axis).map((part) => ops.squeeze(part, axis));
        expect(parts.map((part) => [part.shape, part.toArray()])).toEqual(
          xs.map((x) => [x.shape, x.toArray()]),
        );
      },
    ),
  );
  expect(ops.split(ops.zeros(7, 2), 3).map(({ shape }) => shape)).toEqual([
    [3, 2],
    [3, 2],
    [1, 2],
  ]);
  expect(() => ops.split(ops.zeros(7), [3, 3])).toThrow(
    'split: the sizes must be whole numbers whose sum is 7',
  );
  expect(() => ops.squeeze(ops.zeros(2, 1), 0)).toThrow('squeeze: axis 0 of [2, 1] has length 2, not 1');
  expect(() => ops.stack([ops.zeros(2), ops.zeros(3)])).toThrow('stack: all tensors must have one shape');
});

test('arange, linspace and eye', () => {
  expect(ops.arange(4).toArray()).toEqual([0, 1, 2, 3]);
  expect(ops.arange(1, 2.2, 0.5).toArray()).toEqual([1, 1.5, 2]);
  expect(ops.arange(3, 0, -1, { dtype: 'float64' }).toArray()).toEqual([3, 2, 1]);
  expect(ops.arange(2, { dtype: 'float64' }).dtype).toBe('float64');
  expect(ops.arange(0).shape).toEqual([0]);
  expect(() => ops.arange(0, 3, -1)).toThrow('arange: a step of -1 does not lead from 0 to 3');
  const line = ops.linspace(0, 0.3, 4, { dtype: 'float64' }).toArray();
  expect([line[0], line[3]]).toEqual([0, 0.3]);
  expect(line[1]).toBeCloseTo(0.1, 15);
  expect(ops.linspace(5, 9, 1).toArray()).toEqual([5]);
  expect(ops.eye(2).toArray()).toEqual([1, 0, 0, 1]);
});

test('every method is the function of its name', () => {
  const x = () =>
    tensor(
      [
        [0.5, 1.5, 1],
        [2, 0.25, 3],
      ],
      { requiresGrad: true },
    );
  const second: Record<string, readonly unknown[]> = {
    ...{
      clamp: [0.4, 2],
      softmax: [0],
      logSoftmax: [],
      sum: [1],
      mean: [0, { keepDims: true }],
      variance: [1, { ddof: 1 }],
    },
    ...{
      max: [],
      min: [0],
      argmax: [0],
      reshape: [[3, -1]],
      transpose: [0, 1],
      permute: [[1, 0]],
      flatten: [],
    },
    ...{ broadcastTo: [[2, 2, 3]], squeeze: [], unsqueeze: [1], split: [2, 1], to: ['float64'] },
    ...{ matmul: [tensor([[1], [2], [3]])], maskedFill: [tensor([1, 0, 1]), 9] },
  };
  const alone = ['neg', 'abs', 'exp', 'log', 'sqrt', 'square', 'relu', 'gelu', 'silu', 'sigmoid', 'tanh'];
  const names = Object.getOwnPropertyNames(Operations.prototype).filter((name) => name !== 'constructor');
  expect(names.length).toBeGreaterThan(40);
  for (const name of names) {
    const others = second[name] ?? (alone.includes(name) ? [] : [tensor([2, 3, 1])]);
    const results = [all[name](x(), ...others), (x() as typeof all)[name](...others)].map((result) =>
      [result]
        .flat()
        .map((each) =>
          each instanceof Tensor ? [each.shape, each.dtype, each.toArray(), each.requiresGrad] : each,
        ),
    );
    expect(results[1], name).toEqual(results[0]);
  }
  expect(x().reshape(3, 2).permute(1, 0).broadcastTo(1, 2, 3).shape).toEqual([1, 2, 3]);
  const leaf = x();
  leaf.add(1).mul(leaf).sum().backward();
  expect(leaf.grad?.toArray()).toEqual(leaf.toArray().map((value) => 2 * value + 1));
});

test('limits of activations are checked, and named', () => {
  const x = distinct([2, 3]);
  expect(() => ops.gelu(x, { approximate: 'sigmoid' as never })).toThrow(
    "approximate must be 'none' or 'tanh'",
  );
  expect(() => ops.celu(x, 0)).toThrow('celu: alpha must not be 0');
  expect(() => ops.softplus(x, Number.NaN)).toThrow('softplus: beta');
  expect(() => ops.glu(x)).toThrow('glu: axis 1 of [2, 3] has no halves');
  expect(() => ops.prelu(x, normal([2]))).toThrow('prelu: the slope is one number or one for each channel');
});
