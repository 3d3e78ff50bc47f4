import { add, type DType, mul, type Tensor, tensor } from '../../autograd/index.ts';
import { shown } from '../../errors.ts';
import type { Shape } from '../../kernels/contract.ts';
import { createRandom, defaultRandom, type Random, requireRandom } from '../../random.ts';
import { RandomLayer } from './randomLayer.ts';

/** The paper's constants: how far the noise of a channel may lie from 0 and 1, and each sample's from its channel's. */
const SHIFT = 0.5;
const SCALE = 1.25;
const SPREAD = 0.1;

/**
 * The noise that Santurkar, Tsipras, Ilyas and Madry 2018 (arXiv:1805.11604, section 2.1) put behind BatchNorm, to make the
 * distributions that the next layer sees move more than without any norm: while training, in every step anew,
 *
 *   of a channel j         mu_j ~ U(-0.5, 0.5),               sigma_j ~ U(1, 1.25)
 *   of a sample i in it    m_ij ~ U(mu_j - 0.1, mu_j + 0.1),  s_ij ~ N(sigma_j, 0.1^2)
 *
 *   y = s_ij x + m_ij,  dx = s_ij dy
 *
 * x [N, ..., C]; all positions of a sample and channel share m and s, as they share what a norm does. Nothing in evaluation.
 */
export class ActivationNoise extends RandomLayer {
  /** `random` should be its own, `random.fork('noise1')`. Default: one whose seed the default generator draws. */
  constructor(public random: Random = createRandom(defaultRandom().integer(2 ** 32))) {
    super();
    requireRandom('ActivationNoise', random);
  }

  forward(x: Tensor): Tensor {
    if (!this.training) return x;
    if (x.rank < 2) {
      throw new Error(
        `ActivationNoise: x must be [N, ..., C], samples with channels, got ${shown(x)}. Give a single sample an axis in front: [1, C].`,
      );
    }
    const { scale, shift } = this.draw(x.shape, x.dtype);
    return add(mul(x, scale), shift);
  }

  draw(of: Shape, dtype: DType): { scale: Tensor; shift: Tensor } {
    const { random } = this;
    const [samples, channels] = [of[0], of[of.length - 1]];
    const within = (low: number, high: number) => low + (high - low) * random.uniform();
    const ofChannels = Array.from({ length: channels }, () => ({
      mu: within(-SHIFT, SHIFT),
      sigma: within(1, SCALE),
    }));
    const [m, s] = [new Float64Array(samples * channels), new Float64Array(samples * channels)];
    for (let i = 0; i < m.length; i++) {
      const { mu, sigma } = ofChannels[i % channels];
      m[i] = within(mu - SPREAD, mu + SPREAD);
      s[i] = sigma + SPREAD * random.normal();
    }
    const shape = [samples, ...Array(of.length - 2).fill(1), channels];
    const spread = (values: Float64Array) => tensor(values, shape, { dtype });
    return { scale: spread(s), shift: spread(m) };
  }
}
