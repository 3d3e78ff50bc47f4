import type { Tensor } from '../../../autograd/index.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { buffer } from '../core/running.ts';
import { scaleShift } from '../core/scaleShift.ts';
import { channelSets, checkFeatures, checkSetSize } from '../core/sets.ts';
import { setMoments } from '../core/standardizeBy.ts';

/**
 * ActNorm (Kingma and Dhariwal 2018, arXiv:1807.03039, section 3.1): gamma and beta start so that the first batch comes out
 * with mean 0 and variance 1; after that they are ordinary parameters.
 *
 * Index set   of the first batch only, S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions.
 * Forward     y = gamma x + beta per channel; in the first training step gamma = 1 / (sigma + eps), beta = -gamma mu
 * Backward    affine, nothing is projected out:  dx = gamma dy,  dgamma = sum dy x,  dbeta = sum dy
 *
 * Depends on no other sample once it is initialized. Traps: the first batch decides, so it must be shuffled and not tiny; that it
 * has been seen is state (`initialized`), or a resumed run would start over; scaling the layer before it scales the result.
 */
export class ActNorm extends Norm {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  /** 1 after the first training batch, [1]. */
  readonly initialized: Tensor;

  constructor(
    readonly features: number,
    readonly options: ActNormOptions = {},
  ) {
    super();
    const { gamma, beta } = affineParameters([features]);
    this.gamma = gamma as Tensor;
    this.beta = beta as Tensor;
    this.initialized = buffer(1, 0);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const layer = `ActNorm(features=${this.features})`;
    checkFeatures(layer, x.shape, this.features);
    if (this.learning && this.initialized.data[0] === 0) {
      checkSetSize(layer, x.shape);
      this.#initialize(x);
    }
    return scaleShift(x, this.gamma, this.beta, then);
  }

  #initialize(x: Tensor): void {
    const { mean, variance } = setMoments(x, channelSets(x.shape));
    const eps = this.options.eps ?? 1e-6;
    for (let c = 0; c < this.features; c++) {
      this.gamma.data[c] = 1 / (Math.sqrt(variance[c]) + eps);
      this.beta.data[c] = -this.gamma.data[c] * mean[c];
    }
    this.initialized.data[0] = 1;
  }
}

export interface ActNormOptions {
  /** Added to the first batch's deviation; 1e-6 unless told otherwise. */
  eps?: number;
}
