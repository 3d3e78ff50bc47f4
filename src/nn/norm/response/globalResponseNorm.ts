import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { arithmetic, perInstance, positionAxes, small } from '../core/arithmetic.ts';
import { followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures } from '../core/sets.ts';

/**
 * Global Response Normalization (Woo et al. 2023, arXiv:2301.00808, ConvNeXt V2): channels compete by their energy.
 *
 * Index set   none in the usual sense: the length of each channel over the positions of its sample, divided by the mean
 *             length of the sample's channels.
 * Forward     G = sqrt(sum over H, W of x^2),  M = (1/C) sum over C of G + eps,  R = G / M,  y = gamma x R + beta + x
 * Backward    x reaches L directly and through G, which stands in R and in M:
 *               dR = gamma sum over H, W of dy x
 *               dG = dR / M - (1 / (C M^2)) sum over C of dR G
 *               dx = dy (1 + gamma R) + x dG / G, where dG/dx = x / G counts as 0 for G = 0
 *             dgamma = sum dy x R,  dbeta = sum dy
 *
 * Depends on no other sample. Traps: the paper writes the sum over C, the code takes the mean, as here; gamma = beta = 0 at
 * first, so that y = x and a gradient check there sees nothing; it amplifies loud channels rather than making them equal.
 */
export function globalResponseNorm(x: Tensor, set: GlobalResponseCall): Tensor {
  const { gamma, beta, eps } = set;
  const { add, mul, sum, square, affine } = arithmetic(x);
  const [samples, channels] = [x.shape[0], x.shape[x.rank - 1]];
  const spatial = positionAxes(x.shape);
  const perChannel = (values: ArrayLike<number>) => small(x, perInstance(x.shape), values);

  const g = Float64Array.from(sum(square(x), spatial).data, Math.sqrt);
  const m = Float64Array.from({ length: samples }, (_, n) => {
    return g.subarray(n * channels, (n + 1) * channels).reduce((a, b) => a + b, 0) / channels + eps;
  });
  const r = perChannel(g.map((length, i) => length / m[Math.floor(i / channels)]));
  const scaled = mul(x, r);

  const y = add(add(mul(scaled, gamma), beta), x);
  return record('globalResponseNorm', y, [x, gamma, beta], (dy) => [
    () => {
      const dR = sum(mul(dy, x), spatial).data.map(
        (value: number, i: number) => value * gamma.data[i % channels],
      );
      const competition = new Float64Array(samples); // sum over C of dR G
      for (let i = 0; i < g.length; i++) competition[Math.floor(i / channels)] += dR[i] * g[i];
      const overG = g.map((length, i) => {
        const n = Math.floor(i / channels);
        const dG = dR[i] / m[n] - competition[n] / (channels * m[n] ** 2);
        return length === 0 ? 0 : dG / length;
      });
      return add(mul(dy, affine(mul(gamma, r), 1, 1)), mul(x, perChannel(overG)));
    },
    () => mul(dy, scaled),
    dy,
  ]);
}

export interface GlobalResponseCall {
  /** [C] each. */
  gamma: Tensor;
  beta: Tensor;
  eps: number;
}

export interface GlobalResponseNormOptions {
  /** Added to the mean length; 1e-6 unless told otherwise. */
  eps?: number;
}

/** GRN of [N, C] or [N, H, W, C], C = features. Starts as the identity. */
export class GlobalResponseNorm extends Norm {
  readonly gamma: Tensor;
  readonly beta: Tensor;

  constructor(
    readonly features: number,
    readonly options: GlobalResponseNormOptions = {},
  ) {
    super();
    this.gamma = parameter(new Float32Array(features), [features]);
    this.beta = parameter(new Float32Array(features), [features]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`GlobalResponseNorm(features=${this.features})`, x.shape, this.features);
    const { gamma, beta, options } = this;
    return followedBy(globalResponseNorm(x, { gamma, beta, eps: options.eps ?? 1e-6 }), then);
  }
}
