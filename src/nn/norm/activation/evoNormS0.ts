import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { arithmetic, deviations } from '../core/arithmetic.ts';
import { checkGroups } from '../core/groups.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { scaleShift } from '../core/scaleShift.ts';
import { checkFeatures, groupSets } from '../core/sets.ts';

/**
 * EvoNorm-S0 (Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967): norm and activation in one, found by search.
 *
 * Index set   S_i = { j : j_N = i_N, group(j_C) = group(i_C) }, as in GroupNorm; m = H W C / G. The deviation is that from
 *             the mean, yet no mean is subtracted from x itself.
 * Forward     D = sqrt(var + eps),  s = sigmoid(v1 x),  z = x s / D,  y = gamma z + beta
 * Backward    g = gamma dy,  dn = g / D for the numerator n = x s. x reaches L through n and through D:
 *               through n   dn/dx = s + v1 x s (1 - s)
 *               through D   dD = -sum over the group of g z / D,  and dD/dx = (x - mean) / (m D) = xHat / m
 *               dx = dn (s + v1 x s (1 - s)) + xHat dD / m
 *             dv1 = sum dn x^2 s (1 - s),  dgamma = sum dy z,  dbeta = sum dy
 *
 * Depends on no other sample. Traps: it brings its own activation, so no ReLU follows; where none is wanted (the last layer
 * of a residual branch) only gamma and beta remain; for constant sets D = sqrt(eps), and y is large.
 */
export function evoNormS0(x: Tensor, set: EvoNormS0Call): Tensor {
  const { gamma, beta, v1, groups, eps } = set;
  const { add, mul, div, affine, sum, square } = arithmetic(x);
  const k = kernels(x);
  const view = groupSets(x.shape, groups);
  // Read as [n, p, g, k] so that one number per set [n, 1, g, 1] broadcasts, and one per channel [g, k] as well
  const inSets = (a: NDArray): NDArray => ({ shape: [view.n, view.p, view.g, view.k], data: a.data });
  const inGroups = (a: NDArray): NDArray => ({ shape: [view.g, view.k], data: a.data });
  const back = (a: NDArray): NDArray => ({ shape: x.shape, data: a.data });

  const options = { eps, epsInside: true, ddof: 0, center: true } as const;
  const { y: xHat, statistics } = k.standardize({ x, view, gamma: null, beta: null, options });
  const d = deviations(x, [view.n, 1, view.g, 1], statistics.variance, eps);
  const [input, slope] = [inSets(x), inGroups(v1)];
  const s = k.unary('sigmoid', mul(input, slope));
  const z = div(mul(input, s), d);
  const scaled = gamma ? mul(z, inGroups(gamma)) : z;
  const y = beta ? add(scaled, inGroups(beta)) : scaled;

  return record('evoNormS0', back(y), [x, gamma, beta, v1], (dy) => {
    const g = gamma ? mul(inSets(dy), inGroups(gamma)) : inSets(dy);
    const dn = div(g, d);
    const bend = mul(s, affine(s, -1, 1)); // s (1 - s)
    return [
      () => {
        const throughN = mul(dn, add(s, mul(mul(input, slope), bend)));
        const dD = affine(div(sum(mul(g, z), [1, 3]), d), -1 / (view.p * view.k));
        return back(add(throughN, mul(inSets(xHat), dD)));
      },
      () => back(mul(inSets(dy), z)),
      dy,
      () => back(mul(dn, mul(square(input), bend))),
    ];
  });
}

export interface EvoNormS0Call {
  groups: number;
  /** [C] each; null: 1 and 0. */
  gamma: Tensor | null;
  beta: Tensor | null;
  /** [C] */
  v1: Tensor;
  eps: number;
}

export interface EvoNormS0Options {
  eps?: number;
  affine?: boolean;
}

/** EvoNorm-S0 of [N, C] or [N, H, W, C], C = features, in `groups` groups. */
export class EvoNormS0 extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly v1: Tensor;

  constructor(
    readonly groups: number,
    readonly features: number,
    readonly options: EvoNormS0Options = {},
  ) {
    super();
    checkGroups('EvoNormS0', groups, features);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.v1 = parameter(new Float32Array(features).fill(1), [features]);
  }

  override get activates(): boolean {
    return true;
  }

  /** With `relu` and no residual its own activation takes the ReLU's place; else y = gamma x + beta. */
  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`EvoNormS0(groups=${this.groups}, features=${this.features})`, x.shape, this.features);
    const { groups, gamma, beta, v1 } = this;
    if (!then.relu || then.residual) return scaleShift(x, gamma, beta, then);
    return evoNormS0(x, { groups, gamma, beta, v1, eps: this.options.eps ?? 1e-5 });
  }
}
