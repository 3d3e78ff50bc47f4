import type { Tensor } from '../../../autograd/index.ts';
import { requireFields } from '../../../options.ts';
import { add, mul, pow, square } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { ChannelNorm, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, lastAxesSets } from '../core/sets.ts';
import { pooling, poolMatrix, windowPool } from './pools.ts';

/**
 * Local Response Normalization (Krizhevsky, Sutskever, Hinton 2012, AlexNet, section 3.3).
 *
 * S_i is a window over the channels of one position: { i - floor(n/2), ..., i + floor((n-1)/2) }, cut off at the first and last
 * channel; as a matrix Q of zeros and ones, the sum over it is Q x^2. It learns nothing, depends on no other sample, and is the
 * same in training and evaluation.
 */
export function localResponseNorm(x: Tensor, set: LocalResponseCall): Tensor {
  checkCall('localResponseNorm', x, set);
  requireFields('localResponseNorm', set, 'its numbers', ['size', 'alpha', 'beta', 'k']);
  const { size, alpha, beta, k, divideAlpha } = set;
  const a = divideAlpha ? alpha / size : alpha;
  const window = windowPool(x.shape[x.rank - 1], Math.floor(size / 2), Math.floor((size - 1) / 2));
  const q = pooling('Q', poolMatrix(window, x));
  return rule('localResponseNorm', lastAxesSets(x.shape, 1), { x }, { numbers: { k, a } }, ({ x }, norm) => {
    const d = norm.statistic('d', () => add(k, mul(a, q.of(square(x)))));
    const shrink = pow(d, -beta);
    norm.steps({ shrink });

    return [
      mul(x, shrink),
      (dy) => {
        const dd = mul(-beta, mul(mul(dy, x), pow(d, -beta - 1)));
        norm.steps({ dd });
        return {
          // x_i is in every window that it is part of: those are the columns of Q
          x: () => norm.paths({ direct: mul(dy, shrink), d: mul(mul(2 * a, x), q.back(dd)) }),
        };
      },
    ];
  }).y;
}

export interface LocalResponseCall {
  /** Channels in the window, n. */
  size: number;
  alpha: number;
  beta: number;
  k: number;
  /** true: alpha / n times the sum (PyTorch, Caffe); false: alpha times the sum (the paper, TensorFlow). */
  divideAlpha: boolean;
}

/** LRN of [N, ..., C], C = features. The defaults are PyTorch's; its `size` has none, and 5 is the paper's. */
export class LocalResponseNorm extends ChannelNorm<Partial<LocalResponseCall>> {
  constructor(features: number, options: Partial<LocalResponseCall> = {}) {
    super(`LocalResponseNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    const { size = 5, alpha = 1e-4, beta = 0.75, k = 1, divideAlpha = true } = this.options;
    return followedBy(localResponseNorm(x, { size, alpha, beta, k, divideAlpha }), then);
  }
}

export const localResponse = defineNorm<Partial<LocalResponseCall>>({
  name: 'local-response',
  aliases: ['lrn'],
  title: 'Local Response Norm',
  paper: 'Krizhevsky, Sutskever, Hinton 2012',
  sets: 'the five nearest channels of the position',
  parameters: 'none',
  defaults: [
    { where: 'AlexNet', says: 'k 2, n 5, alpha 1e-4 times the sum, beta 0.75' },
    { where: 'PyTorch, Caffe', says: 'alpha is divided by n: a fifth of AlexNet at n = 5; k 1' },
    { where: 'TensorFlow', says: 'radius 5 (n = 11), bias 1, alpha 1 times the sum, beta 0.5' },
  ],
  traps: [
    'For even n the window is lopsided, and Q^T of the backward pass is not Q.',
    'alpha means two things, a factor of n apart.',
    'k = 1 in PyTorch, 2 in the paper.',
  ],
  golden: {
    localResponseNorm: {
      run({ x }, a) {
        const [size, alpha, k] = [a.number('size'), a.number('alpha', 1e-4), a.number('k', 1)];
        const [beta, divideAlpha] = [a.number('beta', 0.75), a.flag('divideAlpha', true)];
        return localResponseNorm(x, { size, alpha, beta, k, divideAlpha });
      },
    },
  },
  source: 'response/localResponseNorm.ts',
  build: (features, options) => new LocalResponseNorm(features, options),
});
