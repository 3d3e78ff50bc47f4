import { describe, expect, test } from 'vitest';
import {
  add,
  affine,
  broadcastTo,
  concat,
  exp,
  gradcheck,
  log,
  matmul,
  maximum,
  mul,
  permute,
  record,
  relu,
  reshape,
  sigmoid,
  softmax,
  sqrt,
  square,
  sum,
  Tensor,
  tanh,
} from '../../src/autograd/index.ts';
import { LayerNorm } from '../../src/nn/norm/sample/layerNorm.ts';
import { createRandom } from '../../src/random.ts';
import { normal } from './inputs.ts';

/** fn, with `wrong` done to the gradient that comes back to x. */
function mutated(fn: (x: Tensor) => Tensor, wrong: (dx: Float64Array) => Float64Array) {
  const gate = (x: Tensor) =>
    record('gate', { shape: x.shape, data: x.data.slice() }, [x], (dx) => [
      { shape: x.shape, data: wrong(Float64Array.from(dx.data)) },
    ]);
  return (x: Tensor) => fn(gate(x));
}

const check = (fn: (x: Tensor) => Tensor, x: Tensor) => gradcheck(({ x }) => fn(x), { x })[0];
const leaf = (values: readonly number[], shape = [values.length]) =>
  new Tensor(Float64Array.from(values), shape, { requiresGrad: true });
const scaled = (x: Tensor, factor: number) =>
  leaf(
    x.toArray().map((value) => value * factor),
    [...x.shape],
  );
const negative = (dx: Float64Array) => dx.map((value) => -value);
const zero = (dx: Float64Array) => dx.map(() => 0);

describe('the upstream', () => {
  const norm = new LayerNorm(8, { affine: false }).to('float64');

  test.each([1, 2, 'seed'])('hides no negated norm from x of the same stream (seed %s)', (seed) => {
    const x = scaled(normal([5, 8], seed), 150);
    const right = gradcheck(({ x }) => norm.forward(x), { x }, { seed });
    expect(right[0]).toMatchObject({ verdict: 'passed', why: null });
    const wrong = mutated((x) => norm.forward(x), negative);
    expect(gradcheck(({ x }) => wrong(x), { x }, { seed })[0].verdict).toBe('failed');
  });

  test('is proportional to nobody’s randn', () => {
    let upstream = new Float64Array();
    const watch = (x: Tensor) =>
      record('watch', { shape: x.shape, data: x.data.slice() }, [x], (dy) => {
        upstream = Float64Array.from(dy.data);
        return [dy];
      });
    for (const seed of [1, 2, 'a', 77]) {
      gradcheck(({ x }) => watch(x), { x: normal([64]) }, { seed });
      // Sizes from 0.5 to 1.5: a normal stream of 64 has sizes near 0 and beyond 2
      const sizes = upstream.map(Math.abs);
      expect(Math.min(...sizes)).toBeGreaterThanOrEqual(0.5);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(1.5);
      for (let other = 0; other < 300; other++) {
        const x = normal([64], other).toArray();
        const dot = x.reduce((sum, value, i) => sum + value * upstream[i], 0);
        expect(Math.abs(dot) / Math.hypot(...x) / Math.hypot(...upstream)).toBeLessThan(0.75);
      }
    }
  });
});

describe('the verdict does not depend on the scale', () => {
  test('a gradient of 1e-10 that is missing fails', () => {
    const tiny = (x: Tensor) => affine(square(x), 1e-10, 0);
    expect(check(tiny, normal([3])).passed).toBe(true);
    expect(check(mutated(tiny, zero), normal([3]))).toMatchObject({ verdict: 'failed', maxRel: 1 });
  });

  test.each([1e-30, 1e-8, 1e10, 1e30])('inputs of %s', (size) => {
    const x = scaled(normal([4]), size);
    for (const fn of [square, (x: Tensor) => exp(affine(x, 1 / size, 0))]) {
      expect(check(fn, x).verdict).toBe('passed');
      expect(check(mutated(fn, negative), x).verdict).toBe('failed');
    }
  });

  test('each input has a scale of its own', () => {
    const fn = (a: Tensor, b: Tensor) => add(affine(square(a), 1e-12, 0), affine(b, 1e3, 0));
    const inputs = { a: normal([3], 1), b: normal([3], 2) };
    const [a, b] = gradcheck(({ a, b }) => fn(a, b), inputs);
    expect([a.verdict, b.verdict]).not.toContain('failed');
    expect(b.passed).toBe(true);
    const [missing] = gradcheck(({ a, b }) => fn(mutated((x) => affine(x, 1, 0), zero)(a), b), inputs);
    expect(missing.passed).toBe(false);
  });

  test('a mean far beyond the deviations', () => {
    const norm = new LayerNorm(6, { affine: false }).to('float64');
    const x = leaf(
      normal([2, 6])
        .toArray()
        .map((value) => 1e5 + value),
      [2, 6],
    );
    expect(check((x) => norm.forward(x), x).verdict).toBe('passed');
    expect(
      check(
        mutated((x) => norm.forward(x), negative),
        x,
      ).verdict,
    ).toBe('failed');
  });

  test('what drowns in the rounding of y is no pass', () => {
    const faint = (x: Tensor) => affine(tanh(affine(x, 1e4, 0)), 1e-8, 1e6);
    const result = check(faint, leaf([1e-5, 1, -1]));
    expect(result).toMatchObject({ verdict: 'undecided', passed: false });
    expect(result.why).toMatch(/^too small to judge: around x\[0\] = 0.00001 differences give .*±/);
    for (const wrong of [zero, negative]) {
      expect(check(mutated(faint, wrong), leaf([1e-5, 1, -1])).passed).toBe(false);
    }
  });
});

describe('a gradient of 0', () => {
  test('passes where y does not depend on x', () => {
    const x = normal([3]);
    expect(check((x) => affine(x, 0, 1e3), x).verdict).toBe('passed');
    expect(check((x) => relu(add(mul(x, 0.1), -2)), x).verdict).toBe('passed');
    const [, unused] = gradcheck(({ a }) => affine(a, 1, 1e6), { a: normal([2]), unused: x });
    expect(unused).toMatchObject({ verdict: 'passed', maxAbs: 0, maxRel: 0 });
  });

  test('passes where it cancels: a bias in front of a norm', () => {
    const norm = new LayerNorm(6, { affine: false }).to('float64');
    const inputs = { x: normal([4, 6]), shift: normal([4, 1], 2) };
    const results = gradcheck(({ x, shift }) => norm.forward(add(x, shift)), inputs);
    expect(results.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
    expect(results[1].maxRel).toBeLessThan(1e-12);
  });

  test('fails where it is claimed but not so', () => {
    const dead = mutated((x) => affine(x, 1, 0), zero);
    expect(check(dead, normal([3]))).toMatchObject({ verdict: 'failed', analytic: 0 });
  });
});

describe('where there is no derivative', () => {
  test('a kink is named, and is no pass', () => {
    const result = check(relu, leaf([1, 0, -1]));
    expect(result).toMatchObject({ verdict: 'undecided', at: [1] });
    expect(result.why).toMatch(/^x\[1\] = 0 lies on a kink, with slope .* on its left and .* on its right/);
  });

  test('another element that is wrong fails all the same', () => {
    const wrong = mutated(relu, (dx) => dx.map((value, i) => (i === 0 ? 2 * value : value)));
    expect(check(wrong, leaf([1, 0, -1]))).toMatchObject({ verdict: 'failed', at: [0] });
  });

  test('a slope that is neither side’s fails', () => {
    const wrong = mutated(relu, (dx) => dx.map((value, i) => (i === 1 ? 7 : value)));
    expect(check(wrong, leaf([1, 0, -1]))).toMatchObject({ verdict: 'failed', at: [1] });
  });

  test('near a kink, smaller steps tell', () => {
    expect(check(relu, leaf([1, 3e-6, -3e-6])).passed).toBe(true);
  });

  test('the edge of a domain', () => {
    const result = check(sqrt, leaf([1, 0]));
    expect(result).toMatchObject({ verdict: 'failed', why: 'the backward pass gives Infinity at x[1] = 0' });
    const capped = mutated(sqrt, (dx) => dx.map((value) => Math.min(value, 1)));
    expect(check(capped, leaf([0.25, 0]))).toMatchObject({ verdict: 'undecided', at: [1] });
  });

  test('a result that is not finite is refused', () => {
    expect(() => check(log, leaf([1, 0]))).toThrow(/the result of fn is -Infinity at \[1\]/);
    expect(() => check(sqrt, leaf([-1]))).toThrow(/the result of fn is NaN at \[0\]/);
  });
});

describe('inputs', () => {
  test('that are empty prove nothing', () => {
    expect(() => check(square, leaf([], [0, 3]))).toThrow(/input "x" is empty, \[0, 3\]/);
    expect(() => check((x) => reshape(broadcastTo(x, [0, 1]), [0]), leaf([1], [1, 1]))).toThrow(
      /the result of fn is empty/,
    );
  });

  test('of rank 0', () => {
    expect(check(square, leaf([3], []))).toMatchObject({ at: [], passed: true });
  });

  test('that are one tensor under two names: both have the whole gradient', () => {
    const x = normal([3]);
    const results = gradcheck(({ a, b }) => mul(a, b), { a: x, b: x });
    expect(results.map(({ passed }) => passed)).toEqual([true, true]);
  });

  test('that fn changes are noticed, and so is a state that moves late', () => {
    const changes = (x: Tensor) => {
      x.data[0] += 1e-9;
      return square(x);
    };
    expect(() => check(changes, normal([2]))).toThrow(/two different results/);
    let calls = 0;
    const drifts = (x: Tensor) => affine(x, 1, calls++ > 6 ? 1 : 0);
    expect(() => check(drifts, normal([2]))).toThrow(/two different results/);
  });

  test('h and tolerance are above 0', () => {
    expect(() => gradcheck(({ x }) => square(x), { x: normal([1]) }, { h: 0 })).toThrow(/must be above 0/);
    expect(() => gradcheck(({ x }) => square(x), { x: normal([1]) }, { tolerance: Number.NaN })).toThrow(
      /must be above 0/,
    );
  });
});

/** Random operations with random mistakes, over 24 orders of magnitude. */
test('a mistake fails at every scale, and no mistake passes', () => {
  const random = createRandom('mistakes');
  const pick = <T>(list: readonly T[]) => list[random.integer(list.length)];
  const weight = normal([4, 3], 'weight').detach();
  const operations: Record<string, (x: Tensor) => Tensor> = {
    square,
    exp,
    tanh,
    sigmoid,
    softmax,
    sum: (x) => sum(x, 1),
    matmul: (x) => matmul(x, weight),
    permute: (x) => permute(mul(x, x), [1, 0]),
    layerNorm: (x) => new LayerNorm(4).to('float64').forward(x),
    twice: (x) => concat([x, tanh(x)], 0),
    maximum: (x) => maximum(x, 0.1),
  };
  const mistakes: Record<string, (dx: Float64Array) => Float64Array> = {
    sign: negative,
    'factor 2': (dx) => dx.map((value) => 2 * value),
    zero,
    'one zero': (dx) => {
      const largest = dx.reduce((at, value, i) => (Math.abs(value) > Math.abs(dx[at]) ? i : at), 0);
      return dx.map((value, i) => (i === largest ? 0 : value));
    },
    rotated: (dx) => dx.map((_, i) => dx[(i + 1) % dx.length]),
    'one part in 1e5': (dx) => dx.map((value) => value * (1 + 1e-5)),
  };
  for (let trial = 0; trial < 150; trial++) {
    const [into, out] = [0, 1].map(() => 10 ** (24 * random.uniform() - 12));
    const [name, mistake] = [pick(Object.keys(operations)), pick(Object.keys(mistakes))];
    const x = scaled(normal([3, 4], trial), into);
    const fn = (x: Tensor) => affine(operations[name](affine(x, 1 / into, 0)), out, 0);
    const at = `${name}, ${mistake}, x of ${into}, y of ${out}`;
    const right = check(fn, x);
    expect(right.verdict, `${at}: ${JSON.stringify(right)}`).toBe('passed');
    // What is the same for all elements stays right when it is rotated
    if (mistake === 'rotated' && name === 'sum') continue;
    expect(check(mutated(fn, mistakes[mistake]), x).verdict, at).toBe('failed');
  }
});
