import type { Tensor } from '../../../autograd/index.ts';
import { abs, add, div, mean, mul, neg, sign, sub, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { epsOf } from '../core/golden.ts';
import { followedBy } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { channelSets, checkCall } from '../core/sets.ts';
import { AbsoluteBatchNorm, type AbsoluteCall, type AbsoluteOptions } from './absoluteBatchNorm.ts';

/**
 * L1 batch normalization (Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814; Wu et al. 2018, arXiv:1802.09769).
 *
 * S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions, m = N H W. The scale s is the mean absolute
 * deviation times sqrt(pi/2), which of normal numbers is their standard deviation. In evaluation mu and s are the running
 * ones, constants.
 */
export function l1BatchNorm(x: Tensor, set: AbsoluteCall) {
  checkCall('l1BatchNorm', x, set, ['mean', 'scale']);
  const { gamma, beta, eps, given } = set;
  const setting = { given: { mu: given?.mean, s: given?.scale }, numbers: { eps } };
  const view = channelSets(x.shape);
  const tensors = { x, gamma, beta };
  const { y, statistics } = rule('l1BatchNorm', view, tensors, setting, ({ x, gamma, beta }, norm) => {
    const factor = Math.sqrt(Math.PI / 2);
    const centre = mean(x);
    const distance = sub(x, centre);
    const mu = norm.statistic('mu', () => centre);
    const s = norm.statistic('s', () => mul(factor, mean(abs(distance))));
    const t = add(s, eps);
    const xHat = div(sub(x, mu), t);
    norm.steps({ t, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const ds = neg(div(sum(mul(g, xHat)), t));
        // ds/dx: from |x_i - mu| itself, and from mu in it, which all of them share. No derivative at x = mu: 0 is taken
        const h = sign(distance);
        const slope = div(mul(factor, sub(h, mean(h))), view.p);
        norm.steps({ g, ds, h, slope });
        return {
          x: () => norm.paths({ direct: div(g, t), mu: neg(div(mean(g), t)), s: mul(ds, slope) }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
  return { y: followedBy(y, set), statistics: { mean: statistics.mu, scale: statistics.s } };
}

/** L1 batch normalization of [N, ..., C], C = features. */
export class L1BatchNorm extends AbsoluteBatchNorm {
  constructor(features: number, options: AbsoluteOptions = {}) {
    super(`L1BatchNorm(features=${features})`, features, options);
  }

  protected normalize(x: Tensor, set: AbsoluteCall) {
    return l1BatchNorm(x, set);
  }
}

export const l1Batch = defineNorm<AbsoluteOptions>({
  name: 'l1-batch',
  title: 'L1 BatchNorm',
  paper: 'Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814',
  sets: 'the channel, over the batch and all positions; the mean absolute deviation',
  centred: true,
  dependsOnBatch: 'training',
  defaults: [
    {
      where: "authors' code",
      says: 'its running_var holds 1 / scale, its momentum 0.1 is the weight of the old value',
    },
  ],
  traps: [
    'mu reaches s too, hence mean(h), which is 0 only where as many values lie above the mean as below.',
    'No derivative at x = mu (0 is taken).',
    'No squares and no roots: it survives half precision.',
  ],
  golden: {
    l1BatchNorm: { run: ({ x, gamma, beta }, a) => l1BatchNorm(x, { gamma, beta, eps: epsOf(a) }).y },
  },
  source: 'batch/l1BatchNorm.ts',
  build: (features, options) => new L1BatchNorm(features, options),
});
