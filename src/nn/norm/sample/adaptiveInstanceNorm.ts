import type { Tensor } from '../../../autograd/index.ts';
import { channelsLast } from '../../border.ts';
import { add, div, mean, mul, neg, sizeOver, sqrt, square, sub, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { epsOf } from '../core/golden.ts';
import { AffineNorm, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, instanceSets } from '../core/sets.ts';
import { instanceNorm } from './instanceNorm.ts';

/**
 * Adaptive instance normalization (Huang and Belongie 2017, arXiv:1703.06868): the content x takes on the mean and the
 * deviation of a style, channel by channel.
 *
 * S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions: m = H W of x, M = H' W' of the style.
 */
export function adaptiveInstanceNorm(x: Tensor, style: Tensor, set: Then & { eps: number }): Tensor {
  checkCall('adaptiveInstanceNorm', x, set);
  const { eps, ...then } = set;
  const channels = x.shape[x.rank - 1];
  const { shape, rank } = style;
  if (x.rank < 3 || rank !== x.rank || shape[0] !== x.shape[0] || shape[rank - 1] !== channels) {
    throw new Error(
      'adaptiveInstanceNorm: content and style [N, ..., C] have positions, the same rank, and need the same N and C; got ' +
        `content [${x.shape.join(', ')}] and style [${shape.join(', ')}].`,
    );
  }
  const [view, setting] = [instanceSets(x.shape), { numbers: { eps } }];
  const { y } = rule('adaptiveInstanceNorm', view, { x, style }, setting, ({ x, style }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu))));
    const sigma = sqrt(add(v, eps));
    const xHat = div(sub(x, mu), sigma);
    const muStyle = mean(style);
    const sigmaStyle = sqrt(add(mean(square(sub(style, muStyle))), eps));
    norm.steps({ sigma, xHat, muStyle, sigmaStyle });

    return [
      add(mul(sigmaStyle, xHat), muStyle),
      (dy) => {
        const g = mul(sigmaStyle, dy);
        // The style reaches y through its two moments, which all positions of the content share
        const dMu = sum(dy);
        const dSigma = sum(mul(dy, xHat));
        norm.steps({ g, dMu, dSigma });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat))), sigma)),
            }),
          style: () => div(add(dMu, mul(dSigma, div(sub(style, muStyle), sigmaStyle))), sizeOver(style, 'p')),
        };
      },
    ];
  });
  return followedBy(y, then);
}

export interface StyleThen extends Then {
  /** [N, H', W', C] (of x's rank; its positions may be others): where mean and deviation come from; absent: the learned ones. */
  style?: Tensor;
}

export type AdaptiveInstanceOptions = AffineOptions;

/**
 * Adaptive instance normalization of [N, ..., C], C = features. Without a style it has one of its own, learned: gamma and beta
 * are the deviation and the mean, and the layer is InstanceNorm.
 */
export class AdaptiveInstanceNorm extends AffineNorm<AdaptiveInstanceOptions> {
  constructor(features: number, options: AdaptiveInstanceOptions = {}) {
    super(`AdaptiveInstanceNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, { style, ...then }: StyleThen = {}): Tensor {
    const { gamma, beta, options } = this;
    const eps = options.eps ?? 1e-5;
    checkFeatures(this.layer, x, this.features);
    if (style) return adaptiveInstanceNorm(x, style, { ...then, eps });
    return instanceNorm(x, { ...then, gamma, beta, eps });
  }
}

export const adain = defineNorm<AdaptiveInstanceOptions>({
  name: 'adain',
  title: 'Adaptive Instance Norm',
  paper: 'Huang and Belongie 2017, arXiv:1703.06868',
  sets: 'the channel of the sample, over all positions; gamma and beta are the statistics of a style',
  view: instanceSets,
  centred: true,
  fused: true,
  traps: [
    'The style may have another size than the content, but needs as many samples and channels.',
    'Networks that are trained with it usually need no gradient for the style: detach it.',
  ],
  golden: {
    adaptiveInstanceNorm: {
      run: ({ x, style }, a) => adaptiveInstanceNorm(x, channelsLast(style), { eps: epsOf(a) }),
    },
  },
  source: 'sample/adaptiveInstanceNorm.ts',
  build: (features, options) => new AdaptiveInstanceNorm(features, options),
});
