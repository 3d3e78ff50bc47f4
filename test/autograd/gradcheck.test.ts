import { describe, expect, test } from 'vitest';
import { gradcheck } from '../../src/autograd/gradcheck.ts';
import {
  add,
  dropout,
  exp,
  mul,
  noGrad,
  ones,
  record,
  square,
  sum,
  type Tensor,
  tensor,
} from '../../src/autograd/index.ts';
import { reference } from '../../src/kernels/reference/reference.ts';
import { createRandom } from '../../src/random.ts';
import { normal } from './inputs.ts';

/** y = x^2 with the given rule for dx. */
function squareWith(rule: (dy: Tensor, x: Tensor) => Tensor) {
  return (x: Tensor) => record('square', reference.unary('square', x), [x], (dy) => [rule(dy, x)]);
}

test('reports each input by name, and passes a right backward pass', () => {
  const inputs = { a: normal([2, 3], 1), b: normal([3], 2) };
  const results = gradcheck(({ a, b }) => exp(mul(a, b)), inputs);
  expect(results.map(({ name, passed }) => [name, passed])).toEqual([
    ['a', true],
    ['b', true],
  ]);
  for (const { maxAbs, maxRel, analytic, numeric } of results) {
    expect(maxRel).toBeLessThan(1e-8);
    expect(maxAbs).toBe(Math.abs(analytic - numeric));
  }
});

test('finds the wrong element, and where it is', () => {
  const wrongAt4 = squareWith((dy, x) => {
    const dx = mul(mul(dy, x), 2);
    dx.data[4] += 0.25;
    return dx;
  });
  const [result] = gradcheck(({ x }) => wrongAt4(x), { x: normal([2, 3]) });
  expect(result).toMatchObject({ name: 'x', at: [1, 1], passed: false });
  expect(result.analytic - result.numeric).toBeCloseTo(0.25, 7);
  expect(result.maxAbs).toBeCloseTo(0.25, 7);
});

describe('fails', () => {
  const rules: Record<string, (dy: Tensor, x: Tensor) => Tensor> = {
    'a factor that is missing': (dy, x) => mul(dy, x),
    'an error of one part in a million': (dy, x) => mul(mul(dy, x), 2 * (1 + 1e-6)),
    'NaN in one place': (dy, x) => {
      const dx = mul(mul(dy, x), 2);
      dx.data[1] = Number.NaN;
      return dx;
    },
    'a rule that only holds for an upstream of ones': (_, x) => mul(x, 2),
  };
  for (const [name, rule] of Object.entries(rules)) {
    test(name, () => {
      const [result] = gradcheck(({ x }) => squareWith(rule)(x), { x: normal([2, 3]) });
      expect(result.passed).toBe(false);
    });
  }
});

test('an input that does not reach the result has gradient 0', () => {
  const [, unused] = gradcheck(({ a }) => square(a), { a: normal([2]), unused: normal([3]) });
  expect(unused).toMatchObject({ analytic: 0, numeric: 0, passed: true });
});

test('inputs that require no gradient are constants', () => {
  const constant = ones([2], { dtype: 'float64' });
  const results = gradcheck(({ a, constant }) => add(square(a), constant), { a: normal([2]), constant });
  expect(results.map(({ name }) => name)).toEqual(['a']);
});

test('leaves the inputs as they were, without gradients', () => {
  const a = normal([3]);
  const before = a.toArray();
  sum(square(a)).backward();
  gradcheck(({ a }) => square(a), { a });
  expect(a.toArray()).toEqual(before);
  expect(a.grad).toBeNull();
});

test('the tolerance is the caller’s to choose', () => {
  const inexact = squareWith((dy, x) => mul(mul(dy, x), 2 * (1 + 1e-6)));
  const passed = (tolerance?: number) =>
    gradcheck(({ x }) => inexact(x), { x: normal([4]) }, { tolerance })[0].passed;
  expect([passed(), passed(1e-7), passed(1e-5)]).toEqual([false, false, true]);
});

test('a first step that is too large or too small is mended', () => {
  const fifth = ({ x }: { x: Tensor }) => mul(square(square(x)), x);
  for (const h of [0.1, 1e-11]) expect(gradcheck(fifth, { x: normal([4]) }, { h })[0].passed).toBe(true);
});

test('far from 0, the step that is really taken counts', () => {
  const x = tensor([2000, -3000, 1e5], undefined, { dtype: 'float64', requiresGrad: true });
  const [result] = gradcheck(({ x }) => mul(x, 2), { x });
  expect(result.maxRel).toBeLessThan(1e-7);
});

describe('what cannot be checked is explained', () => {
  test('float32', () => {
    const x = tensor([1], undefined, { requiresGrad: true });
    expect(() => gradcheck(({ x }) => square(x), { x })).toThrow(/input "x" is float32.*Use float64/s);
  });

  test('nothing that requires a gradient', () => {
    const x = ones([2], { dtype: 'float64' });
    expect(() => gradcheck(({ x }) => square(x), { x })).toThrow(
      /none of the inputs \(x\) requires a gradient/,
    );
  });

  test('randomness', () => {
    const random = createRandom(1);
    expect(() => gradcheck(({ x }) => dropout(x, 0.5, random), { x: normal([20]) })).toThrow(
      /two different results.*Seed its randomness.*running statistics/s,
    );
  });

  test('a result that is off the graph', () => {
    expect(() => gradcheck(({ x }) => noGrad(() => square(x)), { x: normal([2]) })).toThrow(/inside noGrad/);
  });
});
