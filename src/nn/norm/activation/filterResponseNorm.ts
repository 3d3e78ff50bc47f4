import { add, neg, parameter, record, standardize, sub, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { positionAxes, small } from '../core/arithmetic.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { checkFeatures, groupSets } from '../core/sets.ts';
import { setMeanSquares } from '../core/standardizeBy.ts';

/**
 * Filter Response Normalization with the Thresholded Linear Unit (Singh and Krishnan 2019, arXiv:1911.09737).
 *
 * Index set   S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions; m = H W.
 *             No mean is subtracted.
 * Forward     nu2 = (1/m) sum x^2,  s = sqrt(nu2 + eps + |learnedEps|),  xHat = x / s,
 *             z = gamma xHat + beta,  y = max(z, tau): TLU, a ReLU with a learned threshold per channel
 * Backward    dtau = sum of dy where z < tau,  dz = dy where z > tau,  g = gamma dz. x reaches L directly and through nu2:
 *               through nu2   ds = -sum g xHat / s,  and ds/dx = x / (m s) = xHat / m
 *               dx = (1/s) ( g - xHat mean(g xHat) ),  dgamma = sum dz xHat,  dbeta = sum dz
 *               dlearnedEps = sign(learnedEps) sum over N of -sum(g xHat) / (2 s^2), since ds/d(s^2) = 1 / (2 s)
 *
 * Depends on no other sample. Traps: it brings its own activation, so no ReLU follows; over one position (vectors, 1x1
 * images) xHat = sign(x) and the gradient vanishes, unless learnedEps is there and large; at z = tau there is a kink.
 */
export function filterResponseNorm(x: Tensor, set: FilterResponseCall): Tensor {
  const { tau, ...affine } = set;
  if (!tau) return response(x, affine);
  // max(z, tau) = max(z - tau, 0) + tau: beta takes tau in, and the core has the ReLU
  const beta = set.beta ? sub(set.beta, tau) : neg(tau);
  return add(response(x, { ...affine, beta, relu: true }), tau);
}

export interface FilterResponseCall extends Then {
  /** [C] each; null: 1 and 0. */
  gamma: Tensor | null;
  beta: Tensor | null;
  /** [C]; null: no TLU. */
  tau: Tensor | null;
  /** [C], or one number for all channels; null: none. */
  learnedEps: Tensor | null;
  eps: number;
}

/** z, without the TLU. */
function response(x: Tensor, set: Omit<FilterResponseCall, 'tau'>): Tensor {
  const { learnedEps, ...rest } = set;
  if (learnedEps) return withLearnedEps(x, learnedEps, rest);
  return standardize(x, groupSets(x.shape, x.shape[x.rank - 1]), { ...rest, center: false });
}

/** The same with eps + |learnedEps| under the root: the core with a mean square that is larger by |learnedEps|. */
function withLearnedEps(
  x: Tensor,
  learnedEps: Tensor,
  set: Omit<FilterResponseCall, 'tau' | 'learnedEps'>,
): Tensor {
  const { gamma, beta, eps, relu = false, residual = null } = set;
  const k = kernels(x);
  const channels = x.shape[x.rank - 1];
  const view = groupSets(x.shape, channels);
  const options = { eps, epsInside: true, ddof: 0, center: false } as const;
  const learned = (c: number) => learnedEps.data[learnedEps.size > 1 ? c : 0];
  const shape = [view.n, channels];
  const variance = Float64Array.from(
    setMeanSquares(x, view),
    (square, set) => square + Math.abs(learned(set % channels)),
  );
  const mean = new Float64Array(variance.length);
  const statistics = { mean: { shape, data: mean }, variance: { shape, data: variance } };
  const { y } = k.standardize({ x, view, gamma, beta, options, given: statistics, relu, residual });

  return record('filterResponseNorm', y, [x, gamma, beta, residual, learnedEps], (dy, needs) => {
    const [needsX, needsGamma, needsBeta] = needs;
    const { dx, dgamma, dbeta, dresidual } = k.standardizeBackward({
      ...{ dy, x, y, view, gamma, options, statistics, relu },
      through: { mean: false, variance: true },
      needs: { x: needsX, gamma: needsGamma, beta: needsBeta, residual: true }, // dresidual is dz
    });
    const dLearnedEps = () => {
      const dzX = k.reduce('sum', k.binary('mul', dresidual as NDArray, x), positionAxes(x.shape)).data;
      const d = new Float64Array(channels);
      for (let i = 0; i < dzX.length; i++) {
        const c = i % channels;
        const gX = dzX[i] * (gamma ? gamma.data[c] : 1); // s sum(g xHat)
        d[c] -= (Math.sign(learned(c)) * gX) / (2 * (variance[i] + eps) ** 1.5);
      }
      return small(x, [channels], d);
    };
    return [dx, dgamma, dbeta, dresidual, dLearnedEps];
  });
}

export interface FilterResponseNormOptions {
  eps?: number;
  affine?: boolean;
  /** Learn an |eps| per channel, from 1e-4: for layers with few positions (section 3.3). */
  learnEps?: boolean;
}

/** FRN + TLU of [N, C] or [N, H, W, C], C = features. tau = 0 at first: a ReLU. */
export class FilterResponseNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly tau: Tensor;
  readonly learnedEps: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: FilterResponseNormOptions = {},
  ) {
    super();
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.tau = parameter(new Float32Array(features), [features]);
    const start = new Float32Array(features).fill(1e-4);
    this.learnedEps = options.learnEps ? parameter(start, [features]) : null;
  }

  override get activates(): boolean {
    return true;
  }

  /** With `relu` and no residual the TLU takes the ReLU's place. */
  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`FilterResponseNorm(features=${this.features})`, x.shape, this.features);
    const { gamma, beta, learnedEps } = this;
    const activates = then.relu && !then.residual;
    const rest = activates ? { tau: this.tau } : { tau: null, ...then };
    return filterResponseNorm(x, { ...rest, gamma, beta, learnedEps, eps: this.options.eps ?? 1e-6 });
  }
}
