import { standardize, type Tensor } from '../../../autograd/index.ts';
import type { SetView } from '../../../kernels/contract.ts';
import { type Conventions, type CoreOptions, coreOptions } from '../core/conventions.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { checkFeatures, checkLastAxes, groupSets, lastAxesSets } from '../core/sets.ts';

/**
 * Layer normalization (Ba, Kiros, Hinton 2016, arXiv:1607.06450).
 *
 * Index set   S_i = all elements of the same sample (or, over the last D axes only, of the same position); m of them.
 * Forward     mu = (1/m) sum x,  v = (1/m) sum (x - mu)^2,  sigma = sqrt(v + eps),
 *             xHat = (x - mu) / sigma,  y = gamma xHat + beta
 * Backward    gamma differs from element to element inside one set, so it goes into g before any mean is taken
 *             (pulling it out of the means is the classic mistake):
 *               g = gamma dy
 *             x reaches L directly, through mu and through v, as in BatchNorm:
 *               dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) )
 *             gamma and beta are shared by all sets: dgamma = sum over sets of dy xHat, dbeta = sum over sets of dy
 *
 * Depends on no other sample; training and evaluation are the same. Traps: over one value it puts out beta; over two,
 * xHat = +-1; gamma of shape [H, W, C] ties a network to one image size.
 */
export function layerNorm(x: Tensor, set: LayerNormCall): Tensor {
  return standardize(x, set.view, set);
}

export interface LayerNormCall extends CoreOptions, Then {
  view: SetView;
  gamma: Tensor | null;
  beta: Tensor | null;
}

export interface LayerNormOptions extends Conventions {
  /**
   * 'shape': statistics over the axes of `shape` (PyTorch: the last ones), gamma and beta of that shape; [C] on images
   * means each position by itself. 'sample': statistics over everything but the batch, gamma and beta per channel.
   */
  over?: 'shape' | 'sample';
}

/**
 * Layer normalization of x [N, ..., shape]. `shape`: the last axes, e.g. 128, or [30, 30, 5] for [H, W, C]; with
 * `over: 'sample'` the number of channels. Defaults are PyTorch's.
 */
export class LayerNorm extends Norm {
  readonly shape: readonly number[];
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    shape: number | readonly number[],
    readonly options: LayerNormOptions = {},
  ) {
    super();
    this.shape = typeof shape === 'number' ? [shape] : shape;
    ({ gamma: this.gamma, beta: this.beta } = affineParameters(this.shape, options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { gamma, beta } = this;
    const { eps, epsInside, ddof, detach } = coreOptions(this.options);
    const { residual, relu } = then;
    return layerNorm(x, { view: this.#sets(x), gamma, beta, eps, epsInside, ddof, detach, residual, relu });
  }

  #sets(x: Tensor): SetView {
    if (this.options.over === 'sample') {
      checkFeatures('LayerNorm', x.shape, this.shape[0]);
      return groupSets(x.shape, 1);
    }
    checkLastAxes('LayerNorm', x.shape, this.shape);
    return lastAxesSets(x.shape, this.shape.length);
  }
}
