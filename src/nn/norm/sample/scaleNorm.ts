import { broadcastTo, parameter, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { Norm, type Then } from '../core/norm.ts';
import { checkLastAxes, lastAxesSets } from '../core/sets.ts';
import { inView, perSet, setMeanSquares, standardizeBy } from '../core/standardizeBy.ts';

/**
 * ScaleNorm (Nguyen and Salazar 2019, arXiv:1910.05895): every position's vector on a sphere, whose radius g is learned.
 *
 * Index set   S_i = all elements of the same position, over the last axis; D of them.
 * Forward     s = max(|x|, eps),  xHat = x / s,  y = g xHat, |x| the Euclidean length, g one number for all
 * Backward    x reaches L directly and, where |x| > eps, through s:
 *               ds = -(g/s) sum(dy xHat),  ds/dx = xHat
 *               dx = (g/s) ( dy - xHat sum(dy xHat) ),  dg = sum over everything of dy xHat
 *             so dx stands at right angles to x.
 *
 * Depends on no other sample. Traps: below eps s is a constant; a zero vector gives y = 0 and dx = (g / eps) dy, so eps should
 * not be tiny (with 1e-12, as in torch.nn.functional.normalize, that is 1e12 dy).
 */
export function scaleNorm(x: Tensor, set: ScaleNormCall): Tensor {
  const { g, eps, ...then } = set;
  const view = lastAxesSets(x.shape, 1);
  const length = setMeanSquares(x, view).map((square) => Math.sqrt(square * view.k));
  const k = kernels(x);
  return standardizeBy('scaleNorm', x, {
    ...then,
    view,
    gamma: broadcastTo(g, [view.k]),
    beta: null,
    mean: length.map(() => 0),
    deviation: length.map((of) => Math.max(of, eps)),
    paths: ({ deviation: ds }) => {
      const slope = perSet(x, view, (row) => (length[row] > eps ? ds.data[row] / length[row] : 0));
      return k.binary('mul', inView(x, view), slope);
    },
  });
}

export interface ScaleNormCall extends Then {
  /** One number, []. */
  g: Tensor;
  eps: number;
}

export interface ScaleNormOptions {
  /** The shortest length that is divided by; 1e-5 unless told otherwise. */
  eps?: number;
}

/** ScaleNorm of [N, ..., C] over C = features. g starts as sqrt(C), so that a component's mean square starts as 1. */
export class ScaleNorm extends Norm {
  readonly g: Tensor;

  constructor(
    readonly features: number,
    readonly options: ScaleNormOptions = {},
  ) {
    super();
    this.g = parameter(Float32Array.of(Math.sqrt(features)), []);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkLastAxes('ScaleNorm', x.shape, [this.features]);
    return scaleNorm(x, { ...then, g: this.g, eps: this.options.eps ?? 1e-5 });
  }
}
