import { checkStandardize } from '../checks.ts';
import type {
  NDArray,
  SetStatistics,
  SetView,
  StandardizeBackwardInput,
  StandardizeGradients,
  StandardizeInput,
  StandardizeOptions,
} from '../contract.ts';
import { fromDouble, zerosLike } from './results.ts';

/**
 * The norm kernel: x [n, p, g, k] is brought to mean 0 and variance 1 over sets of m = p * k values that share n and g.
 * A feature f = g * k + k' belongs to set floor(f / k) of its n, so every loop runs over n, p and the features, in the
 * order in which x lies in memory.
 */
export function standardize(input: StandardizeInput): { y: NDArray; statistics: SetStatistics } {
  const { x, view, gamma, beta, residual, relu, options } = input;
  checkStandardize(input);
  const { n, p } = view;
  const { features, setOf } = readView(view);
  const { mean, variance } = input.given ? doubles(input.given) : setStatistics(x, view, options);
  const rstd = variance.map((v) => reciprocalDeviation(v, options));
  const y = zerosLike(x, x.shape);
  for (let i = 0, at = 0; i < n * p; i++) {
    const sets = Math.floor(i / p) * view.g;
    for (let f = 0; f < features; f++, at++) {
      const set = sets + setOf[f];
      // Not x * scale + shift: only the difference is exactly 0 for a constant set.
      let value = (x.data[at] - mean[set]) * rstd[set];
      if (gamma) value *= gamma.data[f];
      if (beta) value += beta.data[f];
      if (residual) value += residual.data[at];
      y.data[at] = relu && value <= 0 ? 0 : value;
    }
  }
  const shape = [n, view.g];
  const statistics = input.given ?? {
    mean: { shape, data: mean },
    variance: { shape, data: variance },
  };
  return { y, statistics };
}

/**
 * With g = gamma dy behind the relu, xHat = (x - mu) / sigma, and c = ddof:
 *   eps inside:   dx = (1/sigma) [ g - (1/m) sum g - xHat sum(g xHat) / (m - c) ]                               (B1)
 *   eps outside:  dx = (g - (1/m) sum g) / (s + eps) - (x - mu) sum(g (x - mu)) / ((m - c) s (s + eps)^2)       (B2)
 * With sigma = s + eps, (B2) is (B1) with its last term times sigma / s; a constant set (s = 0) has no last term.
 * Without centring the mean's term is absent (B3). Each term belongs to one path: `through` switches them off.
 */
export function standardizeBackward(input: StandardizeBackwardInput): StandardizeGradients {
  const { dy, x, y, view, gamma, relu, options, through, needs } = input;
  const { n, p } = view;
  const { features, setOf } = readView(view);
  const { mean, variance } = doubles(input.statistics);
  const rstd = variance.map((v) => reciprocalDeviation(v, options));

  const d = relu ? zerosLike(dy, x.shape) : dy; // dy behind the relu
  if (relu) for (let i = 0; i < d.data.length; i++) d.data[i] = y.data[i] <= 0 ? 0 : dy.data[i];

  const dgamma = new Float64Array(features);
  const dbeta = new Float64Array(features);
  const sumG = new Float64Array(n * view.g);
  const sumGXHat = new Float64Array(n * view.g);
  for (let i = 0, at = 0; i < n * p; i++) {
    const sets = Math.floor(i / p) * view.g;
    for (let f = 0; f < features; f++, at++) {
      const set = sets + setOf[f];
      const xHat = (x.data[at] - mean[set]) * rstd[set];
      const g = gamma ? gamma.data[f] * d.data[at] : d.data[at];
      dgamma[f] += d.data[at] * xHat;
      dbeta[f] += d.data[at];
      sumG[set] += g;
      sumGXHat[set] += g * xHat;
    }
  }

  const result: StandardizeGradients = {
    dx: null,
    dgamma: needs.gamma ? fromDouble(dy, [features], dgamma) : null,
    dbeta: needs.beta ? fromDouble(dy, [features], dbeta) : null,
    dresidual: needs.residual ? d : null,
  };
  if (!needs.x) return result;

  const m = p * view.k;
  const meanTerm = sumG.map((sum) => (through.mean && options.center ? sum / m : 0));
  const varianceTerm = sumGXHat.map((sum, set) =>
    through.variance ? (sum / (m - options.ddof)) * deviationRatio(variance[set], options) : 0,
  );
  const dx = zerosLike(dy, x.shape);
  for (let i = 0, at = 0; i < n * p; i++) {
    const sets = Math.floor(i / p) * view.g;
    for (let f = 0; f < features; f++, at++) {
      const set = sets + setOf[f];
      const xHat = (x.data[at] - mean[set]) * rstd[set];
      const g = gamma ? gamma.data[f] * d.data[at] : d.data[at];
      dx.data[at] = rstd[set] * (g - meanTerm[set] - xHat * varianceTerm[set]);
    }
  }
  return { ...result, dx };
}

function readView({ g, k }: SetView) {
  const features = g * k;
  const setOf = new Int32Array(features);
  for (let f = 0; f < features; f++) setOf[f] = Math.floor(f / k);
  return { features, setOf };
}

/** Two passes: first the mean, then the squares of the differences from it. */
function setStatistics(x: NDArray, view: SetView, options: StandardizeOptions) {
  const { n, p, g, k } = view;
  const m = p * k;
  const { features, setOf } = readView(view);
  const mean = new Float64Array(n * g);
  const variance = new Float64Array(n * g);
  if (options.center) {
    // The mean is taken of the differences from the set's first value: that of a constant set is then exact.
    const first = new Float64Array(n * g);
    for (let set = 0; set < n * g; set++)
      first[set] = x.data[Math.floor(set / g) * p * features + (set % g) * k];
    for (let i = 0, at = 0; i < n * p; i++) {
      const sets = Math.floor(i / p) * g;
      for (let f = 0; f < features; f++, at++) mean[sets + setOf[f]] += x.data[at] - first[sets + setOf[f]];
    }
    for (let set = 0; set < n * g; set++) mean[set] = first[set] + mean[set] / m;
  }
  for (let i = 0, at = 0; i < n * p; i++) {
    const sets = Math.floor(i / p) * g;
    for (let f = 0; f < features; f++, at++) {
      const difference = x.data[at] - mean[sets + setOf[f]];
      variance[sets + setOf[f]] += difference * difference;
    }
  }
  for (let set = 0; set < n * g; set++) variance[set] /= m - options.ddof;
  return { mean, variance };
}

function doubles({ mean, variance }: SetStatistics) {
  return { mean: Float64Array.from(mean.data), variance: Float64Array.from(variance.data) };
}

/** 1 / sigma */
function reciprocalDeviation(variance: number, { eps, epsInside }: StandardizeOptions): number {
  return epsInside ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}

/** sigma / s for eps outside the root, where d sigma / d v = 1 / (2 s) and not 1 / (2 sigma). */
function deviationRatio(variance: number, { eps, epsInside }: StandardizeOptions): number {
  if (epsInside) return 1;
  const s = Math.sqrt(variance);
  return s === 0 ? 0 : (s + eps) / s;
}
