import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findNorm } from '../../src/nn/norm/createNorm.ts';
import { registry } from '../../src/nn/norm/registry.ts';
import { explainNorm } from '../../src/teach/explain.ts';
import type { Request } from '../../src/teach/request.ts';

const explain = (name: string, request: Request = {}) => explainNorm(findNorm(name), request);
const close = (values: readonly number[], expected: readonly number[], digits = 4) => {
  expect(values).toHaveLength(expected.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i], digits);
};

/** Rounded to four decimals from dx = (1/sigma)(g - mean g - xHat mean(g xHat)) by hand, with eps neglected. */
describe('LayerNorm of 1, 2, 3, 6 with dL/dy = 0.5, -1, 0.25, 1', () => {
  const e = explain('layer', { x: [[1, 2, 3, 6]], g: [[0.5, -1, 0.25, 1]] });
  const s = e.standardization!;

  it('has the forward pass', () => {
    expect(s.m).toBe(4);
    expect(s.sets[0]).toMatchObject({ mean: 3, variance: 3.5 });
    close(s.xHat, [-1.069, -0.5345, 0, 1.6036]);
  });

  it('has the three paths, which add up to dx', () => {
    close(s.direct, [0.2673, -0.5345, 0.1336, 0.5345]);
    close(s.viaMean!, [-0.1002, -0.1002, -0.1002, -0.1002]);
    close(s.viaVariance!, [0.2291, 0.1145, 0, -0.3436]);
    close(e.dx, [0.3961, -0.5202, 0.0334, 0.0907]);
  });

  // -sum dy / sigma = -0.75 / sqrt(3.5), and -sum dy (x - mu) / (2 sigma^3) = -3 / (2 * 3.5^1.5)
  it('has the derivatives by the statistics in between', () => {
    close([s.sets[0].dMean!, s.sets[0].dVariance!], [-0.4009, -0.2291]);
  });

  it('has their energies: 6.1 % + 27.8 % + 66.1 %', () => {
    close(
      [s.energy.mean, s.energy.variance, s.energy.kept, s.energy.expected],
      [0.061, 0.278, 0.661, 0.5],
      3,
    );
  });

  it('has gradients of gamma and beta', () => {
    close(e.learned.find(({ name }) => name === 'gamma')!.gradient, [-0.5345, 0.5345, 0, 1.6036]);
    close(e.learned.find(({ name }) => name === 'beta')!.gradient, [0.5, -1, 0.25, 1]);
  });

  it('agrees with finite differences, and both directions are gone', () => {
    expect(e.check.passed).toBe(true);
    expect(e.invariants.map(({ holds }) => holds)).toEqual([true, true]);
  });

  it('tells what each forgotten path costs', () => {
    close(
      e.forgetting.map(({ error }) => error),
      [0.1002, 0.3436, 0.4438],
    );
  });
});

describe('every norm of the registry', () => {
  it.each(registry.map(({ name }) => name))(
    '%s is explained, with a backward that the differences confirm',
    (name) => {
      const e = explain(name);
      expect(e.check.passed).toBe(true);
      expect(e.formula.length).toBeGreaterThan(0);
      expect(e.derivation.backward.length).toBeGreaterThan(0);
      // JSON has no NaN: it would become null
      expect(JSON.stringify(e)).not.toMatch(/[[,]null[\],]/);
    },
  );

  it.each(registry.map(({ name }) => name))('%s is explained in evaluation and on images', (name) => {
    expect(explain(name, { mode: 'eval' }).check.passed).toBe(true);
    const drawn = explain(name, { shape: [2, 2, 2, 2] });
    expect(drawn.check.passed).toBe(true);
    expect(drawn.picture!.jacobian).toHaveLength(16);
  });

  it.each(registry.filter(({ view }) => view !== null).map(({ name }) => name))(
    '%s, a standardization by its view, gets its paths',
    (name) => {
      expect(explain(name).standardization).not.toBeNull();
    },
  );
});

describe('the laws, whatever the numbers', () => {
  const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 });

  it.each(['layer', 'rms', 'batch', 'instance'])('%s: the energies add up to all of it', (name) => {
    fc.assert(
      fc.property(numbers, numbers, fc.double({ min: 0.5, max: 2, noNaN: true }), (x, g, gamma) => {
        fc.pre(g.some((value) => Math.abs(value) > 0.1));
        fc.pre(x.some((value) => Math.abs(value - x[0]) > 0.1));
        const { energy } = explain(name, { x: [x], g: [g], gamma: [gamma] }).standardization!;
        expect(energy.mean + energy.variance + energy.kept).toBeCloseTo(1, 9);
        expect(energy.mean).toBeGreaterThan(-1e-9);
        expect(energy.kept).toBeGreaterThan(-1e-9);
      }),
      { numRuns: 15 },
    );
  });
});

describe('reading the numbers', () => {
  it('takes one row for one set, whatever the sets are over', () => {
    const x = [[1, 2, 3, 6]];
    expect(explain('layer', { x }).shape).toEqual([1, 4]);
    expect(explain('batch', { x }).shape).toEqual([4, 1]);
    expect(explain('instance', { x }).shape).toEqual([1, 1, 4, 1]);
  });

  it('takes rows for samples', () => {
    const e = explain('batch', {
      x: [
        [1, 5],
        [2, 3],
        [6, 4],
      ],
    });
    expect(e.shape).toEqual([3, 2]);
    expect(e.standardization!.sets.map(({ mean }) => mean)).toEqual([3, 4]);
  });

  it('teaches with its errors', () => {
    expect(() => explain('layer', { x: [[1, 2], [3]] })).toThrow('rows of 2 and of 1');
    expect(() => explain('layer', { g: [[1]] })).toThrow('--g needs 4 numbers');
    expect(() => explain('layer', { gamma: [1, 2] })).toThrow('--gamma needs 1 or 4 numbers');
    expect(() => explain('rms', { beta: [1] })).toThrow('has no beta; the norm learns: gamma');
    expect(() => explain('layer', { x: [[1, 2, 3]], shape: [2, 2] })).toThrow('has 4 elements, --x has 3');
  });
});

describe('what goes wrong', () => {
  it('shows a detached path: the check fails, and the sum of dx is not 0', () => {
    const e = explain('layer', { detach: 'mean' });
    expect(e.standardization!.viaMean).toBeNull();
    expect(e.check).toMatchObject({ passed: false });
    expect(e.check.maxDiff).toBeCloseTo(0.1002, 4);
    expect(e.invariants.map(({ holds }) => holds)).toEqual([false, true]);
  });

  it('refuses to detach what has no switch for it', () => {
    expect(() => explain('scale', { detach: 'variance' })).toThrow('no switch');
  });

  it('shows that evaluation has the direct path alone', () => {
    const e = explain('batch', { mode: 'eval' });
    expect(e.standardization).toMatchObject({ constants: true, viaMean: null, viaVariance: null });
    // The running variance is the unbiased one: 3.5 * 4 / 3
    expect(e.standardization!.sets[0].variance).toBeCloseTo(14 / 3, 12);
    expect(e.check.passed).toBe(true);
  });

  it('shows that two values per set let no gradient through', () => {
    const e = explain('batch', { x: [[1], [3]] });
    expect(e.standardization!.energy.kept).toBeLessThan(1e-9);
    expect(e.notes.join()).toContain('±1');
  });

  it('stays finite for a constant set', () => {
    const e = explain('layer', { x: [[3, 3, 3, 3]] });
    expect(e.dx.every(Number.isFinite)).toBe(true);
    expect(e.check.passed).toBe(true);
  });

  it('counts gamma pulled out of the means among the mistakes where gamma differs inside a set', () => {
    const mistakes = (gamma: number[]) => explain('layer', { gamma }).forgetting.map(({ what }) => what);
    expect(mistakes([1, 2, 1, 0.5])).toContain('γ pulled out of the means');
    expect(mistakes([2])).not.toContain('γ pulled out of the means');
  });
});

describe('who talks to whom, on [2, 2, 2, 2]', () => {
  const drawn = (name: string) => explain(name, { shape: [2, 2, 2, 2] }).picture!;
  const members = (name: string) => drawn(name).members.filter(Boolean).length;

  it('has sets of 8, 8 and 4 elements for BatchNorm, LayerNorm and InstanceNorm', () => {
    expect([members('batch'), members('layer'), members('instance'), members('dyt')]).toEqual([8, 8, 4, 1]);
  });

  it('loses two directions per set', () => {
    expect([drawn('batch').rank, drawn('layer').rank, drawn('instance').rank, drawn('dyt').rank]).toEqual([
      16 - 2 * 2,
      16 - 2 * 2,
      16 - 2 * 4,
      16,
    ]);
  });

  it('couples samples in BatchNorm only', () => {
    expect(explain('batch', { shape: [2, 2, 2, 2] }).reach.join()).toContain('other samples');
    expect(explain('group', { shape: [2, 2, 2, 2] }).reach.join()).not.toContain('other samples');
  });
});

describe('evaluation with given running statistics', () => {
  const four = { x: [[1, 2, 4, 7]], mode: 'eval' } as const;

  it('takes them for mu and v', () => {
    const e = explain('batch', { ...four, running: [0.35, 1.6] });
    expect(e.standardization!.sets[0]).toMatchObject({ mean: 0.35, variance: 1.6 });
    close(e.y, [0.5139, 1.3044, 2.8856, 5.2573]);
    expect(e.check.passed).toBe(true);
    expect(e.notes).toContain('the running statistics are the given ones: runningMean 0.35, runningVar 1.6.');
  });

  it.each([
    ['batch', { x: four.x, running: [0, 1] }, '--running is for --mode eval'],
    ['batch', { ...four, running: [0] }, '--running needs 2 for BatchNorm (runningMean, runningVar), got 1'],
    ['batch', { ...four, running: [0, -1] }, 'runningVar must be at least 0, got -1'],
    ['layer', { ...four, running: [0, 1] }, 'LayerNorm keeps no running statistics'],
  ] as const)('refuses what does not fit: %s %o', (name, request, message) => {
    expect(() => explain(name, request)).toThrow(message);
  });
});
