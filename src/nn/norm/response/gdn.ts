import { affine, parameter, square as squared, type Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import { checkShape } from '../../../options.ts';
import { add, div, mul, neg, sqrt, square } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { followedBy, Norm, type Then } from '../core/norm.ts';
import { checkNorm } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkFeatures, lastAxesSets } from '../core/sets.ts';
import { pairs, pooling } from './pools.ts';

/**
 * Generalized divisive normalization (Ballé, Laparra, Simoncelli 2015, arXiv:1511.06281): the pools are learned.
 *
 * S_i = the channels of one position, each weighted by the learned matrix G [C, C]. Depends on no other sample; evaluation is the same.
 */
export function gdn(x: Tensor, b: Tensor, g: Tensor): Tensor {
  requireTensor('gdn', x);
  const tensors = { x, b, G: g };
  const asIs = { asIs: ['G'] };
  return rule('gdn', lastAxesSets(x.shape, 1), tensors, asIs, ({ x, b, G }, norm) => {
    const pool = pooling('G', G);
    const d = norm.statistic('d', () => sqrt(add(pool.of(square(x)), b)));
    const y = div(x, d);

    return [
      y,
      (dy) => {
        const dd = neg(div(mul(dy, y), d));
        const dE = div(dd, mul(2, d)); // D = sqrt(E), E = b + G x^2
        norm.steps({ dd, dE });
        return {
          x: () => norm.paths({ direct: div(dy, d), d: mul(mul(2, x), pool.back(dE)) }),
          b: () => dE,
          G: () => pairs(dE, square(x)), // dG_ij = sum of dE_i x_j^2
        };
      },
    ];
  }).y;
}

/**
 * GDN of [N, ..., C], C = features. b = bRoot^2 + 1e-6 and G = gRoot^2; at first b = 1 and G = 0.1 on the diagonal,
 * and so little elsewhere (2^-18) that it only leaves the root a slope to learn by, as in the authors' code.
 */
export class Gdn extends Norm {
  readonly bRoot: Tensor;
  readonly gRoot: Tensor;

  constructor(readonly features: number) {
    super();
    checkNorm('Gdn', features, {});
    checkShape('Gdn', [features, features]);
    this.bRoot = parameter(new Float32Array(features).fill(1), [features]);
    const roots = new Float32Array(features * features).fill(2 ** -9);
    for (let i = 0; i < features; i++) roots[i * features + i] = Math.sqrt(0.1);
    this.gRoot = parameter(roots, [features, features]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`Gdn(features=${this.features})`, x, this.features);
    return followedBy(gdn(x, affine(squared(this.bRoot), 1, 1e-6), squared(this.gRoot)), then);
  }
}

export const gdnEntry = defineNorm({
  name: 'gdn',
  title: 'GDN',
  paper: 'Ballé, Laparra, Simoncelli 2015, arXiv:1511.06281',
  sets: 'the channels of the position, with learned weights',
  parameters: 'bRoot [C], gRoot [C, C]',
  traps: ['b and G must stay positive, else D is not a number; so the layer learns their roots.'],
  golden: { gdn: { run: ({ x, beta, gamma }) => gdn(x, beta as Tensor, gamma as Tensor) } },
  source: 'response/gdn.ts',
  build: (features) => new Gdn(features),
});
