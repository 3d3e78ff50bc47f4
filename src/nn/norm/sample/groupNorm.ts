import type { Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { add, deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import { checkGroups, type GroupOptions, groupsFor } from '../core/groups.ts';
import { AffineNorm, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, groupSets } from '../core/sets.ts';

/**
 * Group normalization (Wu and He 2018, arXiv:1803.08494).
 *
 * S_i = { j : j_N = i_N, floor(j_C / (C/G)) = floor(i_C / (C/G)) }: one set per sample and group of channels, m = H W C / G.
 * G = C is InstanceNorm; G = 1 has LayerNorm's statistics, with gamma and beta per channel.
 */
export function groupNorm(x: Tensor, set: Standardize & { groups: number }): Tensor {
  checkCall('groupNorm', x, set);
  const view = groupSets(x.shape, set.groups);
  return fusedOr(x, view, set, () => written(x, view, set)).y;
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof } = set;
  return rule('groupNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        // Inside one group gamma differs from channel to channel, so it goes into g before the means
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

export type GroupNormOptions = Conventions;

/** Group normalization of [N, ..., C], C = features, in `groups` groups. Defaults are PyTorch's. */
export class GroupNorm extends AffineNorm<GroupNormOptions> {
  constructor(
    readonly groups: number,
    features: number,
    options: GroupNormOptions = {},
  ) {
    super(`GroupNorm(groups=${groups}, features=${features})`, features, options);
    checkGroups('GroupNorm', groups, features);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { groups, gamma, beta } = this;
    checkFeatures(this.layer, x, this.features);
    return groupNorm(x, { groups, gamma, beta, ...standard(this.options), ...then });
  }
}

export const group = defineNorm<GroupNormOptions & GroupOptions>({
  name: 'group',
  aliases: ['gn'],
  title: 'GroupNorm',
  paper: 'Wu and He 2018, arXiv:1803.08494',
  sets: 'the group of channels of the sample, over all positions',
  view: (shape, options) => groupSets(shape, groupsFor(shape[shape.length - 1], options)),
  centred: true,
  detaches: true,
  fused: true,
  defaults: [
    { where: 'normgrad', says: 'the largest divisor of the channels up to 8 groups; eps 1e-5' },
    { where: 'PyTorch', says: 'groups must be given, before the channels; eps 1e-5' },
    { where: 'Keras 3', says: '32 groups; eps 1e-3; the last axis' },
    { where: 'Flax', says: '32 groups; eps 1e-6' },
    { where: 'paper', says: '32 groups; eps 1e-5' },
  ],
  traps: [
    'G must divide C.',
    'G is a hyperparameter, and 32 as in the paper is too much for narrow layers.',
    'gamma and beta belong to channels, not to groups: gamma goes into g before the means are taken.',
  ],
  golden: {
    groupNorm: {
      run: ({ x, gamma, beta }, a) =>
        groupNorm(x, { groups: a.number('groups'), gamma, beta, eps: epsOf(a) }),
    },
  },
  source: 'sample/groupNorm.ts',
  build: (features, options) => new GroupNorm(groupsFor(features, options), features, options),
});
