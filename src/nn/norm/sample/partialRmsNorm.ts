import type { Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { add, div, mean, mul, neg, special, sqrt, square, sum, type Values } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { type AffineOptions, affineParameters, ChannelNorm, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkLastAxes, lastAxesSets } from '../core/sets.ts';

/**
 * Partial RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467, section 3.2): the root mean square of the first k of the D
 * elements stands for that of all.
 *
 * S_i = the first k elements of the same position, over the last axis. All D elements are divided by r.
 */
export function partialRmsNorm(x: Tensor, set: PartialRmsNormCall): Tensor {
  checkCall('partialRmsNorm', x, set);
  const { k, gamma, eps } = set;
  const view = lastAxesSets(x.shape, 1);
  const { y } = rule('partialRmsNorm', view, { x, gamma }, { numbers: { eps, k } }, ({ x, gamma }, norm) => {
    const part = firstOf(x, k);
    const r = norm.statistic('r', () => sqrt(add(mean(square(part)), eps)));
    const xHat = div(x, r);
    norm.steps({ xHat });

    return [
      mul(gamma, xHat),
      (dy) => {
        const g = mul(gamma, dy);
        const dr = neg(div(sum(mul(g, xHat)), r)); // over all D elements
        norm.steps({ g, dr });
        // dr/dx_i = x_i / (k r) for the first k, 0 for the others
        return {
          x: () => norm.paths({ direct: div(g, r), r: padded(mul(dr, div(part, mul(k, r))), view.k) }),
          gamma: () => mul(dy, xHat),
        };
      },
    ];
  });
  return followedBy(y, set);
}

/** The first k of the D elements of each position. */
function firstOf(x: Values, k: number): Values {
  const [n, p, g] = x.shape;
  return special('first', [x, k], kernels(x).slice(x, [0, 0, 0, 0], [n, p, g, k]));
}

/** Zeros behind, up to D elements. */
function padded(a: Values, features: number): Values {
  const after = [0, 0, 0, features - a.shape[3]];
  return special('padded', [a], kernels(a).pad(a, [0, 0, 0, 0], after, 0));
}

export interface PartialRmsNormCall extends Then {
  /** How many elements count. */
  k: number;
  gamma: Tensor | null;
  /** Inside the root. */
  eps: number;
}

export interface PartialRmsNormOptions extends AffineOptions {
  /** The part of the elements that counts; 0.0625 in the paper; default: 0.5, since layers are narrower here. */
  portion?: number;
}

/** Partial RMSNorm of [N, ..., C] over C = features; k = floor(portion C), at least 1. */
export class PartialRmsNorm extends ChannelNorm<PartialRmsNormOptions> {
  readonly gamma: Tensor | null;
  readonly k: number;

  constructor(features: number, options: PartialRmsNormOptions = {}) {
    super('PartialRmsNorm', features, options);
    const { portion = 0.5, affine } = options;
    if (!(portion > 0 && portion <= 1)) {
      throw new Error(
        `PartialRmsNorm: portion is the part of the elements that counts, above 0 and up to 1; got ${portion}.`,
      );
    }
    this.k = Math.max(1, Math.floor(portion * features));
    this.gamma = affineParameters([features], affine).gamma;
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkLastAxes(this.layer, x, [this.features]);
    const { k, gamma, options } = this;
    return partialRmsNorm(x, { ...then, k, gamma, eps: options.eps ?? 1e-6 });
  }
}

export const partialRms = defineNorm<PartialRmsNormOptions>({
  name: 'partial-rms',
  aliases: ['prms'],
  title: 'Partial RMSNorm',
  paper: 'Zhang and Sennrich 2019, arXiv:1910.07467, section 3.2',
  sets: 'the position, over its first channels',
  parameters: 'gamma [C]',
  traps: [
    'The sum runs over all D elements, its divisor is k.',
    'Where the first k are all 0 and the others are not, y is 1 / sqrt(eps) times them.',
  ],
  golden: {
    partialRmsNorm: {
      layout: 'own',
      run: ({ x, gamma }, a) => partialRmsNorm(x, { gamma, k: a.number('k'), eps: a.number('eps', 1e-6) }),
    },
  },
  source: 'sample/partialRmsNorm.ts',
  build: (features, options) => new PartialRmsNorm(features, options),
});
