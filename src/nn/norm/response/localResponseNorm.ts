import { record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { arithmetic } from '../core/arithmetic.ts';
import { followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures } from '../core/sets.ts';
import { pooled, poolMatrix, windowPool } from './pools.ts';

/**
 * Local Response Normalization (Krizhevsky, Sutskever, Hinton 2012, AlexNet, section 3.3).
 *
 * Index set   a window over the channels of one position: N(i) = { i - floor(n/2), ..., i + floor((n-1)/2) }, cut off at the
 *             first and last channel.
 * Forward     D_i = k + a sum over N(i) of x_j^2,  y_i = x_i D_i^-b.   a = alpha / n (PyTorch, Caffe) or alpha (the paper)
 * Backward    x_i reaches L directly, and through every D_j of whose window it is part:
 *               dD_j = -b dy_j x_j D_j^(-b-1),  dD_j/dx_i = 2 a x_i
 *               dx_i = dy_i D_i^-b - 2 a b x_i sum over { j : i in N(j) } of dy_j x_j D_j^(-b-1)
 *             With the window as a matrix Q of zeros and ones, the forward sum is Q x^2 and the backward one is Q^T.
 *
 * Depends on no other sample; learns nothing. Traps: for even n the window is lopsided and Q^T is not Q; alpha means two
 * things, a factor of n apart; k = 1 in PyTorch, 2 in the paper.
 */
export function localResponseNorm(x: Tensor, set: LocalResponseCall): Tensor {
  const { size, alpha, beta, k, divideAlpha } = set;
  const { add, mul, affine, square } = arithmetic(x);
  const power = kernels(x);
  const a = divideAlpha ? alpha / size : alpha;
  const window = windowPool(x.shape[x.rank - 1], Math.floor(size / 2), Math.floor((size - 1) / 2));
  const q = poolMatrix(window, x);
  const d = affine(pooled(square(x), q), a, k);
  const shrink = power.unary('pow', d, -beta);

  return record('localResponseNorm', mul(x, shrink), [x], (dy) => {
    const inner = mul(mul(dy, x), power.unary('pow', d, -beta - 1));
    return [add(mul(dy, shrink), mul(affine(x, -2 * a * beta), pooled(inner, q, true)))];
  });
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

/** PyTorch's defaults; its `size` has none, and 5 is the paper's. The paper has k = 2 and divideAlpha = false. */
const defaults: LocalResponseCall = { size: 5, alpha: 1e-4, beta: 0.75, k: 1, divideAlpha: true };

/** LRN of [N, C] or [N, H, W, C], C = features. */
export class LocalResponseNorm extends Norm {
  constructor(
    readonly features: number,
    readonly options: Partial<LocalResponseCall> = {},
  ) {
    super();
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`LocalResponseNorm(features=${this.features})`, x.shape, this.features);
    return followedBy(localResponseNorm(x, { ...defaults, ...this.options }), then);
  }
}
