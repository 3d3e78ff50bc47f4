import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  add,
  detectOverwriting,
  linear,
  mean,
  mul,
  parameter,
  relu,
  square,
  sub,
  sum,
  Tensor,
  tensor,
  wrap,
  zeroGrad,
} from '../../src/autograd/index.ts';
import { BatchNorm } from '../../src/nn/norm/batch/batchNorm.ts';
import { clipGradNorm, clipGradValue, Sgd } from '../../src/optim/index.ts';

beforeEach(() => detectOverwriting(true));
afterEach(() => detectOverwriting(false));

/** backward() after numbers that it reads were overwritten: it throws; where it does not read them it is right. */
const leaf = (...values: number[]) => tensor(values, undefined, { requiresGrad: true });
const overwritten = /have been overwritten since/;

test('a weight that is written to between forward and backward(): 4 came for 200', () => {
  const w = tensor([2], undefined, { requiresGrad: true });
  const loss = sum(square(w));
  w.data[0] = 100;
  expect(() => loss.backward()).toThrow(
    /gradient of square needs the numbers of its input 1 \[1\] .* overwritten since.*Call backward\(\) before that/s,
  );
  expect(w.grad).toBeNull();
  sum(square(w)).backward();
  expect(w.grad?.toArray()).toEqual([200]);
});

describe('what the library writes in place is seen for sure, also where nobody looks', () => {
  beforeEach(() => {
    detectOverwriting(false);
    const x = leaf(1);
    for (let step = 0; step < 40; step++) square(x).backward();
  });

  const size = 10_000;
  const weights = () => parameter(new Float32Array(size).fill(1), [size]);
  /** Only the number at 5,001 moves. */
  const one = () => new Float32Array(size).map((_, i) => (i === 5001 ? 1 : 0));

  test('an optimizer step', () => {
    const w = weights();
    const optimizer = new Sgd([w], { lr: 0.1 });
    const loss = sum(square(w));
    w.grad = wrap(one(), [size]);
    optimizer.step();
    expect(() => loss.backward()).toThrow(overwritten);
  });

  test('the constraint behind a step', () => {
    const w = weights();
    w.constraint = { low: 0, high: 1 };
    const loss = sum(square(w));
    w.grad = wrap(new Float32Array(size), [size]);
    new Sgd([w], { lr: 0.1 }).step();
    expect(() => loss.backward()).toThrow(overwritten);
  });

  test('set(), through a view, too', () => {
    const w = weights();
    const alias = w.detach();
    const x = tensor(new Float32Array(size), [size], { requiresGrad: true });
    const losses = [sum(square(w)), sum(mul(x.detach(), w))];
    x.detach().set(one());
    expect(alias.data).not.toBe(w.data);
    losses[0].backward({ retainGraph: true });
    expect(() => losses[1].backward()).toThrow(/gradient of mul .* its input 1 \[10000\]/s);
  });

  test.each([
    ['clipGradNorm', (p: Tensor) => clipGradNorm([p], 0.01)],
    ['clipGradValue', (p: Tensor) => clipGradValue([p], 0.01)],
    ['another backward()', (p: Tensor) => sum(square(p)).backward({ retainGraph: true })],
  ])('a gradient that is used as an input: %s', (_, write) => {
    const w = weights();
    w.grad = wrap(one(), [size]);
    const loss = sum(mul(w, w.grad));
    write(w);
    expect(() => loss.backward()).toThrow(overwritten);
  });
});

describe('what is written through `data`', () => {
  test.each([Float32Array, Float64Array])('%o: one number, all of them, or their signs', (Numbers) => {
    const w = new Tensor(new Numbers(5000).fill(1), [5000], { requiresGrad: true });
    const writes = [
      () => w.data.set([1 + 1e-6], 4999),
      () => w.data.set(w.data.map((x) => -x)),
      () => w.data.fill(0),
    ];
    for (const write of writes) {
      const loss = sum(square(w));
      write();
      expect(() => loss.backward()).toThrow(overwritten);
    }
  });

  test('in float32 after the first 8 steps one step in 256 looks, in float64 each', () => {
    detectOverwriting(false);
    const caught = (dtype: 'float32' | 'float64') => {
      const x = tensor([1], undefined, { dtype, requiresGrad: true });
      let count = 0;
      for (let step = 0; step < 2 * 256; step++) {
        square(x).backward();
        const y = square(x);
        x.data[0]++;
        try {
          y.backward();
        } catch {
          count++;
        }
        square(x).backward(); // ends the step
      }
      return count;
    };
    expect(caught('float64')).toBe(512);
    const inFloat32 = caught('float32');
    expect(inFloat32).toBeGreaterThan(0);
    expect(inFloat32).toBeLessThan(16);
  });

  test('a batch in the place of the one before', () => {
    const buffer = new Float32Array(64 * 50).fill(1);
    const w = parameter(new Float32Array(50).fill(2), [50, 1]);
    const loss = mean(square(sub(wrap(buffer, [64, 50]), leaf(...new Array(50).fill(1)))));
    const product = mean(mul(wrap(buffer, [64, 50]), leaf(...new Array(50).fill(1))));
    buffer.fill(3);
    loss.backward({ retainGraph: true }); // what sub() was given is not read again
    expect(() => product.backward()).toThrow(overwritten);
    expect(w.grad).toBeNull();
  });
});

test('what no rule reads may change: sums, biases, weights behind which nothing needs a gradient', () => {
  const [a, b] = [leaf(1, 2), leaf(3, 4)];
  const total = sum(add(mul(a, 3), b));
  a.data.fill(7);
  b.data.fill(7);
  total.backward();
  expect([a.grad?.toArray(), b.grad?.toArray()]).toEqual([
    [3, 3],
    [1, 1],
  ]);

  const x = tensor([[1, 2]]);
  const w = tensor([[3], [4]], undefined, { requiresGrad: true });
  const bias = leaf(1);
  const y = linear(x, w, bias);
  w.set([0, 0]);
  bias.set([0]);
  y.backward({ gradient: tensor([[1]]) });
  expect(w.grad?.toArray()).toEqual([1, 2]);
});

test('running statistics that move after an evaluation on the graph: its gradient is that of the old ones', () => {
  const norm = new BatchNorm(3).eval();
  const x = (seed: number) =>
    tensor(
      Float32Array.from({ length: 12 }, (_, i) => Math.sin(seed + i)),
      [4, 3],
    );
  const gradient = (between: () => void) => {
    norm.zeroGrad();
    const loss = mean(square(norm.forward(x(1))));
    between();
    loss.backward();
    return norm.gamma?.grad?.toArray();
  };
  const expected = gradient(() => {});
  const moved = gradient(() => {
    norm.train().forward(x(2));
    norm.eval();
  });
  expect(moved).toEqual(expected);
  expect(norm.runningMean?.toArray()).not.toEqual([0, 0, 0]);
});

test('losses that share a graph: all backward() calls before the step, or the step throws them off', () => {
  const w = parameter(Float32Array.of(1, 2), [2]);
  const optimizer = new Sgd([w], { lr: 0.1 });
  const y = square(w);
  const [one, two] = [sum(y), mean(relu(y))];
  one.backward({ retainGraph: true });
  optimizer.step();
  expect(() => two.backward()).toThrow(/gradient of square needs the numbers of its input 1 \[2\]/);
});

test('set() takes as many numbers as there are, and leaves results alone', () => {
  const x = leaf(1, 2);
  x.set([5, 6]);
  expect(x.toArray()).toEqual([5, 6]);
  expect(() => x.set([1])).toThrow('the tensor [2] holds 2 numbers, got 1');
  expect(() => mul(x, 2).set([1, 2])).toThrow(/\[2\] is the result of affine/);
  zeroGrad(x);
});
