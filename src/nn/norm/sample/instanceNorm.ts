import type { Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { add, deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import { AffineNorm, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, instanceSets } from '../core/sets.ts';

/**
 * Instance normalization (Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022).
 *
 * S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions, m = H W. gamma and beta per channel.
 */
export function instanceNorm(x: Tensor, set: Standardize): Tensor {
  checkCall('instanceNorm', x, set);
  const view = instanceSets(x.shape);
  return fusedOr(x, view, set, () => written(x, view, set)).y;
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof } = set;
  return rule('instanceNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), s)),
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

export type InstanceNormOptions = Conventions;

/** Instance normalization of [N, H, W, C], C = features. gamma and beta are learned, as in other norms; in PyTorch they are not. */
export class InstanceNorm extends AffineNorm<InstanceNormOptions> {
  constructor(features: number, options: InstanceNormOptions = {}) {
    super(`InstanceNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gamma, beta } = this;
    checkFeatures(this.layer, x, this.features);
    return instanceNorm(x, { gamma, beta, ...standard(this.options), ...then });
  }
}

export const instance = defineNorm<InstanceNormOptions>({
  name: 'instance',
  aliases: ['in'],
  title: 'InstanceNorm',
  paper: 'Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022',
  sets: 'the channel of the sample, over all positions',
  view: instanceSets,
  centred: true,
  detaches: true,
  fused: true,
  defaults: [
    { where: 'normgrad', says: 'eps 1e-5; gamma and beta are learned' },
    { where: 'PyTorch', says: 'eps 1e-5; affine=False; track_running_stats=False' },
    { where: 'Keras 3', says: 'GroupNormalization(groups=-1); eps 1e-3' },
    { where: 'Flax', says: 'eps 1e-6; learned scale and bias' },
  ],
  traps: [
    'On one position (vectors [N, C], 1x1 images) there is nothing to normalize: y = beta and dx = 0.',
    'It removes the mean and the contrast of every channel of every image, which classifiers may need.',
  ],
  golden: {
    instanceNorm: { run: ({ x, gamma, beta }, a) => instanceNorm(x, { gamma, beta, eps: epsOf(a) }) },
  },
  source: 'sample/instanceNorm.ts',
  build: (features, options) => new InstanceNorm(features, options),
});
