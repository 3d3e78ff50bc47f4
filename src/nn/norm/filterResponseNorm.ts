import { maximum, parameter, record, standardize, type Tensor } from '../../autograd/index.ts';
import { kernels } from '../../kernels/active.ts';
import { arithmetic, positionAxes, positions } from './arithmetic.ts';
import { affineParameters, followedBy, Norm, type Then } from './norm.ts';
import { checkFeatures, groupSets } from './sets.ts';

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
  const { learnedEps, tau, ...rest } = set;
  const view = groupSets(x.shape, x.shape[x.rank - 1]);
  const z = learnedEps
    ? followedBy(withLearnedEps(x, { ...rest, learnedEps }), set)
    : standardize(x, { ...rest, view, center: false });
  return tau ? maximum(z, tau) : z;
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

/** gamma x / s + beta with eps + |learnedEps| under the root. */
function withLearnedEps(x: Tensor, set: Omit<FilterResponseCall, 'tau'> & { learnedEps: Tensor }): Tensor {
  const { gamma, beta, learnedEps, eps } = set;
  const k = kernels(x);
  const { mul, sum, square } = arithmetic(x);
  const [channels, m] = [x.shape[x.rank - 1], positions(x.shape)];
  const view = groupSets(x.shape, channels);
  const options = { eps, epsInside: true, ddof: 0, center: false } as const;
  const perChannel = (a: { data: Tensor['data'] } | null, c: number) =>
    a ? a.data[a.data.length > 1 ? c : 0] : 1;

  const total = sum(square(x), positionAxes(x.shape)).data; // [N, C]
  const variance = Float64Array.from(total, (s, i) => s / m + Math.abs(perChannel(learnedEps, i % channels)));
  const shape = [view.n, channels];
  const statistics = {
    mean: { shape, data: new Float64Array(variance.length) },
    variance: { shape, data: variance },
  };
  const { y } = k.standardize({ x, view, gamma, beta, options, given: statistics });

  return record(
    'filterResponseNorm',
    y,
    [x, gamma, beta, learnedEps],
    (dz, [needsX, needsGamma, needsBeta]) => {
      const needs = { x: needsX, gamma: needsGamma, beta: needsBeta, residual: false };
      const through = { mean: false, variance: true };
      const common = { dy: dz, x, y, view, gamma, options, statistics, through, needs };
      const { dx, dgamma, dbeta } = k.standardizeBackward(common);
      return [
        dx,
        dgamma,
        dbeta,
        () => {
          const sums = sum(mul(dz, x), positionAxes(x.shape)).data; // sum dz x = s sum dz xHat
          const d = new Float64Array(channels);
          sums.forEach((value: number, i: number) => {
            const c = i % channels;
            const s = Math.sqrt(variance[i] + eps);
            d[c] -= (Math.sign(perChannel(learnedEps, c)) * perChannel(gamma, c) * value) / (2 * s ** 3);
          });
          return { shape: [channels], data: x.dtype === 'float64' ? d : Float32Array.from(d) };
        },
      ];
    },
  );
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
