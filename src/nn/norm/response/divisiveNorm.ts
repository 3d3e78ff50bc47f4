import { parameter, type Tensor } from '../../../autograd/index.ts';
import { checkShape, requireFields } from '../../../options.ts';
import { add, div, mul, neg, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { AffineNorm, type AffineOptions, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, lastAxesSets } from '../core/sets.ts';
import { scaleShift } from '../pointwise/scaleShift.ts';
import { averaging, type Pool, pooling, poolMatrix, windowPool } from './pools.ts';

/**
 * Divisive normalization (Ren, Liao, Urtasun, Sinz, Zemel 2016, arXiv:1611.04520): one formula with most norms in it.
 *
 * S_i is soft: row i of P and of Q says how much each j counts for i, in the mean and in the variance. With P = Q = the mean
 * over everything and sigma^2 = eps it is LayerNorm; block means give GroupNorm, InstanceNorm and BatchNorm. Depends on no
 * other sample, as long as the pools do not; training and evaluation are the same.
 */
export function divisiveNorm(x: Tensor, set: DivisiveCall): Tensor {
  checkCall('divisiveNorm', x, set);
  requireFields('divisiveNorm', set, 'its pools and sigma', ['meanPool', 'variancePool', 'sigma']);
  const { sigma } = set;
  const p = pooling('P', poolMatrix(set.meanPool, x));
  const q = pooling('Q', poolMatrix(set.variancePool, x));
  return rule('divisiveNorm', lastAxesSets(x.shape, 1), { x, sigma }, {}, ({ x, sigma }, norm) => {
    const centre = p.of(x);
    const mu = norm.statistic('mu', () => centre);
    const v = sub(x, centre);
    norm.steps({ v });
    const d = norm.statistic('d', () => sqrt(add(q.of(square(v)), square(sigma))));
    const z = div(sub(x, mu), d);

    return [
      z,
      (dz) => {
        const dd = neg(div(mul(dz, z), d));
        const overD = div(dd, d); // dD_i/dv_j = Q_ij v_j / D_i
        const dv = mul(v, q.back(overD));
        norm.steps({ dd, dv });
        return {
          x: () =>
            norm.paths({
              direct: div(dz, d),
              mu: neg(p.back(div(dz, d))),
              d: sub(dv, p.back(dv)), // v = x - P x, and in a soft set the mean of v is not 0
            }),
          sigma: () => mul(sigma, overD), // sigma is in every D
        };
      },
    ];
  }).y;
}

export interface DivisiveCall {
  /** P and Q, [m, m] over the last axis of x. */
  meanPool: Pool;
  variancePool: Pool;
  /** One number, []. */
  sigma: Tensor;
}

export interface DivisiveNormOptions extends Pick<AffineOptions, 'affine'> {
  /** Over the channels, [C, C]; default: means over the 5 nearest channels, fewer at the ends. */
  meanPool?: Pool;
  variancePool?: Pool;
}

/** Divisive norm over the channels of [N, ..., C], C = features, then gamma and beta. sigma = 1 at first. */
export class DivisiveNorm extends AffineNorm<DivisiveNormOptions> {
  readonly sigma = parameter(Float32Array.of(1), []);
  readonly #pools: { meanPool: Pool; variancePool: Pool };

  constructor(features: number, options: DivisiveNormOptions = {}) {
    super(`DivisiveNorm(features=${features})`, features, options);
    checkShape('DivisiveNorm', [features, features]);
    const nearest = averaging(windowPool(features, 2, 2));
    const { meanPool = nearest, variancePool = nearest } = options;
    checkPool(features, 'meanPool', meanPool);
    checkPool(features, 'variancePool', variancePool);
    this.#pools = { meanPool, variancePool };
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
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

export const divisive = defineNorm<DivisiveNormOptions>({
  name: 'divisive',
  title: 'Divisive Norm',
  paper: 'Ren, Liao, Urtasun, Sinz, Zemel 2016, arXiv:1611.04520',
  sets: 'the five nearest channels of the position',
  parameters: 'gamma [C], beta [C], sigma []',
  traps: [
    'The rows of P must sum to 1, else constants stay in v.',
    'sigma = 0 leaves constant pools without a value.',
    'P^T and Q^T of the backward pass are not P and Q: at the ends of the channels the windows are cut off.',
  ],
  golden: {
    divisiveNorm: {
      layout: 'own',
      run: ({ x, sigma }, a) =>
        divisiveNorm(x, { meanPool: a.rows('meanPool'), variancePool: a.rows('variancePool'), sigma }),
    },
  },
  source: 'response/divisiveNorm.ts',
  build: (features, options) => new DivisiveNorm(features, options),
});
