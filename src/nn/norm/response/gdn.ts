import { affine, parameter, record, square, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import { arithmetic } from '../core/arithmetic.ts';
import { followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures } from '../core/sets.ts';
import { pooled } from './pools.ts';

/**
 * Generalized divisive normalization (Ballé, Laparra, Simoncelli 2015, arXiv:1511.06281): the pools are learned.
 *
 * Index set   the channels of one position, each weighted by the learned matrix G.
 * Forward     D_i = sqrt(b_i + sum_j G_ij x_j^2),  y_i = x_i / D_i
 * Backward    x reaches L directly and through every D. With t = dy x / D^3, from dD_i = -dy_i x_i / D_i^2:
 *               dx = dy / D - x (G^T t)
 *               db_i = -(1/2) sum t_i,  dG_ij = -(1/2) sum t_i x_j^2, over all positions
 *
 * Depends on no other sample. Traps: b and G must stay positive, else D is not a number; so the layer learns their roots.
 */
export function gdn(x: Tensor, b: Tensor, g: Tensor): Tensor {
  const { add, sub, mul, div, affine: scale, square: squared } = arithmetic(x);
  const k = kernels(x);
  const channels = x.shape[x.rank - 1];
  const rows = (a: Tensor | ReturnType<typeof mul>) => ({
    shape: [a.data.length / channels, channels],
    data: a.data,
  });
  const energy = squared(x);
  const d = k.unary('sqrt', add(pooled(energy, g), b));
  const y = div(x, d);

  return record('gdn', y, [x, b, g], (dy) => {
    const t = div(mul(dy, y), squared(d));
    const half = scale(t, -0.5);
    return [
      () => sub(div(dy, d), mul(x, pooled(t, g, true))),
      half,
      () => k.matmul(rows(half), rows(energy), { transposeA: true }),
    ];
  });
}

/**
 * GDN of [N, C] or [N, H, W, C], C = features. b = bRoot^2 + 1e-6 and G = gRoot^2; at first b = 1 and G = 0.1 on the diagonal,
 * and so little elsewhere (2^-18) that it only leaves the root a slope to learn by, as in the authors' code.
 */
export class Gdn extends Norm {
  readonly bRoot: Tensor;
  readonly gRoot: Tensor;

  constructor(readonly features: number) {
    super();
    this.bRoot = parameter(new Float32Array(features).fill(1), [features]);
    const roots = new Float32Array(features * features).fill(2 ** -9);
    for (let i = 0; i < features; i++) roots[i * features + i] = Math.sqrt(0.1);
    this.gRoot = parameter(roots, [features, features]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`Gdn(features=${this.features})`, x.shape, this.features);
    return followedBy(gdn(x, affine(square(this.bRoot), 1, 1e-6), square(this.gRoot)), then);
  }
}
