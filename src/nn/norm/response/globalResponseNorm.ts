import { parameter, type Tensor } from '../../../autograd/index.ts';
import { add, div, inverse, mul, neg, over, sqrt, square } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { ChannelNorm, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, positionSets } from '../core/sets.ts';

/**
 * Global Response Normalization (Woo et al. 2023, arXiv:2301.00808, ConvNeXt V2): channels compete by their energy.
 *
 * No index set in the usual sense: gx is the length of a channel over the positions of its sample, which is divided by the mean
 * length of the sample's channels. Depends on no other sample; training and evaluation are the same.
 */
export function globalResponseNorm(x: Tensor, set: GlobalResponseCall): Tensor {
  checkCall('globalResponseNorm', x, set);
  const { gamma, beta, eps } = set;
  const view = positionSets(x.shape);
  const [positions, channels] = [over('p'), over('k')];
  return rule(
    'globalResponseNorm',
    view,
    { x, gamma, beta },
    { numbers: { eps } },
    ({ x, gamma, beta }, norm) => {
      const lengths = sqrt(positions.sum(square(x)));
      const gx = norm.statistic('gx', () => lengths);
      const meanGx = norm.statistic('meanGx', () => channels.mean(lengths));
      const m = add(meanGx, eps);
      const nx = div(gx, m);
      const scaled = mul(x, nx);
      norm.steps({ m, nx });

      return [
        add(mul(gamma, scaled), beta, x),
        (dy) => {
          const dn = mul(gamma, positions.sum(mul(dy, x)));
          const dm = neg(div(channels.sum(mul(dn, nx)), m)); // the channels of a sample share m
          const slope = mul(x, inverse(lengths)); // dgx/dx; of a channel of zeros, which has none, 0 is taken
          norm.steps({ dn, dm, slope });
          return {
            x: () =>
              norm.paths({
                direct: mul(dy, add(mul(gamma, nx), 1)),
                gx: mul(slope, div(dn, m)),
                meanGx: mul(slope, div(dm, view.k)),
              }),
            gamma: () => mul(dy, scaled),
            beta: () => dy,
          };
        },
      ];
    },
  ).y;
}

export interface GlobalResponseCall {
  /** [C] each. */
  gamma: Tensor;
  beta: Tensor;
  eps: number;
}

export interface GlobalResponseNormOptions {
  /** Added to the mean length; default: 1e-6. */
  eps?: number;
}

/** GRN of [N, ..., C], C = features. Starts as the identity. */
export class GlobalResponseNorm extends ChannelNorm<GlobalResponseNormOptions> {
  readonly gamma = parameter(new Float32Array(this.features), [this.features]);
  readonly beta = parameter(new Float32Array(this.features), [this.features]);

  constructor(features: number, options: GlobalResponseNormOptions = {}) {
    super(`GlobalResponseNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    const { gamma, beta, options } = this;
    return followedBy(globalResponseNorm(x, { gamma, beta, eps: options.eps ?? 1e-6 }), then);
  }
}

export const grn = defineNorm<GlobalResponseNormOptions>({
  name: 'grn',
  title: 'Global Response Norm',
  paper: 'Woo et al. 2023, arXiv:2301.00808',
  sets: 'lengths of the channels over all positions, relative to their mean over the sample',
  defaults: [
    {
      where: 'paper and its code',
      says: 'the paper writes the sum over the channels, the code takes the mean',
    },
  ],
  traps: [
    'The paper writes the sum over C, the code takes the mean, as here.',
    'gamma = beta = 0 at first, so that y = x, and a gradient check there sees nothing.',
    'It amplifies loud channels rather than making them equal.',
    'A channel of zeros has length 0, whose derivative a naive square root makes NaN.',
  ],
  golden: {
    globalResponseNorm: {
      run: ({ x, gamma, beta }, a) =>
        globalResponseNorm(x, { gamma: gamma!, beta: beta!, eps: a.number('eps', 1e-6) }),
    },
  },
  source: 'response/globalResponseNorm.ts',
  build: (features, options) => new GlobalResponseNorm(features, options),
});
