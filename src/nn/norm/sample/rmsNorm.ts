import type { Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { type AxesOptions, overAxes } from '../core/axes.ts';
import { add, deviation, div, mean, mul, neg, square } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize } from '../core/fused.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { lengthsOf } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkCall, lastAxesSets } from '../core/sets.ts';

/**
 * Root mean square normalization (Zhang and Sennrich 2019, arXiv:1910.07467).
 *
 * S_i = all elements of the same position, over the last D axes; m of them. There is no mean for x to go through, so dx does
 * not sum to 0. Of centred input it is LayerNorm.
 */
export function rmsNorm(x: Tensor, set: Omit<Standardize, 'ddof' | 'center'> & { view: SetView }): Tensor {
  checkCall('rmsNorm', x, set);
  const core = { ...set, center: false, ddof: 0 } as const;
  return fusedOr(x, set.view, core, () => written(x, set.view, core)).y;
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null } = set;
  return rule('rmsNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const v = norm.statistic('v', () => mean(square(x))); // often called variance: it is the mean square
    const { sigma: r, s } = deviation(v, set);
    const xHat = div(x, r);
    norm.steps({ r, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        norm.steps({ g });
        return {
          x: () => norm.paths({ direct: div(g, r), v: neg(div(mul(xHat, mean(mul(g, xHat))), s)) }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

/** Without `ddof`: the mean square has no mean to pay for. */
export interface RmsNormOptions extends Omit<Conventions, 'ddof'>, AxesOptions {}

/**
 * RMSNorm of x [N, ..., shape]; `shape`: the lengths of the last axes, on images the channels of each position, or of other axes,
 * which `axes` names. Default eps: 1e-6 (Keras).
 * PyTorch's is the dtype's own epsilon, with which a zero row in float64 has gradients of 1e7 g.
 */
export class RmsNorm extends Norm {
  readonly shape: readonly number[];
  readonly gamma: Tensor | null;

  constructor(
    shape: number | readonly number[],
    readonly options: RmsNormOptions = {},
  ) {
    super();
    this.shape = lengthsOf('RmsNorm', shape, options);
    this.gamma = affineParameters(this.shape, options.affine).gamma;
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gamma, shape, options } = this;
    const call = { gamma, ...standard({ ...options, eps: options.eps ?? 1e-6 }) };
    return overAxes('RmsNorm', x, { shape, axes: options.axes, then }, (x, then) =>
      rmsNorm(x, { view: lastAxesSets(x.shape, shape.length), ...call, ...then }),
    );
  }
}

export const rms = defineNorm<RmsNormOptions>({
  name: 'rms',
  title: 'RMSNorm',
  paper: 'Zhang and Sennrich 2019, arXiv:1910.07467',
  sets: 'the position, over its channels',
  parameters: 'gamma [C]',
  view: (shape) => lastAxesSets(shape, 1),
  detaches: true,
  fused: true,
  defaults: [
    { where: 'normgrad, Keras 3, Flax', says: 'eps 1e-6, inside the root' },
    { where: 'PyTorch', says: 'eps = the epsilon of the dtype: 1.19e-7 in float32, 2.2e-16 in float64' },
    { where: 'paper', says: 'eps 1e-8, outside of the root' },
  ],
  traps: [
    '"Variance" in many codes is the mean square.',
    'eps stands inside the root or outside of it (`epsInside`).',
    'Of a zero row y = 0, but dx = g / sqrt(eps), a thousandfold g.',
  ],
  golden: {
    rmsNorm: {
      layout: 'own',
      run({ x, gamma, beta }, a) {
        const view = lastAxesSets(x.shape, a.list('normalizedShape', gamma?.shape).length);
        const conventions = { eps: a.number('eps', 1e-6), epsInside: a.flag('epsInside', true) };
        return rmsNorm(x, { gamma, beta, ...conventions, view });
      },
    },
  },
  source: 'sample/rmsNorm.ts',
  build: (features, options) => new RmsNorm(features, options),
});
