import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  NDArray,
  SetView,
  StandardizeInput,
  StandardizeOptions,
} from '../../../src/kernels/contract.ts';
import { reference } from '../../../src/kernels/reference/reference.ts';
import { at, define, expectClose, float32, inner, normals, numericalGradient } from './arrays.ts';

const layerNorm: StandardizeOptions = { eps: 1e-5, epsInside: true, ddof: 0, center: true };
const needs = { x: true, gamma: true, beta: true, residual: true };
const through = { mean: true, variance: true };

const sides = fc.integer({ min: 1, max: 4 });
const views = fc.record<SetView>({ n: sides, p: sides, g: sides, k: sides });
const largerThanOne = views.filter(({ p, k }) => p * k > 1);
const options = fc.record<StandardizeOptions>({
  eps: fc.constantFrom(1e-5, 1e-3, 0.5),
  epsInside: fc.boolean(),
  ddof: fc.constantFrom(0, 1),
  center: fc.boolean(),
});

/** x as [n, p, g, k], its affine parameters and a residual, all random. */
function draw(view: SetView, seed: number | string, offset = 0) {
  const { n, p, g, k } = view;
  const x = normals(`x${seed}`, [n, p, g, k]);
  return {
    x: { shape: x.shape, data: x.data.map((v) => v + offset) },
    gamma: normals(`gamma${seed}`, [g, k]),
    beta: normals(`beta${seed}`, [g * k]),
    residual: normals(`residual${seed}`, [n, p, g, k]),
    dy: normals(`dy${seed}`, [n, p, g, k]),
  };
}

/** mu and sigma of one set, by collecting its values. */
function moments(
  x: NDArray,
  view: SetView,
  n: number,
  g: number,
  { eps, epsInside, ddof, center }: StandardizeOptions,
) {
  const values = [...define([view.p, view.k], (p, k) => at(x, n, p, g, k)).data];
  const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
  const mu = center ? mean(values) : 0;
  const variance = (mean(values.map((v) => (v - mu) ** 2)) * values.length) / (values.length - ddof);
  return { mu, variance, sigma: epsInside ? Math.sqrt(variance + eps) : Math.sqrt(variance) + eps };
}

function allGradients(input: StandardizeInput, dy: NDArray, paths = through) {
  const { y, statistics } = reference.standardize(input);
  return reference.standardizeBackward({ ...input, dy, y, statistics, through: paths, needs });
}

describe('standardize', () => {
  it('follows its definition over every kind of set', () => {
    const flags = fc.record({ affine: fc.boolean(), residual: fc.boolean(), relu: fc.boolean() });
    fc.assert(
      fc.property(largerThanOne, options, flags, fc.nat(), (view, opts, use, seed) => {
        const { x, gamma, beta, residual } = draw(view, seed);
        const { y, statistics } = reference.standardize({
          x,
          view,
          gamma: use.affine ? gamma : null,
          beta: use.affine ? beta : null,
          residual: use.residual ? residual : null,
          relu: use.relu,
          options: opts,
        });
        const expected = define(x.shape, (n, p, g, k) => {
          const { mu, sigma } = moments(x, view, n, g, opts);
          let value = (at(x, n, p, g, k) - mu) / sigma;
          if (use.affine) value = value * at(gamma, g, k) + at(beta, g * view.k + k);
          if (use.residual) value += at(residual, n, p, g, k);
          return use.relu ? Math.max(value, 0) : value;
        });
        expectClose(y, expected, 1e-9);
        const sets = [view.n, view.g];
        expectClose(
          statistics.mean,
          define(sets, (n, g) => moments(x, view, n, g, opts).mu),
        );
        expectClose(
          statistics.variance,
          define(sets, (n, g) => moments(x, view, n, g, opts).variance),
        );
      }),
    );
  });

  it('reads the index sets of the usual norms off one image batch', () => {
    const x = normals('images', [3, 2, 5, 6]);
    const sets: [SetView, number[]][] = [
      [{ n: 1, p: 30, g: 6, k: 1 }, [0, 1, 2]],
      [{ n: 3, p: 10, g: 6, k: 1 }, [1, 2]],
      [{ n: 30, p: 1, g: 1, k: 6 }, [3]],
      [{ n: 3, p: 1, g: 1, k: 60 }, [1, 2, 3]],
    ];
    for (const [view, axes] of sets) {
      const { y } = reference.standardize({ x, view, gamma: null, beta: null, options: layerNorm });
      const centred = reference.binary('sub', x, reference.reduce('mean', x, axes));
      const variance = reference.reduce('mean', reference.unary('square', centred), axes);
      const sigma = reference.unary('sqrt', reference.unary('affine', variance, 1, layerNorm.eps));
      expectClose(y, reference.binary('div', centred, sigma), 1e-12);
    }
  });

  it('keeps its digits at an offset of 1e4, where E[x^2] - E[x]^2 loses them', () => {
    const view = { n: 4, p: 1, g: 1, k: 64 };
    const { x } = draw(view, 'offset', 1e4);
    const single = float32(x);
    const input = { view, gamma: null, beta: null, options: layerNorm };
    const { y } = reference.standardize({ ...input, x: single });
    // The same float32 values, moved to zero without error.
    const moved = { shape: x.shape, data: Float64Array.from(single.data, (v) => v - 1e4) };
    expectClose(y, reference.standardize({ ...input, x: moved }).y, 1e-6);
  });

  it('gives exactly 0 for a constant set, and dx = (g - mean g) / sigma', () => {
    for (const epsInside of [true, false]) {
      const view = { n: 2, p: 3, g: 2, k: 7 };
      const { dy } = draw(view, 'constant');
      const x = { shape: dy.shape, data: new Float64Array(dy.data.length).fill(0.1) };
      const opts = { ...layerNorm, epsInside };
      const input = { x, view, gamma: null, beta: null, options: opts };
      expect(reference.standardize(input).y.data.every((v) => v === 0)).toBe(true);
      const centred = reference.binary('sub', dy, reference.reduce('mean', dy, [1, 3]));
      const { dx } = allGradients(input, dy);
      expectClose(dx, reference.unary('affine', centred, epsInside ? 1 / Math.sqrt(1e-5) : 1e5, 0));
    }
  });

  it('with given statistics is an affine map of x', () => {
    const view = { n: 1, p: 6, g: 3, k: 1 };
    const { x, gamma, beta, dy } = draw(view, 'given');
    const given = { mean: normals('mean', [1, 3]), variance: define([1, 3], (_, g) => 0.5 + g) };
    const input = { x, view, gamma, beta, options: layerNorm, given };
    const scale = (c: number) => at(gamma, c, 0) / Math.sqrt(0.5 + c + 1e-5);
    const { y } = reference.standardize(input);
    expectClose(
      y,
      define(x.shape, (n, p, c, k) => scale(c) * (at(x, n, p, c, k) - at(given.mean, 0, c)) + at(beta, c)),
    );
    const { dx } = allGradients(input, dy, { mean: false, variance: false });
    expectClose(
      dx,
      define(x.shape, (n, p, c, k) => scale(c) * at(dy, n, p, c, k)),
    );
  });
});

describe('standardizeBackward', () => {
  it('agrees with differences of the forward pass', () => {
    fc.assert(
      fc.property(largerThanOne, options, fc.boolean(), fc.nat(), (view, opts, relu, seed) => {
        const { x, gamma, beta, residual, dy } = draw(view, seed);
        const input = { x, view, gamma, beta, residual, relu, options: opts };
        const { y } = reference.standardize(input);
        // Away from the kink of the relu and from the pole of 1 / s.
        const sets = define([view.n, view.g], (n, g) => moments(x, view, n, g, opts).variance);
        fc.pre(!relu || y.data.every((v) => v === 0 || v > 1e-3));
        fc.pre(sets.data.every((variance) => variance > 0.05));
        const preactivation = reference.standardize({ ...input, relu: false }).y;
        fc.pre(!relu || preactivation.data.every((v) => Math.abs(v) > 1e-3));
        const { dx, dgamma, dbeta, dresidual } = allGradients(input, dy);
        const along = (name: 'x' | 'gamma' | 'beta' | 'residual') =>
          numericalGradient(
            (moved) => inner(reference.standardize({ ...input, [name]: moved }).y, dy),
            input[name],
          );
        expectClose(dx, along('x'), 1e-7);
        expectClose(dgamma, { ...along('gamma'), shape: [view.g * view.k] }, 1e-8);
        expectClose(dbeta, along('beta'), 1e-8);
        expectClose(dresidual, along('residual'), 1e-8);
      }),
      { numRuns: 60 },
    );
  });

  it('sums to zero over a centred set, and nearly so against xHat', () => {
    fc.assert(
      fc.property(largerThanOne, fc.constantFrom(0, 1), fc.nat(), (view, ddof, seed) => {
        const { x, gamma, dy } = draw(view, seed);
        const opts: StandardizeOptions = { ...layerNorm, ddof: ddof as 0 | 1 };
        const { dx } = allGradients({ x, view, gamma, beta: null, options: opts }, dy);
        const scale = Math.max(...dx!.data.map(Math.abs), 1);
        expectClose(
          reference.reduce('sum', dx!, [1, 3]),
          define([view.n, 1, view.g, 1], () => 0),
          1e-11 * scale,
        );

        // sum dx xHat = sum(g xHat) eps / sigma^3, exactly.
        const xHat = reference.standardize({ x, view, gamma: null, beta: null, options: opts }).y;
        const g = reference.binary('mul', reference.binary('mul', dy, gamma), xHat);
        const left = reference.reduce('sum', reference.binary('mul', dx!, xHat), [1, 3]);
        const right = reference.reduce('sum', g, [1, 3]);
        const expected = define(left.shape, (n, _, set) => {
          const { sigma } = moments(x, view, n, set, opts);
          return (at(right, n, 0, set, 0) * opts.eps) / sigma ** 3;
        });
        expectClose(left, expected, 1e-10 * scale);
      }),
    );
  });

  it('adds one term per path from the statistics back to x', () => {
    const view = { n: 2, p: 3, g: 2, k: 2 };
    const { x, gamma, dy } = draw(view, 'paths');
    for (const epsInside of [true, false]) {
      const input = { x, view, gamma, beta: null, options: { ...layerNorm, eps: 0.1, epsInside } };
      const { dx } = allGradients(input, dy);
      const neither = allGradients(input, dy, { mean: false, variance: false }).dx!;
      const onlyMean = allGradients(input, dy, { mean: true, variance: false }).dx!;
      const onlyVariance = allGradients(input, dy, { mean: false, variance: true }).dx!;
      const both = reference.binary('sub', reference.binary('add', onlyMean, onlyVariance), neither);
      expectClose(dx, both);

      const { statistics } = reference.standardize(input);
      const detached = (moved: NDArray) =>
        inner(reference.standardize({ ...input, x: moved, given: statistics }).y, dy);
      expectClose(neither, numericalGradient(detached, x), 1e-8);
    }
  });

  it('of a set of two is of the order of eps; of a set of one it is 0', () => {
    const two = draw({ n: 1, p: 2, g: 8, k: 1 }, 'two');
    const pairs = {
      x: two.x,
      view: { n: 1, p: 2, g: 8, k: 1 },
      gamma: null,
      beta: null,
      options: { ...layerNorm, eps: 0 },
    };
    const dx = allGradients(pairs, two.dy).dx!;
    expectClose(
      dx,
      define(dx.shape, () => 0),
      1e-10,
    );

    const view = { n: 5, p: 1, g: 3, k: 1 };
    const one = draw(view, 'one');
    const alone = allGradients({ x: one.x, view, gamma: null, beta: null, options: layerNorm }, one.dy);
    expect(alone.dx!.data.every((v) => v === 0)).toBe(true);
  });

  it('returns dy itself as the gradient of a residual without relu, and null for what is not needed', () => {
    const view = { n: 2, p: 3, g: 1, k: 2 };
    const { x, dy, residual } = draw(view, 'needs');
    const input = { x, view, gamma: null, beta: null, residual, options: layerNorm };
    expect(allGradients(input, dy).dresidual).toBe(dy);
    const { y, statistics } = reference.standardize(input);
    const nothing = { x: false, gamma: false, beta: false, residual: false };
    expect(reference.standardizeBackward({ ...input, dy, y, statistics, through, needs: nothing })).toEqual({
      dx: null,
      dgamma: null,
      dbeta: null,
      dresidual: null,
    });
  });
});
