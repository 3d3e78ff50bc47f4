import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { arithmetic } from '../core/arithmetic.ts';
import { affineParameters, followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures } from '../core/sets.ts';

/**
 * Dynamic erf, Derf (Chen et al. 2025, arXiv:2512.10938): DyT with the error function and a shift.
 *
 * Index set   none: every element by itself; the Jacobian is diagonal.
 * Forward     u = alpha x + shift,  t = erf(u),  y = gamma t + beta; alpha and shift one number each for the layer
 * Backward    g = gamma dy,  e = dt/du = (2 / sqrt(pi)) exp(-u^2)
 *               dx = g alpha e,  dalpha = sum over everything of g x e,  dshift = sum over everything of g e
 *               dgamma = sum dy t,  dbeta = sum dy
 *
 * Depends on no statistics. Traps: as DyT, and it saturates faster, with exp(-u^2).
 */
export function dynamicErf(x: Tensor, set: DynamicErfCall): Tensor {
  const { alpha, shift, gamma, beta } = set;
  const { add, mul } = arithmetic(x);
  const k = kernels(x);
  const u = add(mul(x, alpha), shift);
  const t = k.unary('erf', u);
  const scaled = gamma ? mul(t, gamma) : t;
  return record('dynamicErf', beta ? add(scaled, beta) : scaled, [x, alpha, shift, gamma, beta], (dy) => {
    const g = gamma ? mul(dy, gamma) : dy;
    const slope = k.unaryBackward('erf', g, u, t); // g e
    return [() => mul(slope, alpha), () => mul(slope, x), slope, () => mul(dy, t), dy];
  });
}

export interface DynamicErfCall {
  /** One number each, []. */
  alpha: Tensor;
  shift: Tensor;
  /** [C] each; null: 1 and 0. */
  gamma: Tensor | null;
  beta: Tensor | null;
}

export interface DynamicErfOptions {
  /** alpha at first; 0.5 unless told otherwise. */
  alpha?: number;
  affine?: boolean;
}

/** Derf of [N, C] or [N, H, W, C], C = features. */
export class DynamicErf extends Norm {
  readonly alpha: Tensor;
  readonly shift: Tensor;
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: DynamicErfOptions = {},
  ) {
    super();
    this.alpha = parameter(Float32Array.of(options.alpha ?? 0.5), []);
    this.shift = parameter(new Float32Array(1), []);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`DynamicErf(features=${this.features})`, x.shape, this.features);
    return followedBy(dynamicErf(x, this), then);
  }
}
