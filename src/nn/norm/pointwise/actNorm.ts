import { parameter, type Tensor } from '../../../autograd/index.ts';
import { mean, read, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { ChannelNorm, type Then } from '../core/norm.ts';
import { buffer } from '../core/running.ts';
import { channelSets, checkFeatures, checkSetSize } from '../core/sets.ts';
import { scaleShift } from './scaleShift.ts';

/**
 * ActNorm (Kingma and Dhariwal 2018, arXiv:1807.03039, section 3.1): gamma and beta start so that the first batch comes out
 * with mean 0 and variance 1; after that they are ordinary parameters, y = gamma x + beta, and nothing is projected out of dx.
 *
 * Of the first batch only, S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions. Evaluation is the
 * same, but never initializes.
 */
export class ActNorm extends ChannelNorm<ActNormOptions> {
  readonly gamma = parameter(new Float32Array(this.features).fill(1), [this.features]);
  readonly beta = parameter(new Float32Array(this.features), [this.features]);
  /** 1 after the first training batch, [1]. */
  readonly initialized = buffer(1, 0);

  constructor(features: number, options: ActNormOptions = {}) {
    super(`ActNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    if (this.learning && this.initialized.data[0] === 0) {
      checkSetSize(this.layer, x.shape);
      this.#initialize(x);
    }
    return scaleShift(x, this.gamma, this.beta, then);
  }

  #initialize(x: Tensor): void {
    const batch = read(x, x, channelSets(x.shape));
    const mu = mean(batch);
    const v = mean(square(sub(batch, mu)));
    const eps = this.options.eps ?? 1e-6;
    this.gamma.set(v.data.map((variance) => 1 / (Math.sqrt(variance) + eps)));
    this.beta.set(mu.data.map((mean, c) => -this.gamma.data[c] * mean));
    this.initialized.set([1]);
  }
}

export interface ActNormOptions {
  /** Added to the first batch's deviation; default: 1e-6. */
  eps?: number;
}

export const actNorm = defineNorm<ActNormOptions>({
  name: 'actnorm',
  title: 'ActNorm',
  paper: 'Kingma and Dhariwal 2018, arXiv:1807.03039',
  sets: 'the channel, over the first batch only',
  batchOfOne: 'the same, but for the first batch',
  traps: [
    'The first batch decides, so it must be shuffled and not tiny.',
    'That it has been seen is state (`initialized`), or a resumed run would start over.',
    'Scaling the layer before it scales the result.',
  ],
  source: 'pointwise/actNorm.ts',
  build: (features, options) => new ActNorm(features, options),
});
