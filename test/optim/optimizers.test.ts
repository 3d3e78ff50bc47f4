import { describe, expect, test } from 'vitest';
import { parameter, type Tensor, tensor } from '../../src/autograd/index.ts';
import { Adam, AdamW, createOptimizer, type Optimizer, Rmsprop, Sgd } from '../../src/optim/index.ts';

const makers: { name: string; make: (parameters: Tensor[]) => Optimizer }[] = [
  { name: 'Sgd', make: (p) => new Sgd(p, { lr: 0.1, momentum: 0.9 }) },
  { name: 'plain Sgd', make: (p) => new Sgd(p, { lr: 0.1 }) },
  { name: 'Adam', make: (p) => new Adam(p, { amsgrad: true }) },
  { name: 'AdamW', make: (p) => new AdamW(p) },
  { name: 'Rmsprop', make: (p) => new Rmsprop(p, { momentum: 0.9, centered: true }) },
  { name: 'plain Rmsprop, climbing', make: (p) => new Rmsprop(p, { maximize: true }) },
];

describe.each(makers)('$name', ({ make }) => {
  test('a state saved and loaded goes on with the same bits', () => {
    const [a, b] = [weights(1, 2, 3), weights(1, 2, 3)];
    const [one, two] = [make([a, weights(5)]), make([b, weights(5)])];
    for (let t = 0; t < 3; t++) stepWith(one, a, [t, 1, -t]);
    one.lr = 0.03;
    const saved = one.state();
    b.data.set(a.data);
    two.loadState(saved);
    stepWith(one, a, [1, 1, 1]);
    stepWith(two, b, [1, 1, 1]);
    expect(b.toArray()).toEqual(a.toArray());
    expect(two.lr).toBe(0.03);
    expect(saved.steps).toEqual([3, 0]);
  });

  test('parameters without a gradient and frozen ones stay, and start from zero when they thaw', () => {
    const [moving, frozen, alone] = [weights(1), weights(1), weights(1)];
    frozen.requiresGrad = false;
    const optimizer = make([moving, frozen]);
    for (let t = 0; t < 2; t++) {
      frozen.grad = tensor([1]);
      stepWith(optimizer, moving, [1]);
    }
    expect(frozen.toArray()).toEqual([1]);
    moving.grad = null;
    const before = moving.toArray();
    frozen.requiresGrad = true;
    stepWith(optimizer, frozen, [1]);
    stepWith(make([alone]), alone, [1]);
    expect(frozen.toArray()).toEqual(alone.toArray());
    expect(moving.toArray()).toEqual(before);
  });

  test('a step without any gradient is a mistake, unless all parameters are frozen', () => {
    const [w, other] = [weights(1, 2), weights(1)];
    const optimizer = make([w, other]);
    other.requiresGrad = false;
    expect(() => optimizer.step()).toThrow(
      /step\(\) would move nothing: none of the 2 parameters \(1 frozen\) has a gradient.*backward\(\).*afterwards/s,
    );
    stepWith(optimizer, w, [1, 1]);
    optimizer.zeroGrad();
    expect(() => optimizer.step()).toThrow('would move nothing');
    w.requiresGrad = false;
    const before = w.toArray();
    optimizer.step();
    expect(w.toArray()).toEqual(before);
  });

  test('zeroGrad clears every gradient', () => {
    const w = weights(1, 2);
    const optimizer = make([w]);
    w.grad = tensor([1, 1]);
    optimizer.zeroGrad();
    expect(w.grad).toBeNull();
  });
});

test('a group has its own weight decay and lr', () => {
  const [a, b] = [weights(1), weights(1)];
  const groups = [{ parameters: [a], weightDecay: 0, lrScale: 0.5 }, { parameters: [b] }];
  const optimizer = new Sgd(groups, { lr: 0.1, weightDecay: 1 });
  a.grad = tensor([1]);
  b.grad = tensor([1]);
  optimizer.step();
  expect(a.item()).toBeCloseTo(1 - 0.1 * 0.5, 6);
  expect(b.item()).toBeCloseTo(1 - 0.1 * (1 + 1), 6);
});

test('the lr may change from step to step', () => {
  const w = weights(1);
  const optimizer = new Sgd([w], { lr: 0.1 });
  optimizer.lr = 0;
  stepWith(optimizer, w, [1]);
  expect(w.item()).toBe(1);
});

test.each(['sgd', 'adam', 'adamw', 'rmsprop'] as const)('%s with maximize climbs', (name) => {
  const w = weights(1, -2);
  const optimizer = createOptimizer(name, [w], { lr: 0.1, maximize: true });
  for (let t = 0; t < 60; t++)
    stepWith(
      optimizer,
      w,
      w.toArray().map((value) => -2 * (value - 3)),
    ); // of -(w - 3)^2
  for (const value of w.toArray()) expect(Math.abs(value - 3)).toBeLessThan(0.6);
});

test('centred RMSprop of a gradient that never changes: v - m^2 rounds to below 0, and no NaN comes of it', () => {
  const w = weights(0, 0, 0, 0, 0);
  const optimizer = new Rmsprop([w], { lr: 1e-6, centered: true, alpha: 0.5 });
  for (let t = 0; t < 60; t++) stepWith(optimizer, w, [0.1, 0.3, 0.7, 1.1, 1.3]);
  expect(w.toArray().every(Number.isFinite)).toBe(true);
});

test('bad settings get an error that names them', () => {
  const w = weights(1);
  expect(() => new Rmsprop([w], { alpha: 2 })).toThrow('Rmsprop: alpha must be');
  expect(() => new Rmsprop([w], { rho: 0.9 } as never)).toThrow('unknown option "rho"');
  expect(() => new Adam([w], { maximize: 1 as never })).toThrow('Adam: maximize must be true or false');
  const changed = new Rmsprop([w]);
  changed.lr = -1;
  expect(() => stepWith(changed, w, [1])).toThrow('Rmsprop: lr must be');
  w.grad = null;
  expect(() => new Sgd([w], { lr: -1 })).toThrow('Sgd: lr must be');
  expect(() => new Sgd([w], { lr: Number.NaN })).toThrow('lr');
  expect(() => new Sgd([w], { lr: 1, nesterov: true })).toThrow('nesterov needs a momentum');
  expect(() => new Adam([w], { betas: [0.9, 1] })).toThrow('each beta');
  expect(() => new Adam([])).toThrow('no parameters');
  expect(() => new Adam([w, w])).toThrow('given twice');
  expect(() => createOptimizer('sdg' as 'sgd', [w], { lr: 1 })).toThrow('one of: sgd, adam, adamw, rmsprop');
});

test('a state of another optimizer or of other parameters is refused', () => {
  const [a, b] = [weights(1), weights(1, 2)];
  const adam = new Adam([a]);
  stepWith(adam, a, [1]);
  expect(() => new Sgd([b], { lr: 1, momentum: 0.9 }).loadState(adam.state())).toThrow('Sgd: the state');
  expect(() => new Adam([b]).loadState(adam.state())).toThrow('in their sizes');
});

function weights(...values: number[]): Tensor {
  return parameter(Float32Array.from(values), [values.length]);
}

function stepWith(optimizer: Optimizer, w: Tensor, gradient: number[]): void {
  w.grad = tensor(gradient);
  optimizer.step();
}
