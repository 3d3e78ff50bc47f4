import { add, linear, noGrad, reshape, Tensor, wrap } from '../autograd/index.ts';
import { learnsShift } from '../nn/norm/core/norm.ts';
import type { NormEntry, NormOptions } from '../nn/norm/registry.ts';
import { buildLayer, gradientOf, largest, normal, pass, relativeDifference, setsOf } from './passes.ts';

/**
 * The algebraic laws of norms (docs/mathematics.md, T1 to T10), in float64, in the written form and in the fused one. They need no
 * other implementation to compare with. Which of them a norm has to obey is read off what its file says of it: `view` and `centred`
 * (T1, T2, T4, T5, T9), `dependsOnBatch` (T6, T8).
 */
export interface Law {
  /** `T1`. */
  id: string;
  says: string;
  applies: (entry: NormEntry) => boolean;
  /** Whether the sample shows anything: too few values in a set, say, show nothing. */
  fits?: (entry: NormEntry, sample: LawSample) => boolean;
  /** Throws where the law does not hold. */
  check: (entry: NormEntry, sample: LawSample) => void;
}

/** Images [N, H, W, C], and what parameters and numbers are drawn from. */
export interface LawSample {
  shape: readonly [number, number, number, number];
  options: NormOptions;
  seed: number;
}

const all = () => true;
const overSets = ({ view }: NormEntry) => view !== null;
/** Those that are told eps: it is 0 in some laws, and large in another. */
const withEps = (entry: NormEntry) => overSets(entry) && takesEps(entry);
const centred = (entry: NormEntry) => overSets(entry) && entry.centred;
const featuresOf = ({ shape }: LawSample) => shape[3];
const viewOf = (entry: NormEntry, { shape, options }: LawSample) => entry.view!(shape, options);
/** So many values in a set, at least. */
const setsOfAtLeast = (least: number) => (entry: NormEntry, sample: LawSample) => {
  const { p, k } = viewOf(entry, sample);
  return p * k >= least;
};

export const laws: readonly Law[] = [
  {
    id: 'T1',
    says: 'dx sums to 0 over each set',
    applies: centred,
    check(entry, sample) {
      const layer = layerOf(entry, sample);
      const { dx } = pass(layer, sample.shape, xOf(sample), dyOf(sample));
      for (const set of setsOf(viewOf(entry, sample))) {
        const sum = set.reduce((total, { at }) => total + dx[at], 0);
        hold('the sum of dx over a set', sum, 0, 1e-12 * (1 + largest(dx) * set.length));
      }
    },
  },
  {
    id: 'T2',
    says: 'sum dx xHat = (1/sigma) sum(g xHat) eps / sigma^2 over each set',
    applies: withEps,
    fits: setsOfAtLeast(2),
    check(entry, sample) {
      const eps = 0.01;
      const layer = layerOf(entry, sample, { eps });
      const x = xOf(sample);
      const dy = dyOf(sample);
      const { dx } = pass(layer, sample.shape, x, dy);
      const gamma =
        layer.namedParameters().get('gamma')?.data ?? new Float64Array(featuresOf(sample)).fill(1);
      for (const set of setsOf(viewOf(entry, sample))) {
        const mean = entry.centred ? set.reduce((sum, { at }) => sum + x[at], 0) / set.length : 0;
        const variance = set.reduce((sum, { at }) => sum + (x[at] - mean) ** 2, 0) / set.length;
        const sigma = Math.sqrt(variance + eps);
        const sum = (of: (at: number, feature: number) => number) =>
          set.reduce((total, { at, feature }) => total + of(at, feature) * ((x[at] - mean) / sigma), 0);
        const right = (sum((at, feature) => gamma[feature] * dy[at]) / sigma) * (eps / sigma ** 2);
        hold(
          'sum dx xHat',
          sum((at) => dx[at]),
          right,
          1e-11 * (1 + largest(dx) * set.length),
        );
      }
    },
  },
  {
    id: 'T3',
    says: 'all gradients are linear in the upstream',
    applies: all,
    check(entry, sample) {
      const layer = layerOf(entry, sample);
      const x = xOf(sample);
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
          hold(`d${name} of ${t} u + v, beside ${t} du + dv`, largest(difference) / scale, 0, 1e-11);
        }
      }
    },
  },
  {
    id: 'T4',
    says: 'with eps = 0, y(a x + b) = y(x) and dx(a x + b) = dx(x) / a',
    applies: withEps,
    fits: setsOfAtLeast(3),
    check(entry, sample) {
      const layer = buildLayer(entry, featuresOf(sample), { ...sample.options, eps: 0, affine: false }, 0);
      const x = xOf(sample);
      const dy = dyOf(sample);
      const shift = entry.centred ? 3 : 0;
      const original = pass(layer, sample.shape, x, dy);
      // A learned shift has no sign to change
      for (const a of learnsShift(layer) ? [2.5] : [2.5, -0.3]) {
        // With a < 0, xHat changes its sign, and with the upstream's sign changed too, L is the same function of x
        const sign = Math.sign(a);
        const moved = pass(
          layer,
          sample.shape,
          x.map((value) => a * value + shift),
          dy.map((value) => sign * value),
        );
        const y = original.y.map((value) => sign * value);
        hold(`y of ${a} x + ${shift}, beside that of x`, relativeDifference(moved.y, y), 0, 1e-10);
        const dx = original.dx.map((value) => value / a);
        const difference = largest(moved.dx.map((value, i) => value - dx[i]));
        hold(
          `dx of ${a} x + ${shift}, beside 1 / ${a} of that of x`,
          difference,
          0,
          1e-8 * (largest(dx) + largest(dy)),
        );
      }
    },
  },
  {
    id: 'T5',
    says: 'weights in front of a norm have no gradient along themselves',
    applies: withEps,
    fits: setsOfAtLeast(3),
    check(entry, sample) {
      const [n, h, w, c] = sample.shape;
      const layer = layerOf(entry, sample, { eps: 0 });
      const u = wrap(normal([n * h * w, 3], sample.seed), [n * h * w, 3]);
      const dy = wrap(dyOf(sample), sample.shape);
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
      hold('the gradient along the weights', along, 0, 1e-9 * (1 + largest(gradient)) * length);
      // Three times the weight has a third of the gradient: what makes weight decay raise the effective learning rate
      const tripled = gradientAt(3).gradient.map((value, i) => 3 * value - gradient[i]);
      hold(
        '3 times the gradient at 3 w, beside that at w',
        largest(tripled),
        0,
        1e-9 * (1 + largest(gradient)),
      );
    },
  },
  {
    id: 'T5',
    says: 'a bias in front of a centred norm is dead, as far as its set shares it',
    applies: centred,
    fits: setsOfAtLeast(2),
    check(entry, sample) {
      const view = viewOf(entry, sample);
      const c = featuresOf(sample);
      const layer = layerOf(entry, sample);
      const bias = new Tensor(normal([c], 'bias'), [c], { requiresGrad: true });
      const x = wrap(xOf(sample), sample.shape);
      layer.forward(add(x, bias)).backward({ gradient: wrap(dyOf(sample), sample.shape) });
      for (let group = 0; group < view.g; group++) {
        const shared = gradientOf(bias).subarray(group * view.k, (group + 1) * view.k);
        const sum = shared.reduce((total, value) => total + value, 0);
        hold('the gradient of the bias', sum, 0, 1e-10 * (1 + largest(gradientOf(bias))) * (x.size / c));
      }
    },
  },
  {
    id: 'T6',
    says: "a sample's result depends on no other sample, unless its file says so (dependsOnBatch)",
    applies: ({ kind }) => kind === 'activation',
    // So many values that max(A, B) is A somewhere
    fits: (_, { shape: [n, h, w, c] }) => n > 1 && h * w * c > 11,
    check(entry, sample) {
      const layer = layerOf(entry, sample);
      const size = sample.shape.slice(1).reduce((a, b) => a * b, 1);
      const x = xOf(sample);
      const others = x.map((value, i) => (i < size ? value : 2 * value - 1));
      const onlyFirst = dyOf(sample).map((value, i) => (i < size ? value : 0));
      const compare = () => {
        const [before, after] = [x, others].map((input) => pass(layer, sample.shape, input, onlyFirst));
        return {
          moved: relativeDifference(before.y.slice(0, size), after.y.slice(0, size)),
          elsewhere: largest(before.dx.slice(size)),
        };
      };
      const { moved, elsewhere } = compare();
      if (entry.dependsOnBatch === 'never') {
        hold('y of the first sample, where the others change', moved, 0);
        hold('dx of the other samples, where L is of the first', elsewhere, 0);
      } else if (moved === 0) {
        throw new Error(
          "y of the first sample is the same whatever the others are, and dependsOnBatch is 'training'",
        );
      }
      layer.eval();
      const evaluated = compare();
      hold('in evaluation, y of the first sample, where the others change', evaluated.moved, 0);
      hold('in evaluation, dx of the other samples', evaluated.elsewhere, 0);
    },
  },
  {
    id: 'T8',
    says: 'evaluation leaves the running statistics alone',
    applies: ({ dependsOnBatch }) => dependsOnBatch === 'training',
    check(entry, sample) {
      const layer = layerOf(entry, sample);
      noGrad(() => layer.forward(wrap(xOf(sample), sample.shape), { relu: layer.activates }));
      const buffers = () =>
        JSON.stringify([...layer.namedBuffers().values()].map((buffer) => buffer.toArray()));
      const trained = buffers();
      layer.eval();
      pass(layer, sample.shape, normal(sample.shape, 'other'), dyOf(sample));
      if (buffers() !== trained) throw new Error('a forward pass in evaluation has changed its buffers');
      layer.train();
      pass(layer, sample.shape, normal(sample.shape, 'other'), dyOf(sample));
      if (buffers() === trained)
        throw new Error('a forward pass in training has changed none of its buffers');
    },
  },
  {
    id: 'T9',
    says: 'a constant input gives beta exactly, and dx = (g - mean(g)) / sqrt(eps)',
    applies: (entry) => centred(entry) && takesEps(entry),
    check(entry, sample) {
      const eps = 1e-5;
      const layer = layerOf(entry, sample, { eps });
      const [value] = normal([1], sample.seed);
      const x = new Float64Array(sizeOf(sample)).fill(1000 * value);
      const dy = dyOf(sample);
      const { y, dx } = pass(layer, sample.shape, x, dy);
      const parameters = layer.namedParameters();
      const none = new Float64Array(featuresOf(sample));
      const gamma = parameters.get('gamma')?.data ?? none.slice().fill(1);
      const beta = parameters.get('beta')?.data ?? none;
      for (const set of setsOf(viewOf(entry, sample))) {
        const mean = set.reduce((sum, { at, feature }) => sum + gamma[feature] * dy[at], 0) / set.length;
        for (const { at, feature } of set) {
          hold('y of a constant', y[at], beta[feature]);
          hold('dx of a constant', dx[at], (gamma[feature] * dy[at] - mean) / Math.sqrt(eps), 1e-10);
        }
      }
    },
  },
  {
    id: 'T9',
    says: 'zeros give finite results and gradients',
    applies: all,
    check(entry, sample) {
      const { y, dx, gradients } = pass(
        layerOf(entry, sample),
        sample.shape,
        new Float64Array(sizeOf(sample)),
        dyOf(sample),
      );
      for (const [name, values] of Object.entries({ y, dx, ...gradients })) {
        const odd = values.find((value) => !Number.isFinite(value));
        if (odd !== undefined)
          throw new Error(`of zeros, ${name === 'y' || name === 'dx' ? name : `d${name}`} is ${odd}`);
      }
    },
  },
  {
    id: 'T10',
    says: 'buffers are outside of the graph',
    applies: all,
    check(entry, sample) {
      const layer = layerOf(entry, sample);
      pass(layer, sample.shape, xOf(sample), dyOf(sample));
      for (const [name, { node, requiresGrad, grad }] of layer.namedBuffers()) {
        if (node !== null || requiresGrad || grad !== null)
          throw new Error(`the buffer ${name} is on the graph`);
      }
    },
  },
];

export function isFit(law: Law, entry: NormEntry, sample: LawSample): boolean {
  return featuresOf(sample) >= entry.leastFeatures && (law.fits?.(entry, sample) ?? true);
}

/** A norm of a user's may have an eps of its own, or none. */
function takesEps(entry: NormEntry): boolean {
  const shape = [2, 1, 3, Math.max(4, entry.leastFeatures)];
  const y = (eps: number) => {
    const layer = buildLayer(entry, shape[3], { eps, groups: 1 }, 0);
    return pass(layer, shape, normal(shape, 'x'), normal(shape, 'dy')).y;
  };
  return relativeDifference(y(0.01), y(1)) > 0;
}

function layerOf(entry: NormEntry, { shape, options, seed }: LawSample, more: NormOptions = {}) {
  return buildLayer(entry, shape[3], { ...options, ...more }, seed);
}

const xOf = ({ shape, seed }: LawSample) => normal(shape, seed);
const dyOf = ({ shape }: LawSample) => normal(shape, 'dy');
const sizeOf = ({ shape }: LawSample) => shape.reduce((a, b) => a * b);

/** Throws unless a number is what it should be, within `limit`; NaN is nothing. */
function hold(what: string, value: number, expected: number, limit = 0): void {
  if (value === expected || Math.abs(value - expected) < limit) return;
  throw new Error(`${what} is ${value.toPrecision(3)}, expected ${expected.toPrecision(3)}`);
}
