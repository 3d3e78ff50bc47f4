import * as graph from '../../../autograd/index.ts';
import { parameter, type Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import {
  abs,
  add,
  div,
  greater,
  maximum,
  mean,
  mul,
  neg,
  sign,
  sqrt,
  square,
  sub,
  sum,
} from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { runsFused, standardize } from '../core/fused.ts';
import { type AffineCall, AffineNorm, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, instanceSets } from '../core/sets.ts';

/**
 * Filter Response Normalization with the Thresholded Linear Unit (Singh and Krishnan 2019, arXiv:1911.09737).
 *
 * S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions; m = H W. No mean is subtracted. TLU,
 * y = max(z, tau), is a ReLU with a learned threshold per channel. Depends on no other sample; evaluation is the same.
 */
export function filterResponseNorm(x: Tensor, set: FilterResponseCall): Tensor {
  checkCall('filterResponseNorm', x, set);
  const view = instanceSets(x.shape);
  if (runsFused(x) && !set.learnedEps) return fused(x, view, set);
  return followedBy(written(x, view, set), set);
}

export interface FilterResponseCall extends AffineCall, Then {
  /** [C]; null: no TLU. */
  tau: Tensor | null;
  /** [C], or one number for all channels; null: none. */
  learnedEps: Tensor | null;
}

function written(x: Tensor, view: SetView, set: FilterResponseCall): Tensor {
  const { gamma, beta, tau, learnedEps, eps } = set;
  const tensors = { x, gamma, beta, tau, learnedEps };
  return rule(
    'filterResponseNorm',
    view,
    tensors,
    { numbers: { eps } },
    ({ x, gamma, beta, tau, learnedEps }, norm) => {
      const nu2 = norm.statistic('nu2', () => mean(square(x)));
      const s = sqrt(add(nu2, eps, learnedEps && abs(learnedEps)));
      const xHat = div(x, s);
      const z = add(mul(gamma, xHat), beta);
      norm.steps({ s, xHat, z });

      return [
        tau ? maximum(z, tau) : z,
        (dy) => {
          const open = tau && greater(z, tau); // at z = tau there is a kink; tau takes the gradient
          const dz = mul(open, dy);
          const g = mul(gamma, dz);
          const ds = neg(div(sum(mul(g, xHat)), s));
          norm.steps({ dz, g, ds });
          return {
            x: () =>
              norm.paths({
                direct: div(g, s),
                nu2: neg(div(mul(xHat, mean(mul(g, xHat))), s)), // ds/dx = x / (m s) = xHat / m
              }),
            gamma: () => mul(dz, xHat),
            beta: () => dz,
            tau: () => sub(dy, dz),
            learnedEps: () => mul(div(ds, mul(2, s)), sign(learnedEps!)), // ds/d(s^2) = 1 / (2 s)
          };
        },
      ];
    },
  ).y;
}

/** max(z, tau) = max(z - tau, 0) + tau: beta takes tau in, and the kernel has the ReLU. */
function fused(x: Tensor, view: SetView, { tau, ...set }: FilterResponseCall): Tensor {
  if (!tau) return standardize(x, view, { ...set, center: false }).y;
  const { gamma, eps } = set;
  const beta = set.beta ? graph.sub(set.beta, tau) : graph.neg(tau);
  const { y } = standardize(x, view, { gamma, beta, eps, relu: true, center: false });
  return followedBy(graph.add(y, tau), set);
}

export interface FilterResponseNormOptions extends AffineOptions {
  /** Learn an |eps| per channel, from 1e-4: for layers with few positions (section 3.3). */
  learnEps?: boolean;
}

/** FRN + TLU of [N, ..., C], C = features. tau = 0 at first: a ReLU. */
export class FilterResponseNorm extends AffineNorm<FilterResponseNormOptions> {
  override readonly activates = true;
  readonly tau = parameter(new Float32Array(this.features), [this.features]);
  readonly learnedEps: Tensor | null;

  constructor(features: number, options: FilterResponseNormOptions = {}) {
    super(`FilterResponseNorm(features=${features})`, features, options);
    const start = new Float32Array(features).fill(1e-4);
    this.learnedEps = options.learnEps ? parameter(start, [features]) : null;
  }

  /** With `relu` and no residual the TLU takes the ReLU's place. */
  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    const { gamma, beta, learnedEps } = this;
    const activates = then?.relu && !then?.residual;
    const rest = activates ? { tau: this.tau } : { tau: null, ...then };
    return filterResponseNorm(x, { ...rest, gamma, beta, learnedEps, eps: this.options.eps ?? 1e-6 });
  }
}

export const frn = defineNorm<FilterResponseNormOptions>({
  name: 'frn',
  aliases: ['filter-response-norm'],
  title: 'Filter Response Norm + TLU',
  paper: 'Singh and Krishnan 2019, arXiv:1911.09737',
  sets: 'the channel of the sample, over all positions',
  parameters: 'gamma [C], beta [C], tau [C]',
  fused: true,
  defaults: [
    { where: 'paper', says: 'eps 1e-6; a learned eps per channel, from 1e-4, for layers of one position' },
    { where: 'TensorFlow Addons', says: 'one learned eps for the whole layer' },
  ],
  traps: [
    'It brings its own activation, so no ReLU follows.',
    'Over one position (vectors, 1x1 images) xHat = sign(x) and the gradient vanishes, unless a learned eps is there and large.',
    'At z = tau there is a kink.',
  ],
  golden: {
    filterResponseNorm: {
      run: ({ x, gamma, beta, tau = null, learnedEps = null }, a) =>
        filterResponseNorm(x, { gamma, beta, tau, learnedEps, eps: a.number('eps', 1e-6) }),
    },
  },
  source: 'activation/filterResponseNorm.ts',
  build: (features, options) => new FilterResponseNorm(features, options),
});
