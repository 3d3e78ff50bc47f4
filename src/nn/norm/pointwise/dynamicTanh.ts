import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { arithmetic } from '../core/arithmetic.ts';
import { affineParameters, followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures } from '../core/sets.ts';

/**
 * Dynamic tanh, DyT (Zhu, Chen, He, LeCun, Liu 2025, arXiv:2503.10622): a squashing function in the place of a norm.
 *
 * Index set   none: every element by itself; the Jacobian is diagonal.
 * Forward     t = tanh(alpha x),  y = gamma t + beta, alpha one number for the layer
 * Backward    g = gamma dy,  dt/d(alpha x) = 1 - t^2
 *               dx = g alpha (1 - t^2),  dalpha = sum over everything of g x (1 - t^2)
 *               dgamma = sum dy t,  dbeta = sum dy
 *
 * Depends on no statistics. Traps: alpha (0.5 at first) decides where it saturates, and nothing else adapts to the scale of x.
 */
export function dynamicTanh(x: Tensor, alpha: Tensor, gamma: Tensor | null, beta: Tensor | null): Tensor {
  const { add, mul, square, affine } = arithmetic(x);
  const t = kernels(x).unary('tanh', mul(x, alpha));
  const scaled = gamma ? mul(t, gamma) : t;
  return record('dynamicTanh', beta ? add(scaled, beta) : scaled, [x, alpha, gamma, beta], (dy) => {
    const g = gamma ? mul(dy, gamma) : dy;
    const slope = mul(g, affine(square(t), -1, 1));
    return [() => mul(slope, alpha), () => mul(slope, x), () => mul(dy, t), dy];
  });
}

export interface DynamicTanhOptions {
  /** alpha at first; 0.5 unless told otherwise. */
  alpha?: number;
  affine?: boolean;
}

/** DyT of [N, C] or [N, H, W, C], C = features. */
export class DynamicTanh extends Norm {
  readonly alpha: Tensor;
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: DynamicTanhOptions = {},
  ) {
    super();
    this.alpha = parameter(Float32Array.of(options.alpha ?? 0.5), []);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`DynamicTanh(features=${this.features})`, x.shape, this.features);
    return followedBy(dynamicTanh(x, this.alpha, this.gamma, this.beta), then);
  }
}
