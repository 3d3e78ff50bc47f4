import { describe, expect, it } from 'vitest';
import type { AdamStep, SgdStep } from '../../../src/kernels/contract.ts';
import { reference } from '../../../src/kernels/reference/reference.ts';

/** Runs steps on one scalar that starts at 1, with the gradients 0.5, -0.2, 0.3. */
const gradients = [0.5, -0.2, 0.3];

function runSgd(settings: Partial<SgdStep>): number {
  const parameter = Float64Array.of(1);
  const velocities = settings.momentum ? [new Float64Array(1)] : null;
  const plain = { lr: 0.1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, ...settings };
  gradients.forEach((gradient, t) => {
    const step = {
      parameters: [parameter],
      gradients: [Float64Array.of(gradient)],
      velocities,
      first: t === 0,
    };
    reference.sgdStep({ ...plain, ...step });
  });
  return parameter[0];
}

function runAdam(settings: Partial<AdamStep>, amsgrad = false): number {
  const [parameter, first, second, largest] = [1, 0, 0, 0].map((value) => Float64Array.of(value));
  const plain = {
    lr: 0.1,
    beta1: 0.9,
    beta2: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    decoupled: false,
    ...settings,
  };
  gradients.forEach((gradient, t) => {
    reference.adamStep({
      ...plain,
      parameters: [parameter],
      gradients: [Float64Array.of(gradient)],
      firstMoments: [first],
      secondMoments: [second],
      maxSecondMoments: amsgrad ? [largest] : null,
      step: t + 1,
    });
  });
  return parameter[0];
}

describe('sgdStep', () => {
  it('plain', () => expect(runSgd({})).toBeCloseTo(1 - 0.1 * (0.5 - 0.2 + 0.3), 14));

  it('momentum: the velocities are 0.5, 0.9 * 0.5 - 0.2 = 0.25 and 0.9 * 0.25 + 0.3 = 0.525', () =>
    expect(runSgd({ momentum: 0.9 })).toBeCloseTo(1 - 0.1 * (0.5 + 0.25 + 0.525), 14));

  it('dampening spares the first step: 0.5, 0.45 - 0.75 * 0.2 = 0.3, 0.27 + 0.75 * 0.3 = 0.495', () =>
    expect(runSgd({ momentum: 0.9, dampening: 0.25 })).toBeCloseTo(1 - 0.1 * (0.5 + 0.3 + 0.495), 14));

  it('nesterov looks ahead: g + 0.9 v = 0.95, 0.025, 0.7725', () =>
    expect(runSgd({ momentum: 0.9, nesterov: true })).toBeCloseTo(1 - 0.1 * (0.95 + 0.025 + 0.7725), 14));

  it('weight decay adds 0.2 w to the gradient: w = 0.93, 0.9314, 0.882772', () =>
    expect(runSgd({ weightDecay: 0.2 })).toBeCloseTo(0.882772, 14));
});

describe('adamStep', () => {
  it('moves by lr on the first step, whatever the size of the gradient', () => {
    for (const scale of [1e-3, 1, 1e3]) {
      const parameter = Float64Array.of(1);
      reference.adamStep({
        parameters: [parameter],
        gradients: [Float64Array.of(-scale)],
        firstMoments: [new Float64Array(1)],
        secondMoments: [new Float64Array(1)],
        maxSecondMoments: null,
        lr: 0.1,
        beta1: 0.9,
        beta2: 0.999,
        eps: 0,
        weightDecay: 0,
        decoupled: false,
        step: 1,
      });
      expect(parameter[0]).toBeCloseTo(1.1, 12);
    }
  });

  it.each([
    ['Adam', {}, false],
    ['weight decay in the gradient', { weightDecay: 0.2 }, false],
    ['decoupled weight decay', { weightDecay: 0.2, decoupled: true }, false],
    ['AMSGrad', {}, true],
    ['AMSGrad with decoupled decay and a large eps', { weightDecay: 0.2, decoupled: true, eps: 0.1 }, true],
  ])('%s, over three steps', (_, settings, amsgrad) => {
    expect(runAdam(settings, amsgrad)).toBeCloseTo(adamByDefinition(settings, amsgrad), 13);
  });
});

/** The moments as sums over all past gradients, not by recurrence. */
function adamByDefinition(
  { weightDecay = 0, decoupled = false, eps = 1e-8 }: Partial<AdamStep>,
  amsgrad: boolean,
) {
  const average = (beta: number, values: number[]) =>
    values.reduce((sum, value, i) => sum + (1 - beta) * beta ** (values.length - 1 - i) * value, 0);
  const seen: number[] = [];
  let w = 1;
  for (const gradient of gradients) {
    seen.push(decoupled ? gradient : gradient + weightDecay * w);
    const t = seen.length;
    const squares = seen.map((g) => g * g);
    const history = squares.map((_, i) => average(0.99, squares.slice(0, i + 1)));
    const second = amsgrad ? Math.max(...history) : history[t - 1];
    const move = average(0.9, seen) / (1 - 0.9 ** t) / (Math.sqrt(second / (1 - 0.99 ** t)) + eps);
    w = (decoupled ? w * (1 - 0.1 * weightDecay) : w) - 0.1 * move;
  }
  return w;
}

describe('gradient norms', () => {
  const arrays = [Float32Array.of(3, 4), Float32Array.of(12)];

  it('sumOfSquares adds over all arrays, in double', () => {
    expect(reference.sumOfSquares(arrays)).toBe(169);
    expect(reference.sumOfSquares([Float32Array.of(1e30)])).toBeCloseTo(1e60, -54);
    expect(reference.sumOfSquares([])).toBe(0);
  });

  it('scaleInPlace scales every value', () => {
    reference.scaleInPlace(arrays, 0.5);
    expect(arrays).toEqual([Float32Array.of(1.5, 2), Float32Array.of(6)]);
  });
});

describe('memory', () => {
  it("is the garbage collector's: nothing is owned, and a lasting array is a copy", () => {
    const data = Float32Array.of(1, 2);
    const copy = reference.lasting(data);
    expect(copy).toEqual(data);
    expect(copy).not.toBe(data);
    expect(reference.owns(copy)).toBe(false);
  });
});
