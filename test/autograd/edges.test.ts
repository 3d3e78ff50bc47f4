import { describe, expect, test } from 'vitest';
import {
  abs,
  clamp,
  crossEntropy,
  type DType,
  div,
  elu,
  leakyRelu,
  log,
  logSoftmax,
  max,
  maximum,
  min,
  minimum,
  pow,
  relu,
  softmax,
  sqrt,
  Tensor,
  tensor,
} from '../../src/autograd/index.ts';

/**
 * Gradients at the edges: kinks, ties, ends of domains, infinities. The right numbers are what PyTorch's documented rules
 * give (tools/autograd/derivatives.yaml and FunctionsManual.cpp). Both sets of kernels: float32 runs WebAssembly.
 */
const I = Infinity;

/** The gradient of each input, by one upstream of 2. */
function gradientsOf(dtype: DType, fn: (...inputs: Tensor[]) => Tensor, ...values: number[][]): number[][] {
  const inputs = values.map((each) => tensor(each, undefined, { dtype, requiresGrad: true }));
  const y = fn(...inputs);
  const data = dtype === 'float64' ? new Float64Array(y.size).fill(2) : new Float32Array(y.size).fill(2);
  y.backward({ gradient: new Tensor(data, y.shape) });
  return inputs.map(({ grad }) => grad?.toArray() ?? []);
}

/** Values of x, and the gradient for an upstream of 2. */
const ofOne: Record<string, [(x: Tensor) => Tensor, number[], number[]]> = {
  relu: [relu, [-1, 0, 1], [0, 0, 2]],
  leakyRelu: [(x) => leakyRelu(x, 0.5), [-1, 0, 1], [1, 1, 2]],
  elu: [(x) => elu(x, 0.25), [0, 1], [0.5, 2]],
  abs: [abs, [-3, 0, 3], [-2, 0, 2]],
  'clamp: passes at both ends': [(x) => clamp(x, -1, 1), [-2, -1, 1, 2], [0, 2, 2, 0]],
  sqrt: [sqrt, [0, 4], [I, 0.5]],
  log: [log, [0, 4], [I, 0.5]],
  '1 / x': [(x) => div(1, x), [0, 2], [-I, -0.5]],
  'x^0': [(x) => pow(x, 0), [0, 3, -3], [0, 0, 0]],
  'x^1': [(x) => pow(x, 1), [0, 3], [2, 2]],
  'x^(1/2)': [(x) => pow(x, 0.5), [0, 4], [I, 0.5]],
  'x^3 of a negative number': [(x) => pow(x, 3), [-2], [24]],
  'max: ties share': [(x) => max(x), [3, 3, 1], [1, 1, 0]],
  'min: ties share': [(x) => min(x), [3, 1, 1], [0, 1, 1]],
  'max of infinities': [(x) => max(x), [I, 0, I], [1, 0, 1]],
  'softmax with an impossible class': [
    (x) => softmax(x),
    [-I, 0, 0],
    [0, 0, 0], // y (dy - sum dy y), with the same dy for all
  ],
  'logSoftmax with an impossible class': [(x) => logSoftmax(x), [-I, 0, 0], [2, -1, -1]],
};

/** Values of a and b, and the gradients of both for an upstream of 2. */
const ofTwo: Record<string, [typeof pow, number[], number[], number[], number[]]> = {
  'a^b at base 0': [pow, [0, 0, 0, 0], [2, 1, 0, 0.5], [0, 2, 0, I], [0, 0, 0, 0]],
  'a^b at base 0, b < 0': [pow, [0], [-1], [-I], [-I]],
  'a^b of a negative base': [pow, [-2, -2], [2, 3], [-8, 24], [Number.NaN, Number.NaN]],
  'a^b of a negative base, b broken': [pow, [-2], [0.5], [Number.NaN], [Number.NaN]],
  'a^0': [pow, [5, -5], [0, 0], [0, 0], [2 * Math.log(5), Number.NaN]],
  'a / 0': [div, [1, -1], [0, 0], [I, I], [-I, I]],
  '0 / 0': [div, [0], [0], [I], [Number.NaN]],
  'maximum: ties share': [maximum, [1, 2], [1, 3], [1, 0], [1, 2]],
  'minimum: ties share': [minimum, [1, 2], [1, 3], [1, 2], [1, 0]],
};

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  const close = (values: number[]) =>
    values.map((value) => (Number.isFinite(value) ? expect.closeTo(value, 5) : value));

  test.each(Object.entries(ofOne))('%s', (_, [fn, x, expected]) => {
    expect(gradientsOf(dtype, fn, x)).toEqual([close(expected)]);
  });

  test.each(Object.entries(ofTwo))('%s', (_, [fn, a, b, da, db]) => {
    expect(gradientsOf(dtype, fn as never, a, b)).toEqual([close(da), close(db)]);
  });

  test('a^b sums what was broadcast, base 0 included', () => {
    const a = tensor([[0], [2]], undefined, { dtype, requiresGrad: true });
    const b = tensor([1, 2], undefined, { dtype, requiresGrad: true });
    const ones = tensor([1, 1, 1, 1], [2, 2], { dtype });
    pow(a, b).backward({ gradient: ones });
    expect(a.grad?.toArray()).toEqual(close([1 + 0, 1 + 4]));
    expect(b.grad?.toArray()).toEqual(close([2 * Math.LN2, 4 * Math.LN2]));
  });

  test('cross-entropy of a label that has probability 0', () => {
    const logits = tensor([[-Infinity, 0, 0]], undefined, { dtype, requiresGrad: true });
    const loss = crossEntropy(logits, [0]);
    expect(loss.item()).toBe(Infinity);
    loss.backward();
    expect(logits.grad?.toArray()).toEqual(close([-1, 0.5, 0.5]));
  });

  test('cross-entropy where another class has probability 0', () => {
    const logits = tensor([[-Infinity, 0, 0]], undefined, { dtype, requiresGrad: true });
    const loss = crossEntropy(logits, [1]);
    expect(loss.item()).toBeCloseTo(Math.LN2, 6);
    loss.backward();
    expect(logits.grad?.toArray()).toEqual(close([0, -0.5, 0.5]));
  });
});
