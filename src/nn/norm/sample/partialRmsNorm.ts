import type { Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { checkLastAxes, lastAxesSets } from '../core/sets.ts';
import { perSet, setMeanSquares, standardizeBy } from '../core/standardizeBy.ts';
import type { RmsNormOptions } from './rmsNorm.ts';

/**
 * Partial RMSNorm (Zhang and Sennrich 2019, arXiv:1910.07467, section 3.2): the root mean square of the first k of the D
 * elements stands for that of all.
 *
 * Index set   S_i = the first k elements of the same position, over the last axis.
 * Forward     r = sqrt((1/k) sum_{j < k} x_j^2 + eps),  xHat = x / r,  y = gamma xHat
 * Backward    g = gamma dy. All D elements reach L directly, but only the first k through r:
 *               dr = -(1/r) sum over all D of g xHat,  dr/dx_i = x_i / (k r) for i < k
 *               dx_i = g_i / r + [i < k] dr x_i / (k r),  dgamma = sum over positions of dy xHat
 *
 * Depends on no other sample. Traps: the sum runs over all D elements, its divisor is k; where the first k are all 0 and the
 * others are not, y is 1 / sqrt(eps) times them.
 */
export function partialRmsNorm(x: Tensor, set: PartialRmsNormCall): Tensor {
  const { k: first, eps } = set;
  const view = lastAxesSets(x.shape, 1);
  const k = kernels(x);
  const part = k.slice({ shape: [view.n, 1, 1, view.k], data: x.data }, [0, 0, 0, 0], [view.n, 1, 1, first]);
  const meanSquares = setMeanSquares(part, { ...view, k: first });
  const r = meanSquares.map((v) => Math.sqrt(v + eps));
  return standardizeBy('partialRmsNorm', x, {
    ...set,
    view,
    beta: null,
    mean: r.map(() => 0),
    deviation: r,
    paths: ({ deviation: dr }) => {
      const slope = k.binary(
        'mul',
        part,
        perSet(x, view, (row) => dr.data[row] / (first * r[row])),
      );
      return k.pad(slope, [0, 0, 0, 0], [0, 0, 0, view.k - first], 0);
    },
  });
}

export interface PartialRmsNormCall extends Then {
  /** How many elements count. */
  k: number;
  gamma: Tensor | null;
  /** Inside the root. */
  eps: number;
}

export interface PartialRmsNormOptions extends Pick<RmsNormOptions, 'eps' | 'affine'> {
  /** The part of the elements that counts; 0.0625 in the paper, 0.5 here unless told otherwise: layers are narrower. */
  portion?: number;
}

/** Partial RMSNorm of [N, ..., C] over C = features; k = floor(portion C), at least 1. */
export class PartialRmsNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly k: number;

  constructor(
    readonly features: number,
    readonly options: PartialRmsNormOptions = {},
  ) {
    super();
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
    checkLastAxes('PartialRmsNorm', x.shape, [this.features]);
    const { k, gamma, options } = this;
    return partialRmsNorm(x, { ...then, k, gamma, eps: options.eps ?? 1e-6 });
  }
}
