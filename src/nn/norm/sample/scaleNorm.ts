import { parameter, type Tensor } from '../../../autograd/index.ts';
import { div, greater, inverse, maximum, mul, neg, sqrt, square, sum } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { epsOf } from '../core/golden.ts';
import { ChannelNorm, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkLastAxes, lastAxesSets } from '../core/sets.ts';

/**
 * ScaleNorm (Nguyen and Salazar 2019, arXiv:1910.05895): every position's vector on a sphere, whose radius g, one number, is learned.
 *
 * S_i = all elements of the same position, over the last axis; D of them. dx stands at right angles to x.
 */
export function scaleNorm(x: Tensor, set: Then & { g: Tensor; eps: number }): Tensor {
  checkCall('scaleNorm', x, set);
  const { g, eps } = set;
  const view = lastAxesSets(x.shape, 1);
  const { y } = rule('scaleNorm', view, { x, g }, { numbers: { eps } }, ({ x, g }, norm) => {
    const length = sqrt(sum(square(x)));
    const s = norm.statistic('s', () => maximum(length, eps));
    const xHat = div(x, s);
    norm.steps({ xHat });

    return [
      mul(g, xHat),
      (dy) => {
        const along = div(sum(mul(dy, x)), s); // sum(dy xHat), with one rounding less
        const ds = neg(div(mul(g, along), s));
        // ds/dx = x / |x| where |x| > eps; below, s is a constant
        const slope = mul(greater(length, eps), mul(x, inverse(length)));
        norm.steps({ along, ds, slope });
        return {
          x: () => norm.paths({ direct: div(mul(g, dy), s), s: mul(ds, slope) }),
          g: () => along,
        };
      },
    ];
  });
  return followedBy(y, set);
}

export interface ScaleNormOptions {
  /** The shortest length that is divided by; default: 1e-5. */
  eps?: number;
}

/** ScaleNorm of [N, ..., C] over C = features. g starts as sqrt(C), so that a component's mean square starts as 1. */
export class ScaleNorm extends ChannelNorm<ScaleNormOptions> {
  readonly g = parameter(Float32Array.of(Math.sqrt(this.features)), []);

  constructor(features: number, options: ScaleNormOptions = {}) {
    super('ScaleNorm', features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkLastAxes(this.layer, x, [this.features]);
    return scaleNorm(x, { ...then, g: this.g, eps: this.options.eps ?? 1e-5 });
  }
}

export const scale = defineNorm<ScaleNormOptions>({
  name: 'scale',
  title: 'ScaleNorm',
  paper: 'Nguyen and Salazar 2019, arXiv:1910.05895',
  sets: 'the position, over its channels',
  parameters: 'g, one number',
  traps: [
    'Below eps s is a constant.',
    'A zero vector gives y = 0 and dx = (g / eps) dy, so eps should not be tiny: with 1e-12, as in ' +
      'torch.nn.functional.normalize, that is 1e12 dy.',
  ],
  golden: { scaleNorm: { layout: 'own', run: ({ x, g }, a) => scaleNorm(x, { g, eps: epsOf(a) }) } },
  source: 'sample/scaleNorm.ts',
  build: (features, options) => new ScaleNorm(features, options),
});
