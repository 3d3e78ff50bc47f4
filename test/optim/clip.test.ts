import { expect, test } from 'vitest';
import { parameter, tensor } from '../../src/autograd/index.ts';
import { clipGradNorm, clipGradValue } from '../../src/optim/index.ts';

function withGradients(...gradients: number[][]) {
  return gradients.map((gradient) => {
    const w = parameter(new Float32Array(gradient.length), [gradient.length]);
    w.grad = tensor(gradient);
    return w;
  });
}

test('clipGradNorm scales all gradients by one factor and returns the norm before', () => {
  const [a, b] = withGradients([3, 0], [0, 4]);
  expect(clipGradNorm([a, b], 1)).toBeCloseTo(5, 5);
  expect(a.grad?.toArray()[0]).toBeCloseTo(0.6, 5);
  expect(b.grad?.toArray()[1]).toBeCloseTo(0.8, 5);
});

test('a small norm stays as it is', () => {
  const [a] = withGradients([3, 4]);
  expect(clipGradNorm([a], 10)).toBe(5);
  expect(clipGradNorm([a], Infinity)).toBe(5);
  expect(a.grad?.toArray()).toEqual([3, 4]);
});

test('where no parameter has a gradient they are the wrong ones, unless all are frozen', () => {
  const [a] = withGradients([3, 4]);
  const stale = parameter(new Float32Array(1), [1]);
  expect(clipGradNorm([a, stale], 10)).toBe(5);
  expect(() => clipGradNorm([stale], 1)).toThrow(
    /clipGradNorm: none of the 1 parameters has a gradient.*model\.parameters\(\)/,
  );
  expect(() => clipGradValue([stale], 1)).toThrow('clipGradValue: none of the 1 parameters');
  stale.requiresGrad = false;
  expect(clipGradNorm([stale], 1)).toBe(0);
});

test.each([Number.NaN, Infinity, -Infinity])(
  'a gradient of %s is reported and nothing is scaled',
  (value) => {
    const [a, b] = withGradients([value, 1], [2]);
    expect(Number.isFinite(clipGradNorm([a, b], 1))).toBe(false);
    expect([a, b].map(({ grad }) => grad?.toArray())).toEqual([[value, 1], [2]]);
  },
);

test('a norm beyond float32 is one all the same', () => {
  const [a] = withGradients([3e30, 4e30]);
  expect(clipGradNorm([a], 1) / 5e30).toBeCloseTo(1, 6);
  expect(a.grad?.toArray()).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
});

test.each([0, -1, Number.NaN, -Infinity])('a limit of %s is refused, and the gradients stay', (limit) => {
  const [a] = withGradients([3, -4]);
  expect(() => clipGradNorm([a], limit)).toThrow(`clipGradNorm: maxNorm must be above 0, got ${limit}`);
  expect(() => clipGradValue([a], limit)).toThrow(`clipGradValue: maxValue must be above 0, got ${limit}`);
  expect(() => clipGradNorm([], limit)).toThrow(/must be above 0/);
  expect(a.grad?.toArray()).toEqual([3, -4]);
});

test('clipGradValue limits each element', () => {
  const [a] = withGradients([-3, 0.25, 2]);
  clipGradValue([a], 0.5);
  expect(a.grad?.toArray()).toEqual([-0.5, 0.25, 0.5]);
});
