import { parameter, type Tensor } from '../../../autograd/index.ts';
import { add, div, mean, mul, neg, sigmoid, sizeOver, sqrt, square, sub, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { epsOf } from '../core/golden.ts';
import { checkGroups, type GroupOptions, groupsFor } from '../core/groups.ts';
import { type AffineCall, AffineNorm, type AffineOptions, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, groupSets } from '../core/sets.ts';
import { scaleShift } from '../pointwise/scaleShift.ts';

/**
 * EvoNorm-S0 (Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967): norm and activation in one, found by search.
 *
 * S_i = { j : j_N = i_N, group(j_C) = group(i_C) }, as in GroupNorm; m = H W C / G. D is the deviation from the mean, yet no
 * mean is subtracted from x itself. Depends on no other sample; training and evaluation are the same.
 */
export function evoNormS0(x: Tensor, set: EvoNormS0Call): Tensor {
  checkCall('evoNormS0', x, set);
  const { gamma, beta, v1, groups, eps } = set;
  const tensors = { x, gamma, beta, v1 };
  return rule(
    'evoNormS0',
    groupSets(x.shape, groups),
    tensors,
    { numbers: { eps } },
    ({ x, gamma, beta, v1 }, norm) => {
      const fromMean = sub(x, mean(x));
      const d = norm.statistic('d', () => sqrt(add(mean(square(fromMean)), eps)));
      const s = sigmoid(mul(v1, x));
      const z = div(mul(x, s), d);
      norm.steps({ s, z });

      return [
        add(mul(gamma, z), beta),
        (dy) => {
          const g = mul(gamma, dy);
          const dn = div(g, d); // of the numerator n = x s
          const dd = neg(div(sum(mul(g, z)), d));
          const bend = mul(s, sub(1, s)); // the slope of the sigmoid
          norm.steps({ g, dn, dd, bend });
          return {
            x: () =>
              norm.paths({
                direct: mul(dn, add(s, mul(mul(v1, x), bend))), // x stands in the numerator twice
                d: mul(dd, div(fromMean, mul(sizeOver(x), d))), // dd/dx = (x - mean) / (m d)
              }),
            gamma: () => mul(dy, z),
            beta: () => dy,
            v1: () => mul(dn, mul(square(x), bend)),
          };
        },
      ];
    },
  ).y;
}

export interface EvoNormS0Call extends AffineCall {
  groups: number;
  /** [C] */
  v1: Tensor;
}

export type EvoNormS0Options = AffineOptions;

/** EvoNorm-S0 of [N, ..., C], C = features, in `groups` groups. */
export class EvoNormS0 extends AffineNorm<EvoNormS0Options> {
  override readonly activates = true;
  readonly v1 = parameter(new Float32Array(this.features).fill(1), [this.features]);

  constructor(
    readonly groups: number,
    features: number,
    options: EvoNormS0Options = {},
  ) {
    super(`EvoNormS0(groups=${groups}, features=${features})`, features, options);
    checkGroups('EvoNormS0', groups, features);
  }

  /** With `relu` and no residual its own activation takes the ReLU's place; else y = gamma x + beta. */
  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    const { groups, gamma, beta, v1 } = this;
    if (!then?.relu || then?.residual) return scaleShift(x, gamma, beta, then);
    return evoNormS0(x, { groups, gamma, beta, v1, eps: this.options.eps ?? 1e-5 });
  }
}

export const evoNormS0Entry = defineNorm<EvoNormS0Options & GroupOptions>({
  name: 'evonorm-s0',
  title: 'EvoNorm-S0',
  paper: 'Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967',
  sets: 'the group of channels of the sample, over all positions',
  parameters: 'gamma [C], beta [C], v1 [C]',
  traps: [
    'It brings its own activation, so no ReLU follows; where none is wanted (the last layer of a residual branch) only gamma ' +
      'and beta remain.',
    'For constant sets D = sqrt(eps), and y is large.',
  ],
  golden: {
    evoNormS0: {
      run: ({ x, gamma, beta, v1 }, a) =>
        evoNormS0(x, { gamma, beta, v1, groups: a.number('groups'), eps: epsOf(a) }),
    },
  },
  source: 'activation/evoNormS0.ts',
  build: (features, options) => new EvoNormS0(groupsFor(features, options), features, options),
});
