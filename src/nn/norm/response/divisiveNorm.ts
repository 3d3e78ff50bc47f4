import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { arithmetic } from '../core/arithmetic.ts';
import { affineParameters, Norm, type Then } from '../core/norm.ts';
import { scaleShift } from '../core/scaleShift.ts';
import { checkFeatures } from '../core/sets.ts';
import { averaging, type Pool, pooled, poolMatrix, windowPool } from './pools.ts';

/**
 * Divisive normalization (Ren, Liao, Urtasun, Sinz, Zemel 2016, arXiv:1611.04520): one formula with most norms in it.
 *
 * Index set   soft: row i of P and of Q says how much each j counts for i, in the mean and in the variance.
 * Forward     v = x - P x,  D = sqrt(sigma^2 + Q v^2),  z = v / D
 * Backward    v reaches L directly and through every D in whose pool it is; x through v, directly and by P:
 *               dD = -dz v / D^2,  dD/dv = Q^T with v / D
 *               dv = dz / D - v (Q^T (dz v / D^3)),  dx = dv - P^T dv
 *             sigma is in every D:  dsigma = -sigma sum dz v / D^3
 *
 * With P = Q = the mean over everything and sigma^2 = eps it is LayerNorm; block means give GroupNorm, InstanceNorm and
 * BatchNorm. Depends on no other sample, as long as the pools do not. Traps: the rows of P must sum to 1, else constants stay
 * in v; sigma = 0 leaves constant pools without a value.
 */
export function divisiveNorm(x: Tensor, set: DivisiveCall): Tensor {
  const { sigma } = set;
  const { add, sub, mul, div, affine, square, sum } = arithmetic(x);
  const [p, q] = [poolMatrix(set.meanPool, x), poolMatrix(set.variancePool, x)];
  const v = sub(x, pooled(x, p));
  const d = kernels(x).unary('sqrt', add(pooled(square(v), q), square(sigma)));
  const z = div(v, d);

  return record('divisiveNorm', z, [x, sigma], (dz) => {
    const slope = div(mul(dz, z), square(d)); // dz v / D^3
    return [
      () => {
        const dv = sub(div(dz, d), mul(v, pooled(slope, q, true)));
        return sub(dv, pooled(dv, p, true));
      },
      () => {
        const everywhere = slope.shape.map((_, axis) => axis);
        const total = { shape: [], data: sum(slope, everywhere).data };
        return { shape: sigma.shape, data: affine(mul(total, sigma), -1).data };
      },
    ];
  });
}

export interface DivisiveCall {
  /** P and Q, [m, m] over the last axis of x. */
  meanPool: Pool;
  variancePool: Pool;
  /** One number, []. */
  sigma: Tensor;
}

export interface DivisiveNormOptions {
  affine?: boolean;
  /** Over the channels, [C, C]; unless told otherwise means over the 5 nearest channels, fewer at the ends. */
  meanPool?: Pool;
  variancePool?: Pool;
}

/** Divisive norm over the channels of [N, C] or [N, H, W, C], C = features, then gamma and beta. sigma = 1 at first. */
export class DivisiveNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly sigma: Tensor;
  readonly #pools: { meanPool: Pool; variancePool: Pool };

  constructor(
    readonly features: number,
    readonly options: DivisiveNormOptions = {},
  ) {
    super();
    const nearest = averaging(windowPool(features, 2, 2));
    const { meanPool = nearest, variancePool = nearest, affine } = options;
    checkPool(features, 'meanPool', meanPool);
    checkPool(features, 'variancePool', variancePool);
    this.#pools = { meanPool, variancePool };
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], affine));
    this.sigma = parameter(Float32Array.of(1), []);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`DivisiveNorm(features=${this.features})`, x.shape, this.features);
    return scaleShift(divisiveNorm(x, { ...this.#pools, sigma: this.sigma }), this.gamma, this.beta, then);
  }
}

function checkPool(features: number, name: string, pool: Pool): void {
  if (pool.length === features && pool.every((row) => row.length === features)) return;
  throw new Error(
    `DivisiveNorm(features=${features}): ${name} must have ${features} rows of ${features} weights, row i for feature i; ` +
      `got [${pool.length}, ${pool[0]?.length ?? 0}].`,
  );
}
