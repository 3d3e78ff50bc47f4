import { parameter, type Tensor } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import { add, mul, square, sub, tanh } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { type AffineOptions, affineParameters, ChannelNorm, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { channelSets, checkFeatures } from '../core/sets.ts';

/**
 * Dynamic tanh, DyT (Zhu, Chen, He, LeCun, Liu 2025, arXiv:2503.10622): a squashing function in the place of a norm.
 *
 * No index set: every element by itself, so the Jacobian is diagonal; no statistics, and the same in training and evaluation.
 * alpha is one number for the layer.
 */
export function dynamicTanh(x: Tensor, alpha: Tensor, gamma: Tensor | null, beta: Tensor | null): Tensor {
  requireTensor('dynamicTanh', x);
  const tensors = { x, alpha, gamma, beta };
  return rule('dynamicTanh', channelSets(x.shape), tensors, {}, ({ x, alpha, gamma, beta }, norm) => {
    const t = tanh(mul(alpha, x));
    norm.steps({ t });

    return [
      add(mul(gamma, t), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const du = mul(g, sub(1, square(t))); // u = alpha x
        norm.steps({ g, du });
        return {
          x: () => norm.paths({ direct: mul(alpha, du) }),
          alpha: () => mul(du, x),
          gamma: () => mul(dy, t),
          beta: () => dy,
        };
      },
    ];
  }).y;
}

export interface DynamicTanhOptions extends Pick<AffineOptions, 'affine'> {
  /** alpha at first; default: 0.5. */
  alpha?: number;
}

/** DyT of [N, ..., C], C = features. */
export class DynamicTanh extends ChannelNorm<DynamicTanhOptions> {
  readonly alpha = parameter(Float32Array.of(this.options.alpha ?? 0.5), []);
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(features: number, options: DynamicTanhOptions = {}) {
    super(`DynamicTanh(features=${features})`, features, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    return followedBy(dynamicTanh(x, this.alpha, this.gamma, this.beta), then);
  }
}

export const dyt = defineNorm<DynamicTanhOptions>({
  name: 'dyt',
  title: 'Dynamic tanh',
  paper: 'Zhu, Chen, He, LeCun, Liu 2025, arXiv:2503.10622',
  sets: 'none: every element by itself',
  parameters: 'gamma [C], beta [C], alpha []',
  traps: ['alpha (0.5 at first) decides where it saturates, and nothing else adapts to the scale of x.'],
  golden: { dynamicTanh: { run: ({ x, alpha, gamma, beta }) => dynamicTanh(x, alpha, gamma, beta) } },
  source: 'pointwise/dynamicTanh.ts',
  build: (features, options) => new DynamicTanh(features, options),
});
