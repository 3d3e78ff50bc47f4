import { describe, expect, test } from 'vitest';
import {
  add,
  broadcastTo,
  concat,
  crossEntropy,
  exp,
  max,
  maxPool2d,
  mul,
  noGrad,
  ones,
  record,
  relu,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  zeroGrad,
} from '../../src/autograd/index.ts';
import { standardize } from '../../src/nn/norm/core/fused.ts';

const leaf = (...values: number[]) => tensor(values, undefined, { requiresGrad: true });
const gradient = (x: Tensor) => x.grad?.toArray();

describe('gradients add up', () => {
  test('over several backward passes, until they are cleared', () => {
    const x = leaf(1, 2);
    sum(square(x)).backward();
    sum(square(x)).backward();
    expect(gradient(x)).toEqual([4, 8]);
    zeroGrad(x);
    expect(x.grad).toBeNull();
    sum(square(x)).backward();
    expect(gradient(x)).toEqual([2, 4]);
  });

  test('over the paths of a diamond', () => {
    const x = leaf(3);
    const a = mul(x, 2);
    const b = square(a);
    const c = exp(mul(a, 0));
    mul(b, c).backward(); // (2x)^2 e^0: 8x from b; b c' = 0
    expect(gradient(x)).toEqual([24]);
  });

  test('where a leaf is both inputs of one operation', () => {
    const x = leaf(3);
    mul(x, x).backward();
    expect(gradient(x)).toEqual([6]);
    zeroGrad(x);
    sub(x, x).backward();
    expect(gradient(x)).toEqual([0]);
    zeroGrad(x);
    concat([x, x, x], 0).backward({ gradient: tensor([1, 2, 4]) });
    expect(gradient(x)).toEqual([7]);
  });

  test('where a result is used by early and late operations', () => {
    const x = leaf(2);
    let y: Tensor = x;
    let total: Tensor = x;
    for (let i = 0; i < 5; i++) {
      y = mul(y, x);
      total = add(total, y);
    }
    total.backward(); // sum of x^k, k = 1..6
    expect(gradient(x)).toEqual([1 + 4 + 12 + 32 + 80 + 192]);
  });

  test('and leaves never share their numbers', () => {
    const a = leaf(1, 2);
    const b = leaf(3, 4);
    const upstream = tensor([1, 1]);
    add(a, b).backward({ gradient: upstream });
    a.grad!.data[0] = 99;
    expect(gradient(b)).toEqual([1, 1]);
    expect(upstream.toArray()).toEqual([1, 1]);
    add(a, b).backward({ gradient: upstream });
    expect(gradient(b)).toEqual([2, 2]);
    expect(upstream.toArray()).toEqual([1, 1]);
  });

  test('of a leaf itself', () => {
    const x = leaf(5);
    x.backward();
    expect(gradient(x)).toEqual([1]);
  });
});

describe('broadcasting is undone', () => {
  test('an axis of one, a missing axis and a scalar get sums', () => {
    const column = tensor([[1], [2]], undefined, { requiresGrad: true });
    const row = leaf(1, 2, 3);
    const scalar = tensor(2, undefined, { requiresGrad: true });
    const y = mul(add(column, row), scalar);
    sum(y).backward();
    expect(y.shape).toEqual([2, 3]);
    expect(column.grad?.shape).toEqual([2, 1]);
    expect(gradient(column)).toEqual([6, 6]);
    expect(gradient(row)).toEqual([4, 4, 4]);
    expect(scalar.grad?.shape).toEqual([]);
    expect(gradient(scalar)).toEqual([21]);
  });

  test('a leading axis of one stays', () => {
    const x = ones([1, 3], { requiresGrad: true });
    broadcastTo(x, [4, 3]).backward({ gradient: ones([4, 3]) });
    expect(x.grad?.shape).toEqual([1, 3]);
    expect(gradient(x)).toEqual([4, 4, 4]);
  });
});

describe('only what needs a gradient gets one', () => {
  test('and rules of the others are not evaluated', () => {
    const x = leaf(1);
    const frozen = tensor([2]);
    const evaluated: string[] = [];
    const y = record('test', { shape: [1], data: Float32Array.of(3) }, [x, frozen, null], (dy) => [
      () => {
        evaluated.push('x');
        return dy;
      },
      () => {
        evaluated.push('frozen');
        return dy;
      },
      null,
    ]);
    y.backward();
    expect(evaluated).toEqual(['x']);
    expect(frozen.grad).toBeNull();
  });

  test('detach() cuts the graph', () => {
    const x = leaf(3);
    mul(x, mul(x, 2).detach()).backward();
    expect(gradient(x)).toEqual([6]);
  });

  test('noGrad() records nothing, however deep', () => {
    const x = leaf(3);
    const y = noGrad(() => {
      noGrad(() => square(x));
      return square(x);
    });
    expect(y.requiresGrad).toBe(false);
    expect(square(x).requiresGrad).toBe(true);
  });

  test('inputs off the graph give results off the graph', () => {
    expect(mul(tensor([1]), 2).node).toBeNull();
  });
});

describe('backward()', () => {
  test('uses the graph up, and says so', () => {
    const y = square(leaf(1));
    y.backward();
    expect(() => y.backward()).toThrow(/graph behind square \[1\] was used up.*retainGraph: true/s);
  });

  test('runs again with retainGraph', () => {
    const x = leaf(3);
    const y = square(x);
    y.backward({ retainGraph: true });
    y.backward();
    expect(gradient(x)).toEqual([12]);
  });

  test('needs a single number, or a gradient of the right shape', () => {
    const y = square(leaf(1, 2));
    expect(() => y.backward()).toThrow(/tensor \[2\] is not a single number.*sum, mean.*\{ gradient \}/s);
    expect(() => y.backward({ gradient: tensor([1]) })).toThrow(/expected shape \[2\], got \[1\]/);
    y.backward({ gradient: tensor([1, 10]) });
  });

  test('needs something that requires a gradient', () => {
    expect(() => square(tensor([1])).backward()).toThrow(/depends on nothing that requires a gradient/);
    const y = noGrad(() => square(leaf(1)));
    expect(() => y.backward()).toThrow(/inside noGrad/);
  });

  test('gives gradients that are off the graph: no gradients of gradients', () => {
    const x = leaf(2);
    square(x).backward();
    expect(() => x.grad!.backward()).toThrow(/gradients of gradients are not supported/);
  });

  test('names the operation whose rule gives a wrong shape', () => {
    const y = record('broken', { shape: [2], data: new Float32Array(2) }, [leaf(1, 2)], () => [ones([3])]);
    expect(() => y.backward({ gradient: ones([2]) })).toThrow(/broken: .*gradient \[3\] for an input \[2\]/);
  });

  test('runs through 10,000 operations in a chain', () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 10_000; i++) y = add(y, x);
    y.backward();
    expect(gradient(x)).toEqual([10_001]);
  });

  test('visits each operation once, also where paths double at every step', () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 60; i++) y = add(y, y);
    y.backward();
    expect(gradient(x)).toEqual([2 ** 60]);
  });
});

describe('where a derivative has a choice', () => {
  test('relu, abs at 0; clamp at its ends; ties of maximum, max and maxPool2d', () => {
    const at = (fn: (x: Tensor) => Tensor, ...values: number[]) => {
      const x = leaf(...values);
      sum(fn(x)).backward();
      return gradient(x);
    };
    expect(at(relu, -1, 0, 2)).toEqual([0, 0, 1]);
    expect(at((x) => max(x), 3, 1, 3)).toEqual([0.5, 0, 0.5]);
    const image = ones([1, 2, 2, 1], { requiresGrad: true });
    maxPool2d(image, 2).backward();
    expect(gradient(image)).toEqual([1, 0, 0, 0]);
  });
});

test('softmax and cross-entropy take logits of 1e4', () => {
  const logits = tensor([[1e4, -1e4, 0]], undefined, { requiresGrad: true });
  const loss = crossEntropy(logits, [1]);
  loss.backward();
  expect(loss.item()).toBe(2e4);
  expect(gradient(logits)).toEqual([1, -1, 0]);
});

test('statistics that are constants: standardize with `given` is an affine map', () => {
  const x = tensor([1, 2, 3, 4], [4, 1], { requiresGrad: true });
  const given = { mean: tensor([1]), variance: tensor([4]) };
  const { y } = standardize(x, { n: 1, p: 4, g: 1, k: 1 }, { eps: 0, given });
  sum(y).backward();
  expect(y.toArray()).toEqual([0, 0.5, 1, 1.5]);
  expect(gradient(x)).toEqual([0.5, 0.5, 0.5, 0.5]);
});
