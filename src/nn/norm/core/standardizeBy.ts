import { sameDType } from '../../../autograd/graph.ts';
import { record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type {
  NDArray,
  Numbers,
  SetStatistics,
  SetView,
  StandardizeBackwardInput,
} from '../../../kernels/contract.ts';
import type { Then } from './norm.ts';

export interface StandardizeBy extends Then {
  /** Reads x as [n, p, g, k]; there is one mu and one s for each of the n g sets. */
  view: SetView;
  /** [g * k]; null: 1. */
  gamma: Tensor | null;
  /** [g * k]; null: 0. */
  beta: Tensor | null;
  /** mu [n * g]. */
  mean: Numbers;
  /** s [n * g], above 0. */
  deviation: Numbers;
  /**
   * How x reaches mu and s: from dL/dmu and dL/ds, [n, 1, g, 1] each, to what they add to dx, [n, p, g, k]. null where both
   * are constants (evaluation).
   */
  paths: ((d: StatisticsGradients) => NDArray) | null;
}

export interface StatisticsGradients {
  mean: NDArray;
  deviation: NDArray;
}

/**
 * Standardization by a mu and an s that are not mean and standard deviation of the set itself: xHat = (x - mu) / s,
 * y = gamma xHat + beta. With g = gamma dy and the sums over one set:
 *   direct      g / s
 *   through mu  dmu = -(1/s) sum(g)
 *   through s   ds = -(1/s) sum(g xHat)
 *   dgamma = sum dy xHat,  dbeta = sum dy
 * What mu and s are, and so what dmu and ds add to dx, is in the file of each norm.
 */
export function standardizeBy(name: string, x: Tensor, set: StandardizeBy): Tensor {
  const { view, gamma, beta, residual = null, paths } = set;
  const forward = forwardBy(x, set);
  return record(
    name,
    forward.y,
    [x, gamma, beta, residual],
    (dy, [needsX, needsGamma, needsBeta, needsResidual]) => {
      const needs = { x: needsX, gamma: needsGamma, beta: needsBeta, residual: needsResidual };
      const back = backwardBy(dy, forward, needs);
      const dx = () => {
        const direct = inView(back.dx as NDArray, view);
        const sum = paths ? kernels(x).binary('add', direct, paths(toStatistics(direct, forward))) : direct;
        return { shape: x.shape, data: sum.data };
      };
      return [dx, ofShape(gamma, back.dgamma), ofShape(beta, back.dbeta), back.dresidual];
    },
  );
}

/** What the backward pass needs of the forward pass. */
interface Forward {
  x: NDArray;
  y: NDArray;
  view: SetView;
  gamma: NDArray | null;
  statistics: SetStatistics;
  relu: boolean | undefined;
}

export function forwardBy(x: Tensor, set: Omit<StandardizeBy, 'paths'>): Forward {
  const { view, gamma, beta, residual = null, relu } = set;
  sameDType('norm', x, gamma, beta, residual);
  const given = statisticsOf(view, set.mean, set.deviation);
  const { y } = kernels(x).standardize({ x, view, gamma, beta, options, given, residual, relu });
  return { x, y, view, gamma, statistics: given, relu };
}

/** The gradients with mu and s as constants: dx is the direct path alone. */
export function backwardBy(dy: NDArray, forward: Forward, needs: StandardizeBackwardInput['needs']) {
  const through = { mean: false, variance: false };
  return kernels(forward.x).standardizeBackward({ ...forward, dy, options, through, needs });
}

/** dmu = -sum of the direct path, ds = -sum of the direct path times xHat. */
export function toStatistics(direct: NDArray, { x, view, statistics }: Forward): StatisticsGradients {
  const k = kernels(x);
  const { y: xHat } = k.standardize({ x, view, gamma: null, beta: null, options, given: statistics });
  const minus = (a: NDArray) => k.unary('affine', k.reduce('sum', a, [1, 3]), -1, 0);
  return { mean: minus(direct), deviation: minus(k.binary('mul', direct, inView(xHat, view))) };
}

/** The same numbers read as [n, p, g, k]. */
export function inView(a: NDArray, { n, p, g, k }: SetView): NDArray {
  return { shape: [n, p, g, k], data: a.data };
}

/** mu and s as the kernel takes them. */
function statisticsOf({ n, g }: SetView, mean: Numbers, deviation: Numbers): SetStatistics {
  const variance = Float64Array.from(deviation, (s) => s * s);
  return { mean: { shape: [n, g], data: mean }, variance: { shape: [n, g], data: variance } };
}

/** Mean and biased variance of each set, in double. */
export function setStatistics(x: NDArray, view: SetView): SetStatistics {
  return kernels(x).standardize({ ...plain, x, view }).statistics;
}

/** The same as plain arrays. */
export function setMoments(x: NDArray, view: SetView): { mean: Numbers; variance: Numbers } {
  const { mean, variance } = setStatistics(x, view);
  return { mean: mean.data, variance: variance.data };
}

/** (1/m) sum x^2 of each set, in double. */
export function setMeanSquares(x: NDArray, view: SetView): Numbers {
  const uncentred = { ...plain, options: { ...plain.options, center: false } };
  return kernels(x).standardize({ ...uncentred, x, view }).statistics.variance.data;
}

/** x - mu, read as [n, p, g, k]. */
export function centred(x: NDArray, view: SetView, mean: Numbers): NDArray {
  const given = statisticsOf(
    view,
    mean,
    mean.map(() => 1),
  );
  return inView(kernels(x).standardize({ x, view, gamma: null, beta: null, options, given }).y, view);
}

/** One number per set, [n, 1, g, 1], in the precision of x. */
export function perSet(x: NDArray, { n, g }: SetView, of: (set: number) => number): NDArray {
  return {
    shape: [n, 1, g, 1],
    data: numbersLike(
      x,
      Array.from({ length: n * g }, (_, set) => of(set)),
    ),
  };
}

/** Numbers in the precision of x. */
export function numbersLike(x: NDArray, values: ArrayLike<number>): Numbers {
  return x.data instanceof Float64Array ? Float64Array.from(values) : Float32Array.from(values);
}

/** s stands alone: eps is already in it. */
const options = { eps: 0, epsInside: true, ddof: 0, center: true } as const;

/** For passes of which only the statistics are wanted. */
const plain = { gamma: null, beta: null, options: { ...options, eps: 1 } };

/** The same numbers in the tensor's own shape; null where there is none. */
export function ofShape(tensor: Tensor | null, gradient: NDArray | null): NDArray | null {
  return tensor && gradient && { shape: tensor.shape, data: gradient.data };
}
