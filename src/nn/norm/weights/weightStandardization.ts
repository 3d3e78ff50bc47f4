import type { Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { constantsOf, type Standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import { checkNorm } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkCall } from '../core/sets.ts';
import { checkFilters, filterSets, WeightNorm } from './normOfWeights.ts';

/**
 * Weight Standardization (Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520).
 *
 * S_i = the weights of one filter; m = kh kw in, the fan-in. No gamma, no beta. Depends on no data; evaluation is the same.
 */
export function weightStandardization(weight: Tensor, set: Standard): Tensor {
  checkCall('weightStandardization', weight, set);
  const view = filterSets(weight.shape);
  if (view.p === 1 && set.ddof === 1) {
    throw new Error(
      `WeightStandardization: the filters of a weight [${weight.shape.join(', ')}] have one number each, whose unbiased ` +
        'deviation is 0/0. Use ddof 0, or leave this layer out.',
    );
  }
  return fusedOr(weight, view, set, () => written(weight, view, set)).y;
}

function written(weight: Tensor, view: SetView, set: Standard) {
  const { ddof } = set;
  return rule('weightStandardization', view, { x: weight }, constantsOf(set), ({ x: w }, norm) => {
    const mu = norm.statistic('mu', () => mean(w));
    const v = norm.statistic('v', () => mean(square(sub(w, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const wHat = div(sub(w, mu), sigma);
    norm.steps({ sigma, xHat: wHat });

    return [
      wHat,
      (g) => {
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(wHat, mean(mul(g, wHat), ddof)), s)),
            }),
        };
      },
    ];
  });
}

/** Weight Standardization of `features` filters. The default is timm's convention; the authors': `original`. */
export class WeightStandardization extends WeightNorm {
  /** The convention of the authors' code. */
  static readonly original: Standard = { eps: 1e-5, epsInside: false, ddof: 1 };

  constructor(
    readonly features: number,
    readonly options: Partial<Standard> = {},
  ) {
    super();
    checkNorm('WeightStandardization', features, options);
  }

  forward(weight: Tensor): Tensor {
    checkFilters('WeightStandardization', weight, this.features);
    const { eps = 1e-6, epsInside = true, ddof = 0 } = this.options;
    return weightStandardization(weight, { eps, epsInside, ddof });
  }
}

export const weightStandardizationEntry = defineNorm<Partial<Standard>>({
  name: 'weight-standardization',
  aliases: ['ws'],
  title: 'Weight Standardization',
  paper: 'Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520',
  kind: 'weight',
  sets: 'the weights of one filter',
  parameters: 'none',
  view: filterSets,
  centred: true,
  fused: true,
  defaults: [
    { where: 'normgrad, timm', says: 'biased variance; eps 1e-6 inside the root' },
    { where: "authors' code", says: 'unbiased deviation; eps 1e-5 outside of the root' },
    { where: 'labml', says: 'unbiased variance; eps inside the root' },
  ],
  traps: [
    "The authors' code takes the unbiased deviation with eps outside, timm the biased one with eps inside.",
    'Unbiased, a filter of a single weight is 0/0, so it throws.',
    'The scale of what comes out grows with the fan-in, so it wants a norm behind it.',
    'To overwrite W by wHat instead of differentiating is another algorithm.',
  ],
  golden: {
    weightStandardization: {
      layout: 'weight',
      run: ({ x }, a) =>
        weightStandardization(x, {
          eps: epsOf(a),
          epsInside: a.flag('epsInside', true),
          ddof: a.flag('unbiased', false) ? 1 : 0,
        }),
    },
  },
  source: 'weights/weightStandardization.ts',
  build: (features, options) => new WeightStandardization(features, options),
});
