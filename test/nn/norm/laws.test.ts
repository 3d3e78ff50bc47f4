import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add, linear, noGrad, reshape, Tensor, wrap } from '../../../src/autograd/index.ts';
import { withForm } from '../../../src/nn/norm/core/fused.ts';
import { type NormEntry, type NormOptions, registry } from '../../../src/nn/norm/registry.ts';
import {
  buildLayer,
  formsOf,
  gradientOf,
  largest,
  normal,
  pass,
  relativeDifference,
  setsOf,
} from './layers.ts';

/**
 * The algebraic laws of norms (docs/mathematics.md, T1 to T10), for every norm of the registry that they apply to, over random shapes, groups,
 * parameters, inputs and upstreams, in float64, in the written form and in the fused one. They need no other implementation to compare with.
 */
interface Sample {
  shape: [number, number, number, number];
  options: NormOptions;
  seed: number;
}

/** Shapes with everything odd that fits: N = 1, H != W, C not a multiple of 4, one group, groups = C. */
const samples: fc.Arbitrary<Sample> = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 2, max: 5 }),
    fc.integer({ min: 1, max: 7 }),
    fc.nat(),
    fc.nat(),
  )
  .map(([n, h, w, c, which, seed]) => {
    const divisors = Array.from({ length: c }, (_, i) => i + 1).filter((g) => c % g === 0);
    return { shape: [n, h, w, c], options: { groups: divisors[which % divisors.length] }, seed };
  });

function law(
  name: string,
  applies: (entry: NormEntry) => boolean,
  check: (entry: NormEntry, s: Sample) => void,
) {
  describe(name, () => {
    for (const entry of registry.filter(applies)) {
      test.each(formsOf(entry))(`${entry.name}, %s`, (form) => {
        fc.assert(
          fc.property(samples, (sample) => {
            fc.pre(sample.shape[3] >= entry.leastFeatures);
            withForm(form, () => check(entry, sample));
          }),
          { numRuns: 40, seed: 20261122 },
        );
      });
    }
  });
}

const all = () => true;
const ofActivations = (entry: NormEntry) => entry.kind === 'activation';
const overSets = (entry: NormEntry) => entry.view !== null;
const centred = (entry: NormEntry) => entry.view !== null && entry.centred;
const batchDependent = (entry: NormEntry) => entry.dependsOnBatch === 'training';

/** The sets of a sample; `viewOf(...).m` of them are at least `smallest`, or the sample is skipped. */
function viewOf(entry: NormEntry, { shape, options }: Sample, smallest = 1) {
  const view = entry.view!(shape, options);
  fc.pre(view.p * view.k >= smallest);
  return view;
}

function featuresOf({ shape }: Sample): number {
  return shape[3];
}

law('T1: dx sums to 0 over each set', centred, (entry, sample) => {
  const view = viewOf(entry, sample);
  const layer = buildLayer(entry, featuresOf(sample), sample.options, sample.seed);
  const { dx } = pass(layer, sample.shape, normal(sample.shape, sample.seed), normal(sample.shape, 'dy'));
  for (const set of setsOf(view)) {
    const sum = set.reduce((total, { at }) => total + dx[at], 0);
    expect(Math.abs(sum)).toBeLessThan(1e-12 * (1 + largest(dx) * set.length));
  }
});

law('T2: sum dx xHat = (1/sigma) sum(g xHat) eps / sigma^2 over each set', overSets, (entry, sample) => {
  const view = viewOf(entry, sample, 2);
  const eps = 0.01;
  const layer = buildLayer(entry, featuresOf(sample), { ...sample.options, eps }, sample.seed);
  const x = normal(sample.shape, sample.seed);
  const dy = normal(sample.shape, 'dy');
  const { dx } = pass(layer, sample.shape, x, dy);
  const gamma = layer.namedParameters().get('gamma')?.data ?? new Float64Array(featuresOf(sample)).fill(1);
  for (const set of setsOf(view)) {
    const mean = entry.centred ? set.reduce((sum, { at }) => sum + x[at], 0) / set.length : 0;
    const variance = set.reduce((sum, { at }) => sum + (x[at] - mean) ** 2, 0) / set.length;
    const sigma = Math.sqrt(variance + eps);
    const sum = (of: (at: number, feature: number) => number) =>
      set.reduce((total, { at, feature }) => total + of(at, feature) * ((x[at] - mean) / sigma), 0);
    const left = sum((at) => dx[at]);
    const right = (sum((at, feature) => gamma[feature] * dy[at]) / sigma) * (eps / sigma ** 2);
    expect(Math.abs(left - right)).toBeLessThan(1e-11 * (1 + largest(dx) * set.length));
  }
});

law('T3: all gradients are linear in the upstream', all, (entry, sample) => {
  const layer = buildLayer(entry, featuresOf(sample), sample.options, sample.seed);
  const x = normal(sample.shape, sample.seed);
  const [u, v] = [normal(sample.shape, 'u'), normal(sample.shape, 'v')];
  const of = (dy: Float64Array): Record<string, Float64Array> => {
    const { dx, gradients } = pass(layer, sample.shape, x, dy);
    return { x: dx, ...gradients };
  };
  const [du, dv] = [of(u), of(v)];
  for (const t of [-2, 0.5, 1e3]) {
    const both = of(u.map((value, i) => t * value + v[i]));
    for (const [name, gradient] of Object.entries(both)) {
      const difference = gradient.map((value, i) => value - (t * du[name][i] + dv[name][i]));
      const scale = Math.abs(t) * (largest(du[name]) + largest(u));
      expect(largest(difference) / scale, name).toBeLessThan(1e-11);
    }
  }
});

law('T4: with eps = 0, y(a x + b) = y(x) and dx(a x + b) = dx(x) / a', overSets, (entry, sample) => {
  viewOf(entry, sample, 3);
  const layer = buildLayer(entry, featuresOf(sample), { ...sample.options, eps: 0, affine: false }, 0);
  const x = normal(sample.shape, sample.seed);
  const dy = normal(sample.shape, 'dy');
  const shift = entry.centred ? 3 : 0;
  const original = pass(layer, sample.shape, x, dy);
  for (const a of [2.5, -0.3]) {
    // With a < 0, xHat changes its sign, and with the upstream's sign changed too, L is the same function of x
    const sign = Math.sign(a);
    const moved = pass(
      layer,
      sample.shape,
      x.map((value) => a * value + shift),
      dy.map((value) => sign * value),
    );
    const y = original.y.map((value) => sign * value);
    expect(relativeDifference(moved.y, y)).toBeLessThan(1e-10);
    const dx = original.dx.map((value) => value / a);
    expect(largest(moved.dx.map((value, i) => value - dx[i]))).toBeLessThan(
      1e-8 * (largest(dx) + largest(dy)),
    );
  }
});

law('T5: weights in front of a norm have no gradient along themselves', overSets, (entry, sample) => {
  viewOf(entry, sample, 3);
  const [n, h, w, c] = sample.shape;
  const layer = buildLayer(entry, c, { ...sample.options, eps: 0 }, sample.seed);
  const u = wrap(normal([n * h * w, 3], sample.seed), [n * h * w, 3]);
  const dy = wrap(normal(sample.shape, 'dy'), sample.shape);
  const gradientAt = (scale: number) => {
    const weight = new Tensor(
      normal([3, c], 'weight').map((value) => scale * value),
      [3, c],
      { requiresGrad: true },
    );
    layer.forward(reshape(linear(u, weight, null), sample.shape)).backward({ gradient: dy });
    return { weight: Float64Array.from(weight.data), gradient: gradientOf(weight) };
  };
  const { weight, gradient } = gradientAt(1);
  const along = weight.reduce((sum, value, i) => sum + value * gradient[i], 0);
  const length = Math.sqrt(weight.reduce((sum, value) => sum + value ** 2, 0));
  expect(Math.abs(along)).toBeLessThan(1e-9 * (1 + largest(gradient)) * length);
  // Three times the weight has a third of the gradient: what makes weight decay raise the effective learning rate
  const tripled = gradientAt(3).gradient.map((value) => 3 * value);
  expect(largest(tripled.map((value, i) => value - gradient[i]))).toBeLessThan(
    1e-9 * (1 + largest(gradient)),
  );
});

law(
  'T5: a bias in front of a centred norm is dead, as far as its set shares it',
  centred,
  (entry, sample) => {
    const view = viewOf(entry, sample, 2);
    const [, , , c] = sample.shape;
    const layer = buildLayer(entry, c, sample.options, sample.seed);
    const bias = new Tensor(normal([c], 'bias'), [c], { requiresGrad: true });
    const x = wrap(normal(sample.shape, sample.seed), sample.shape);
    layer.forward(add(x, bias)).backward({ gradient: wrap(normal(sample.shape, 'dy'), sample.shape) });
    for (let group = 0; group < view.g; group++) {
      const shared = gradientOf(bias).subarray(group * view.k, (group + 1) * view.k);
      const sum = shared.reduce((total, value) => total + value, 0);
      expect(Math.abs(sum)).toBeLessThan(1e-10 * (1 + largest(gradientOf(bias))) * (x.size / c));
    }
  },
);

law(
  'T6: a sample’s result depends on no other sample, unless the registry says so',
  ofActivations,
  (entry, sample) => {
    const [n] = sample.shape;
    fc.pre(n > 1 && sample.shape[1] * sample.shape[2] * sample.shape[3] > 11); // so many that max(A, B) is A somewhere
    const layer = buildLayer(entry, featuresOf(sample), sample.options, sample.seed);
    const size = sample.shape.slice(1).reduce((a, b) => a * b, 1);
    const x = normal(sample.shape, sample.seed);
    const others = x.map((value, i) => (i < size ? value : 2 * value - 1));
    const onlyFirst = normal(sample.shape, 'dy').map((value, i) => (i < size ? value : 0));
    const [before, after] = [x, others].map((input) => pass(layer, sample.shape, input, onlyFirst));
    const sameY = relativeDifference(before.y.slice(0, size), after.y.slice(0, size)) === 0;
    const elsewhere = largest(before.dx.slice(size));
    if (entry.dependsOnBatch === 'never') {
      expect(sameY).toBe(true);
      expect(elsewhere).toBe(0);
    } else {
      expect(sameY).toBe(false);
    }
    layer.eval();
    const [evalBefore, evalAfter] = [x, others].map((input) => pass(layer, sample.shape, input, onlyFirst));
    expect(evalAfter.y.slice(0, size)).toEqual(evalBefore.y.slice(0, size));
    expect(largest(evalBefore.dx.slice(size))).toBe(0);
  },
);

law('T8: evaluation leaves the running statistics alone', batchDependent, (entry, sample) => {
  const layer = buildLayer(entry, featuresOf(sample), sample.options, sample.seed);
  const x = normal(sample.shape, sample.seed);
  noGrad(() => layer.forward(wrap(x, sample.shape), { relu: layer.activates }));
  const buffers = () => [...layer.namedBuffers().values()].map((buffer) => buffer.toArray());
  const trained = buffers();
  layer.eval();
  pass(layer, sample.shape, normal(sample.shape, 'other'), normal(sample.shape, 'dy'));
  expect(buffers()).toEqual(trained);
  layer.train();
  pass(layer, sample.shape, normal(sample.shape, 'other'), normal(sample.shape, 'dy'));
  expect(buffers()).not.toEqual(trained);
});

law(
  'T9: a constant input gives beta exactly, and dx = (g - mean(g)) / sqrt(eps)',
  centred,
  (entry, sample) => {
    const view = viewOf(entry, sample);
    const eps = 1e-5;
    const layer = buildLayer(entry, featuresOf(sample), { ...sample.options, eps }, sample.seed);
    const [value] = normal([1], sample.seed);
    const x = new Float64Array(sample.shape.reduce((a, b) => a * b)).fill(1000 * value);
    const dy = normal(sample.shape, 'dy');
    const { y, dx } = pass(layer, sample.shape, x, dy);
    const parameters = layer.namedParameters();
    const all = new Float64Array(featuresOf(sample));
    const gamma = parameters.get('gamma')?.data ?? all.slice().fill(1);
    const beta = parameters.get('beta')?.data ?? all;
    for (const set of setsOf(view)) {
      const mean = set.reduce((sum, { at, feature }) => sum + gamma[feature] * dy[at], 0) / set.length;
      for (const { at, feature } of set) {
        expect(y[at]).toBe(beta[feature]);
        const expected = (gamma[feature] * dy[at] - mean) / Math.sqrt(eps);
        expect(Math.abs(dx[at] - expected)).toBeLessThan(1e-10);
      }
    }
  },
);

law('T9: zeros give finite results and gradients', all, (entry, sample) => {
  const layer = buildLayer(entry, featuresOf(sample), sample.options, sample.seed);
  const zeros = new Float64Array(sample.shape.reduce((a, b) => a * b));
  const { y, dx, gradients } = pass(layer, sample.shape, zeros, normal(sample.shape, 'dy'));
  for (const values of [y, dx, ...Object.values(gradients)]) expect(values.every(Number.isFinite)).toBe(true);
});

law('T10: buffers are outside of the graph', all, (entry, sample) => {
  const layer = buildLayer(entry, featuresOf(sample), sample.options, sample.seed);
  pass(layer, sample.shape, normal(sample.shape, sample.seed), normal(sample.shape, 'dy'));
  for (const buffer of layer.namedBuffers().values()) {
    expect([buffer.node, buffer.requiresGrad, buffer.grad]).toEqual([null, false, null]);
  }
});
