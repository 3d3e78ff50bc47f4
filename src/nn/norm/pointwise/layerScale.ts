import { parameter, type Tensor } from '../../../autograd/index.ts';
import { Norm, type Then } from '../core/norm.ts';
import { scaleShift } from '../core/scaleShift.ts';
import { checkFeatures } from '../core/sets.ts';

/**
 * LayerScale (Touvron et al. 2021, arXiv:2103.17239): a residual branch begins small, and each channel learns how large.
 *
 * Index set   none: no statistics at all.
 * Forward     y = lambda x, lambda per channel
 * Backward    dx = lambda dy,  dlambda = sum over N, H, W of dy x
 *
 * Depends on nothing but x. Trap: it normalizes nothing; it belongs at the end of residual branches, and behind each layer of
 * a plain network it lets the signal die out.
 */
export function layerScale(x: Tensor, lambda: Tensor, then: Then = {}): Tensor {
  return scaleShift(x, lambda, null, then);
}

export interface LayerScaleOptions {
  /** lambda at first: 0.1 unless told otherwise, for up to 18 blocks; 1e-5 up to 24, 1e-6 beyond (the paper). */
  initial?: number;
}

/** LayerScale of [N, C] or [N, H, W, C], C = features. */
export class LayerScale extends Norm {
  readonly lambda: Tensor;

  constructor(
    readonly features: number,
    options: LayerScaleOptions = {},
  ) {
    super();
    this.lambda = parameter(new Float32Array(features).fill(options.initial ?? 0.1), [features]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`LayerScale(features=${this.features})`, x.shape, this.features);
    return layerScale(x, this.lambda, then);
  }
}
