import { parameter, type Tensor } from '../../../autograd/index.ts';
import { div, greater, maximum, mean, mul, neg, sqrt, square, sub, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { checkNorm } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkCall } from '../core/sets.ts';
import { checkFilters, filterSets, WeightNorm } from './normOfWeights.ts';

/**
 * Scaled Weight Standardization (Brock, De, Smith 2021, arXiv:2101.08692; NFNets, arXiv:2102.06171): variance-preserving
 * filters, for networks without a norm of activations.
 *
 * S_i = the weights of one filter; m = kh kw in, the fan-in. A filter's weights come to sum to 0 and their squares to
 * (scale gain)^2; scale is a constant, gain per filter learned. Depends on no data; training and evaluation are the same.
 */
export function scaledWeightStandardization(weight: Tensor, set: ScaledStandardizationCall): Tensor {
  checkCall('scaledWeightStandardization', weight, set);
  const { gain, eps, scale } = set;
  const view = filterSets(weight.shape);
  return rule(
    'scaledWeightStandardization',
    view,
    { x: weight, gain },
    { numbers: { eps, scale } },
    ({ x: w, gain }, norm) => {
      const centre = mean(w);
      const fromMean = sub(w, centre);
      const squares = sum(square(fromMean)); // m v
      const mu = norm.statistic('mu', () => centre);
      const s = norm.statistic('s', () => sqrt(maximum(squares, eps))); // eps is a floor and not a summand
      const u = div(sub(w, mu), s);
      norm.steps({ u });

      return [
        mul(mul(scale, gain), u),
        (dy) => {
          const g = mul(mul(scale, gain), dy);
          const ds = neg(div(sum(mul(g, u)), s));
          const slope = mul(div(fromMean, s), greater(squares, eps)); // ds/dw, 0 on the floor
          norm.steps({ g, ds, slope });
          return {
            x: () => norm.paths({ direct: div(g, s), mu: neg(div(mean(g), s)), s: mul(ds, slope) }),
            gain: () => mul(scale, mul(dy, u)),
          };
        },
      ];
    },
  ).y;
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
  /** What the layer's inputs have gone through; default: 'relu'. */
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
    checkNorm('ScaledWeightStandardization', features, options);
    this.gain = parameter(new Float32Array(features).fill(1), [features]);
  }

  forward(weight: Tensor): Tensor {
    checkFilters('ScaledWeightStandardization', weight, this.features);
    const { eps = 1e-4, activation = 'relu' } = this.options;
    return scaledWeightStandardization(weight, { gain: this.gain, scale: activationScales[activation], eps });
  }
}

export const scaledWeightStandardizationEntry = defineNorm<ScaledWeightStandardizationOptions>({
  name: 'scaled-weight-standardization',
  aliases: ['sws'],
  title: 'Scaled Weight Standardization',
  paper: 'Brock, De, Smith 2021, arXiv:2101.08692',
  kind: 'weight',
  sets: 'the weights of one filter',
  parameters: 'gain [out]',
  centred: true,
  defaults: [
    { where: 'paper', says: 'eps 1e-4 as a floor of fan-in × variance; gain 1' },
    {
      where: 'constants for the activation',
      says: 'exact: ReLU 1.712859, GELU 1.700926, SiLU 1.787187; the published 1.713959, 1.701504, 1.788129 are sampled',
    },
  ],
  traps: [
    'eps is a floor and not a summand.',
    'The published scales are estimates from samples (ReLU 1.713959; here the exact 1.712859).',
    'The constant belongs to the activation in front.',
  ],
  golden: {
    scaledWeightStandardization: {
      layout: 'weight',
      run: ({ x, gain }, a) =>
        scaledWeightStandardization(x, { gain, scale: a.number('scale', 1), eps: a.number('eps', 1e-4) }),
    },
  },
  source: 'weights/scaledWeightStandardization.ts',
  build: (features, options) => new ScaledWeightStandardization(features, options),
});
