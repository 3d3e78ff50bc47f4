import { expect, test } from 'vitest';
import { randn, tensor } from '../../../src/autograd/index.ts';
import { add, mean, mul, sub } from '../../../src/nn/norm/core/calculus.ts';
import { rule } from '../../../src/nn/norm/core/rule.ts';
import { traced } from '../../../src/nn/norm/core/trace.ts';
import { createRandom } from '../../../src/random.ts';

const view = { n: 2, p: 3, g: 1, k: 2 };
const leaf = (shape: number[], seed: number) =>
  randn(shape, createRandom(seed), { dtype: 'float64', requiresGrad: true });

test('a gradient that is one number for a whole set goes to every element, and one per element is summed for a parameter', () => {
  const x = leaf([2, 3, 2], 1);
  const shift = leaf([2], 2);
  const { y } = rule('test', view, { x, shift }, {}, ({ x, shift }, norm) => [
    add(mul(0, x), shift),
    (dy) => ({ x: () => norm.paths({ direct: mean(dy) }), shift: () => dy }),
  ]);
  y.backward({ gradient: tensor([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 12], [2, 3, 2], { dtype: 'float64' }) });
  expect(x.grad!.toArray()).toEqual([3.5, 3.5, 3.5, 3.5, 3.5, 3.5, 2, 2, 2, 2, 2, 2]);
  expect(shift.grad!.toArray()).toEqual([9, 24]);
});

test('a statistic that is given has no path, a detached one is left out, and what is held stays', () => {
  const x = leaf([2, 3, 2], 1);
  const run = (setting: object) =>
    rule('test', view, { x }, setting, ({ x }, norm) => {
      const mu = norm.statistic('mu', () => mean(x));
      return [sub(x, mu), (dy) => ({ x: () => norm.paths({ direct: dy, mu: mul(-1, mean(dy)) }) })];
    });
  const dy = tensor([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 3, 2], { dtype: 'float64' });
  const dx = (setting: object) => {
    x.grad = null;
    run(setting).y.backward({ gradient: dy });
    return x.grad!.toArray()[1];
  };
  expect(dx({})).toBeCloseTo(-1 / 6, 15);
  expect(dx({ detach: ['mu'] })).toBe(0);
  expect(dx({ given: { mu: tensor([0, 0], undefined, { dtype: 'float64' }) } })).toBe(0);
  const held = { shape: [2, 1, 1, 1], data: Float64Array.of(7, 8) };
  const { result } = traced(() => run({}).statistics.mu.data, [new Map([['mu', held]])]);
  expect([...result]).toEqual([7, 8]);
});

test('what ran is printed, named values by their names', () => {
  const x = leaf([2, 3, 2], 1);
  const { rules } = traced(() =>
    rule('test', view, { x }, { numbers: { eps: 0.25 } }, ({ x }, norm) => {
      const mu = norm.statistic('mu', () => mean(x));
      const centred = sub(x, mu);
      norm.steps({ centred });
      return [mul(add(centred, 0.25), add(mu, 1)), (dy) => ({ x: () => norm.paths({ direct: dy }) })];
    }),
  );
  expect([...rules[0].formulas]).toEqual([
    ['mu', 'mean(x)'],
    ['centred', 'x - mu'],
    ['y', '(centred + eps) (mu + 1)'],
  ]);
});
