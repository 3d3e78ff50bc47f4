import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  add,
  concat,
  crossEntropy,
  linear,
  matmul,
  mean,
  mul,
  noGrad,
  ones,
  parameter,
  relu,
  reshape,
  sub,
  sum,
  type Tensor,
  tensor,
  wrap,
  zeroGrad,
} from '../../src/autograd/index.ts';
import { useKernels } from '../../src/kernels/active.ts';
import type { Kernels } from '../../src/kernels/contract.ts';
import { reference } from '../../src/kernels/reference/reference.ts';
import { standardize } from '../../src/nn/norm/core/fused.ts';
import { createRandom } from '../../src/random.ts';
import { type PooledKernels, pooledKernels } from './pooledKernels.ts';

/** All of these run on kernels that poison what is given back, and that count what is not. */
let pool: PooledKernels;
let before: Kernels;
beforeEach(() => {
  pool = pooledKernels();
  before = useKernels(pool.kernels);
});
afterEach(() => {
  useKernels(before);
});

const leaf = (...values: number[]) => tensor(values, undefined, { requiresGrad: true });

describe('results on the graph', () => {
  test('stay readable after backward(), until the next forward pass begins', () => {
    const x = leaf(1, 2, 3);
    const hidden = mul(x, x);
    const loss = sum(hidden);
    loss.backward();
    expect(loss.item()).toBe(14);
    expect(hidden.toArray()).toEqual([1, 4, 9]);

    const next = sum(x);
    expect(() => loss.item()).toThrow(/earlier training step.*\.clone\(\).*\.item\(\)/s);
    expect(() => hidden.data).toThrow(/Tensor \[3\]/);
    expect(next.item()).toBe(6);
  });

  test('survive the step as a clone, detached, or as a number', () => {
    const x = leaf(1, 2, 3);
    const y = mul(x, 2);
    const copies = [y.clone(), y.detach()];
    sum(y).backward();
    sum(x).backward();
    for (const copy of copies) {
      expect(copy.toArray()).toEqual([2, 4, 6]);
      expect(copy.requiresGrad).toBe(false);
    }
  });

  test('of an earlier step cannot enter a new one', () => {
    const x = leaf(1, 2);
    const y = mul(x, x);
    sum(y).backward();
    expect(() => add(y, x)).toThrow(/earlier training step/);
  });

  test('live on while several losses of one step are computed', () => {
    const x = leaf(3);
    const y = mul(x, x);
    const first = mul(y, 2);
    const second = mul(y, y);
    first.backward({ retainGraph: true });
    second.backward();
    expect(x.grad?.item()).toBe(2 * 2 * 3 + 4 * 27);
    expect(y.item()).toBe(9);
  });

  test('retainGraph keeps the step running: what comes next belongs to it', () => {
    const x = leaf(3);
    const y = mul(x, x);
    y.backward({ retainGraph: true });
    const z = mul(y, x);
    z.backward();
    expect(x.grad?.item()).toBe(6 + 27);
    expect(y.item()).toBe(9);
  });
});

describe('two losses alive', () => {
  const losses = () => {
    const [a, b] = [leaf(3), leaf(5)];
    return { a, b, first: mul(a, a), second: mul(b, b) };
  };
  const ended = /belongs to an earlier training step.*call its backward\(\), before the next forward pass/s;

  test('an operation between their backward() calls ends the step: the second one throws', () => {
    const { a, b, first, second } = losses();
    first.backward();
    mul(a, 2);
    expect(() => second.backward()).toThrow(ended);
    expect(() => second.item()).toThrow(ended);
    expect([a.grad?.item(), b.grad]).toEqual([6, null]);
  });

  test('so does that of a loss whose backward() comes twice', () => {
    const { a, first } = losses();
    first.backward();
    mul(a, 2);
    expect(() => first.backward()).toThrow(ended);
    expect(a.grad?.item()).toBe(6);
  });

  test('with nothing on the graph between them both are right', () => {
    const { a, b, first, second } = losses();
    first.backward();
    mul(tensor([1]), 2);
    noGrad(() => mul(a, b));
    second.backward();
    expect([a.grad?.item(), b.grad?.item()]).toEqual([6, 10]);
  });

  test('with retainGraph the step goes on', () => {
    const { a, b, first, second } = losses();
    first.backward({ retainGraph: true });
    mul(a, 2);
    second.backward();
    expect([a.grad?.item(), b.grad?.item()]).toEqual([6, 10]);
  });

  test('what they share is used up by the first', () => {
    const x = leaf(3);
    const shared = mul(x, x);
    const [first, second] = [mul(shared, 2), mul(shared, 3)];
    first.backward();
    expect(() => second.backward()).toThrow(/graph behind mul \[1\] was used up.*retainGraph/s);
    expect(x.grad?.item()).toBe(12);
  });

  test('a leaf has no step: its own backward() is 1, at any time', () => {
    const { a, first } = losses();
    first.backward();
    mul(a, 2);
    a.backward();
    expect(a.grad?.item()).toBe(7);
  });

  test('two trainings in turns: a step that the other one has ended throws, and trains nothing in silence', async () => {
    const train = async (w: Tensor, pauses: number) => {
      for (let step = 0; step < 3; step++) {
        const loss = mul(w, w);
        for (let i = 0; i < pauses; i++) await Promise.resolve();
        loss.backward();
      }
    };
    const [quick, slow] = [leaf(3), leaf(5)];
    const outcomes = await Promise.allSettled([train(quick, 1), train(slow, 2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect([quick.grad?.item(), slow.grad]).toEqual([18, null]);
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringMatching(ended) } });
  });
});

describe('results inside noGrad', () => {
  test('end with the block, save what it returns', () => {
    const x = leaf(1, 2);
    let inner: Tensor | undefined;
    const { kept, list } = noGrad(() => {
      inner = mul(x, 2);
      return { kept: add(inner, 1), list: [mul(x, 5)], note: 'anything' };
    });
    expect(kept.toArray()).toEqual([3, 5]);
    expect(list[0].toArray()).toEqual([5, 10]);
    expect(kept.requiresGrad).toBe(false);
    expect(() => inner?.data).toThrow(/noGrad block that has ended.*Return it.*\.clone\(\)/s);
    expect(pool.inUse()).toBe(0);
  });

  test('nest: what an inner block returns lives for the outer one', () => {
    let passedOn: Tensor | undefined;
    const result = noGrad(() => {
      passedOn = noGrad(() => mul(leaf(2), 3));
      expect(passedOn.item()).toBe(6);
      return add(passedOn, 1);
    });
    expect(result.item()).toBe(7);
    expect(() => passedOn?.data).toThrow(/noGrad block/);
    expect(pool.inUse()).toBe(0);
  });

  test('a view that is returned keeps its numbers', () => {
    const result = noGrad(() => reshape(mul(leaf(1, 2, 3, 4), 2), [2, 2]));
    expect(result.toArray()).toEqual([2, 4, 6, 8]);
    expect(pool.inUse()).toBe(0);
  });

  test('a tensor and a view of it can both be returned', () => {
    const [a, b] = noGrad(() => {
      const y = mul(leaf(1, 2), 3);
      return [y, reshape(y, [2, 1])];
    });
    expect(a.toArray()).toEqual([3, 6]);
    expect(b.toArray()).toEqual([3, 6]);
    const outer = noGrad(() => {
      const both = noGrad(() => {
        const y = mul(leaf(1, 2), 3);
        return [y, reshape(y, [2, 1])];
      });
      return both[1];
    });
    expect(outer.toArray()).toEqual([3, 6]);
    expect(pool.inUse()).toBe(0);
  });

  test('a detached result outlives the block', () => {
    const x = tensor([1, 2]);
    const detached = noGrad(() => mul(x, 3).detach());
    expect(detached.toArray()).toEqual([3, 6]);
    expect(pool.inUse()).toBe(0);
  });

  test('everything is given back when the block throws', () => {
    expect(() =>
      noGrad(() => {
        mul(leaf(1, 2), 3);
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(pool.inUse()).toBe(0);
    const x = leaf(2);
    mul(x, x).backward(); // recording goes on
    expect(x.grad?.item()).toBe(4);
  });

  test('async functions are refused', () => {
    expect(() => noGrad(async () => 1)).toThrow(/must not be async/);
  });

  test('a block inside a step leaves the step alone', () => {
    const x = leaf(1, 2);
    const y = mul(x, x);
    const peek = noGrad(() => sum(y));
    expect(peek.item()).toBe(5);
    sum(y).backward();
    expect(x.grad?.toArray()).toEqual([2, 4]);
  });
});

test('results off the graph are ordinary: nothing of the pool is kept', () => {
  const y = mul(tensor([1, 2]), 3);
  expect(y.toArray()).toEqual([3, 6]);
  expect(pool.inUse()).toBe(0);
});

describe('a training loop', () => {
  test('uses the same memory in every step, and computes what plain memory gives', () => {
    const run = () => {
      const random = createRandom(1);
      const weights = Float32Array.from({ length: 12 }, () => random.normal());
      const w = parameter(weights, [3, 4]);
      const bias = parameter(new Float32Array(4), [4]);
      const gamma = parameter(new Float32Array(4).fill(1), [4]);
      const inUse: number[] = [];
      const losses: number[] = [];
      for (let step = 0; step < 6; step++) {
        const x = wrap(
          Float32Array.from({ length: 15 }, () => random.normal()),
          [5, 3],
        );
        const h = linear(x, w, bias);
        const view = { n: 1, p: 5, g: 4, k: 1 };
        const { y: normed } = standardize(h, view, { gamma, beta: bias, eps: 1e-5, residual: h, relu: true });
        const twice = concat([add(normed, normed), sub(normed, h)], 1);
        const logits = add(matmul(twice, ones([8, 2])), relu(mean(h)));
        const loss = crossEntropy(logits, [0, 1, 1, 0, 1]);
        loss.backward();
        for (const p of [w, bias, gamma]) {
          const gradient = p.grad as Tensor;
          for (let i = 0; i < p.size; i++) p.data[i] -= 0.1 * gradient.data[i];
          zeroGrad(p);
        }
        losses.push(loss.item());
        inUse.push(pool.inUse());
      }
      return { losses, inUse };
    };
    const pooled = run();
    expect(new Set(pooled.inUse.slice(1)).size).toBe(1);
    useKernels(reference);
    expect(pooled.losses).toEqual(run().losses);
  });

  test('gradients that are never cleared add up in place', () => {
    const w = parameter(Float32Array.of(1, 2), [2]);
    const counts: number[] = [];
    for (let step = 0; step < 4; step++) {
      sum(mul(w, w)).backward();
      counts.push(pool.inUse());
    }
    expect(w.grad?.toArray()).toEqual([8, 16]);
    expect(new Set(counts.slice(1)).size).toBe(1);
  });

  test('a cleared gradient says so', () => {
    const w = parameter(Float32Array.of(1), [1]);
    mul(w, w).backward();
    const { grad } = w;
    zeroGrad(w);
    expect(w.grad).toBeNull();
    expect(() => grad?.data).toThrow(/cleared by zeroGrad\(\).*\.clone\(\)/s);
  });
});
