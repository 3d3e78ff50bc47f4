import { standardize, type Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { type Conventions, type CoreOptions, coreOptions } from '../core/conventions.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { checkLastAxes, lastAxesSets } from '../core/sets.ts';

/**
 * Root mean square normalization (Zhang and Sennrich 2019, arXiv:1910.07467).
 *
 * Index set   S_i = all elements of the same position, over the last D axes; m of them.
 * Forward     r = sqrt((1/m) sum x^2 + eps),  xHat = x / r,  y = gamma xHat
 * Backward    g = gamma dy, before the mean. x reaches L along two paths, directly and through r; there is no mean to go
 *             through, so dx does not sum to 0.
 *               direct       g / r
 *               through r    dr = -sum(g x) / r^2 and dr/dx = x / (m r); together  -xHat (1/m) sum(g xHat) / r
 *               dx = (1/r) ( g - xHat mean(g xHat) ),  dgamma = sum over sets of dy xHat
 *
 * Depends on no other sample. Of centred input it is LayerNorm. Traps: "variance" in many codes is the mean square; eps stands
 * inside the root or outside of it (`epsInside`); of a zero row y = 0, but dx = g / sqrt(eps), a thousandfold g.
 */
export function rmsNorm(x: Tensor, set: RmsNormCall): Tensor {
  return standardize(x, set.view, { ...set, center: false });
}

export interface RmsNormCall extends CoreOptions, Then {
  view: SetView;
  gamma: Tensor | null;
  beta?: Tensor | null;
}

/** Without `ddof`: the mean square has no mean to pay for. */
export type RmsNormOptions = Omit<Conventions, 'ddof'>;

/**
 * RMSNorm of x [N, ..., shape]; `shape`: the last axes, on images the channels of each position. eps is 1e-6 unless told
 * otherwise (Keras): PyTorch's default is the dtype's own epsilon, with which a zero row in float64 has gradients of 1e7 g.
 */
export class RmsNorm extends Norm {
  readonly shape: readonly number[];
  readonly gamma: Tensor | null;

  constructor(
    shape: number | readonly number[],
    readonly options: RmsNormOptions = {},
  ) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : shape;
    this.gamma = affineParameters(this.shape, options.affine).gamma;
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkLastAxes('RmsNorm', x.shape, this.shape);
    const { gamma, options } = this;
    const view = lastAxesSets(x.shape, this.shape.length);
    return rmsNorm(x, { ...then, ...coreOptions(options), view, gamma, eps: options.eps ?? 1e-6, ddof: 0 });
  }
}
