import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { arithmetic, small } from '../core/arithmetic.ts';
import { checkFilters, filterSets, WeightNorm } from './normOfWeights.ts';

/**
 * Scaled Weight Standardization (Brock, De, Smith 2021, arXiv:2101.08692; NFNets, arXiv:2102.06171): variance-preserving
 * filters, for networks without a norm of activations.
 *
 * Index set   S_i = the weights of one filter; m = kh kw in, the fan-in.
 * Forward     mu = (1/m) sum W,  v = (1/m) sum (W - mu)^2,  s = sqrt(max(m v, eps)),  wHat = scale gain (W - mu) / s:
 *             a filter's weights sum to 0 and their squares to (scale gain)^2. scale is a constant, gain per filter learned
 * Backward    g = scale gain dL/dwHat, u = (W - mu) / s. W reaches L directly, through mu and, where m v > eps, through s:
 *               dW = (1/s) ( g - mean(g) - u sum(g u) ),  without the last term where s = sqrt(eps) is a constant
 *               dgain = scale sum dwHat u
 *
 * Depends on no data. Traps: eps is a floor and not a summand; the published scales are estimates from samples (ReLU 1.713959;
 * here the exact 1.712859); the constant belongs to the activation in front.
 */
export function scaledWeightStandardization(weight: Tensor, set: ScaledStandardizationCall): Tensor {
  const { gain, eps, scale } = set;
  const k = kernels(weight);
  const { affine, mul, add } = arithmetic(weight);
  const view = filterSets(weight.shape);
  const m = view.p;
  const plain = { x: weight, view, options: { eps: 0, epsInside: true, ddof: 0, center: true } } as const;
  const own = k.standardize({
    ...plain,
    options: { ...plain.options, eps: 1 },
    gamma: null,
    beta: null,
  }).statistics;
  // s^2 = m max(v, eps / m): the core with a floor under v, and 1 / sqrt(m) in gamma
  const floored = own.variance.data.map((v: number) => Math.max(v, eps / m));
  const statistics = { mean: own.mean, variance: { shape: own.variance.shape, data: floored } };
  const gamma = affine(gain, scale / Math.sqrt(m));
  const { y } = k.standardize({ ...plain, gamma, beta: null, given: statistics });

  return record('scaledWeightStandardization', y, [weight, gain], (dy, [needsWeight, needsGain]) => {
    const needs = { x: needsWeight, gamma: needsGain, beta: false, residual: false };
    const back = (through: { mean: boolean; variance: boolean }) =>
      k.standardizeBackward({ ...plain, dy, y, gamma, statistics, through, needs });
    const free = back({ mean: true, variance: true });
    const onFloor = Array.from(own.variance.data, (v) => (m * v > eps ? 0 : 1));
    const dWeight = () => {
      if (!onFloor.includes(1)) return free.dx as NDArray;
      const held = back({ mean: true, variance: false }).dx as NDArray;
      const floor = small(weight, [view.g], onFloor);
      return add(mul(held, floor), mul(free.dx as NDArray, affine(floor, -1, 1)));
    };
    return [dWeight, () => affine(free.dgamma as NDArray, scale / Math.sqrt(m))];
  });
}

export interface ScaledStandardizationCall {
  /** [out] */
  gain: Tensor;
  scale: number;
  eps: number;
}

/** 1 / std of f(z), z ~ N(0, 1), for the activation f in front: the layer's output then has variance 1 again. */
export const activationScales = {
  identity: 1,
  relu: 1.712858550449663,
  gelu: 1.7009262433634367,
  silu: 1.7871872221004925,
} as const;

export interface ScaledWeightStandardizationOptions {
  eps?: number;
  /** What the layer's inputs have gone through; 'relu' unless told otherwise. */
  activation?: keyof typeof activationScales;
}

/** Scaled Weight Standardization of `features` filters. */
export class ScaledWeightStandardization extends WeightNorm {
  readonly gain: Tensor;

  constructor(
    readonly features: number,
    readonly options: ScaledWeightStandardizationOptions = {},
  ) {
    super();
    this.gain = parameter(new Float32Array(features).fill(1), [features]);
  }

  forward(weight: Tensor): Tensor {
    checkFilters('ScaledWeightStandardization', weight.shape, this.features);
    const { eps = 1e-4, activation = 'relu' } = this.options;
    return scaledWeightStandardization(weight, { gain: this.gain, scale: activationScales[activation], eps });
  }
}
