import { parameter, type Tensor } from '../../../autograd/index.ts';
import { add, erf, exp, mul, neg, square } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { type AffineOptions, affineParameters, ChannelNorm, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { channelSets, checkCall, checkFeatures } from '../core/sets.ts';

/**
 * Dynamic erf, Derf (Chen et al. 2025, arXiv:2512.10938): DyT with the error function and a shift.
 *
 * No index set: every element by itself, so the Jacobian is diagonal; no statistics, and the same in training and evaluation.
 * alpha and shift are one number each for the layer.
 */
export function dynamicErf(x: Tensor, set: DynamicErfCall): Tensor {
  checkCall('dynamicErf', x, set);
  const { alpha, shift, gamma, beta } = set;
  const tensors = { x, alpha, shift, gamma, beta };
  return rule('dynamicErf', channelSets(x.shape), tensors, {}, ({ x, alpha, shift, gamma, beta }, norm) => {
    const u = add(mul(alpha, x), shift);
    const t = erf(u);
    norm.steps({ u, t });

    return [
      add(mul(gamma, t), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const du = mul(g, mul(2 / Math.sqrt(Math.PI), exp(neg(square(u))))); // the slope of erf
        norm.steps({ g, du });
        return {
          x: () => norm.paths({ direct: mul(alpha, du) }),
          alpha: () => mul(du, x),
          shift: () => du,
          gamma: () => mul(dy, t),
          beta: () => dy,
        };
      },
    ];
  }).y;
}

/** alpha and shift are one number each, []; gamma and beta [C], or null: 1 and 0. */
export type DynamicErfCall = Pick<DynamicErf, 'alpha' | 'shift' | 'gamma' | 'beta'>;

export interface DynamicErfOptions extends Pick<AffineOptions, 'affine'> {
  /** alpha at first; default: 0.5. */
  alpha?: number;
}

/** Derf of [N, ..., C], C = features. */
export class DynamicErf extends ChannelNorm<DynamicErfOptions> {
  readonly alpha = parameter(Float32Array.of(this.options.alpha ?? 0.5), []);
  readonly shift = parameter(new Float32Array(1), []);
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(features: number, options: DynamicErfOptions = {}) {
    super(`DynamicErf(features=${features})`, features, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    return followedBy(dynamicErf(x, this), then);
  }
}

export const derf = defineNorm<DynamicErfOptions>({
  name: 'derf',
  title: 'Dynamic erf',
  paper: 'Chen et al. 2025, arXiv:2512.10938',
  sets: 'none: every element by itself',
  parameters: 'gamma [C], beta [C], alpha [], shift []',
  traps: ['As DyT, and it saturates faster, with exp(-u^2).'],
  golden: {
    dynamicErf: { run: ({ x, alpha, shift, gamma, beta }) => dynamicErf(x, { alpha, shift, gamma, beta }) },
  },
  source: 'pointwise/dynamicErf.ts',
  build: (features, options) => new DynamicErf(features, options),
});
