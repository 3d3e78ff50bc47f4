import { permute, reshape, Tensor, wrap } from '../../../autograd/index.ts';
import { requireTensor } from '../../../autograd/inputs.ts';
import type { Numbers } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import { createRandom } from '../../../random.ts';
import { inPrecisionOf, inverse, mul, neg, over, special } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { checkNorm } from '../core/options.ts';
import { rule } from '../core/rule.ts';
import { checkFilters, filterSets, WeightNorm } from './normOfWeights.ts';

/**
 * Spectral normalization (Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957): the layer stretches no direction by
 * more than 1.
 *
 * S_i = the whole weight, as a matrix W [m, out], m = kh kw in. u [out] and v [m] of length 1 approach the largest singular pair
 * by power iteration, in each forward pass while training; sigma = v^T W u. Depends on no data. In evaluation u and v stay, but
 * sigma is still computed from W, with a gradient.
 */
export function spectralNorm(weight: Tensor, u: Numbers, v: Numbers): Tensor {
  requireTensor('spectralNorm', weight);
  requireFields('spectralNorm', u, 'the vector u', ['length']);
  requireFields('spectralNorm', v, 'the vector v', ['length']);
  const everything = over('pg');
  return rule('spectralNorm', filterSets(weight.shape), { x: weight }, {}, ({ x: w }, norm) => {
    const direction = (data: Numbers, shape: number[]) =>
      special('powerIteration', [w], { shape, data: inPrecisionOf(w, data) });
    const right = norm.constant('u', () => direction(u, [1, 1, u.length, 1]));
    const left = norm.constant('v', () => direction(v, [1, v.length, 1, 1]));
    norm.steps({ u: right, v: left });
    const outer = mul(left, right); // v u^T
    const sigma = norm.statistic('sigma', () => everything.sum(mul(w, outer)));
    const overSigma = inverse(sigma); // a weight of zeros has sigma = 0: 0 is taken
    const wBar = mul(w, overSigma);

    return [
      wBar,
      (dy) => {
        const dsigma = neg(mul(everything.sum(mul(dy, wBar)), overSigma));
        norm.steps({ dsigma });
        return {
          x: () =>
            norm.paths({
              direct: mul(dy, overSigma),
              sigma: mul(dsigma, outer), // u and v are constants: at the singular pair their paths vanish
            }),
        };
      },
    ];
  }).y;
}

/** Power iteration from u, in double: the next u [out] and v [m] after `steps` of it. */
function powerIteration(weight: Tensor, u: Numbers, steps: number): { u: Numbers; v: Numbers } {
  const [w, out] = [weight.data, u.length];
  const right = Float64Array.from(u);
  const left = new Float64Array(w.length / out);
  for (let step = 0; step < steps; step++) {
    left.fill(0);
    for (let i = 0; i < w.length; i++) left[Math.floor(i / out)] += w[i] * right[i % out];
    toLengthOne(left);
    right.fill(0);
    for (let i = 0; i < w.length; i++) right[i % out] += w[i] * left[Math.floor(i / out)];
    toLengthOne(right);
  }
  return { u: right, v: left };
}

/** With PyTorch's floor under the length, 1e-12: zeros stay zeros. */
function toLengthOne(vector: Float64Array): void {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  for (let i = 0; i < vector.length; i++) vector[i] /= Math.max(length, 1e-12);
}

export interface SpectralNormOptions {
  /** Of power iteration in each forward pass while training; default: 1. */
  iterations?: number;
}

/** Spectral norm of `features` filters. u and v are buffers; v's length is known from the first weight or state on. */
export class SpectralNorm extends WeightNorm {
  readonly u: Tensor;
  v: Tensor | null = null;

  constructor(
    readonly features: number,
    readonly options: SpectralNormOptions = {},
  ) {
    super();
    checkNorm('SpectralNorm', features, options);
    const random = createRandom('spectral norm');
    const normal = Float32Array.from({ length: features }, () => random.normal());
    this.u = new Tensor(normal, [features]);
  }

  /** 15 iterations, as PyTorch does when the norm is put on. */
  override initialize(weight: Tensor): void {
    const m = weight.size / this.features;
    this.v ??= new Tensor(inPrecisionOf(weight, new Float64Array(m)), [m]);
    this.#iterate(weight, 15);
  }

  forward(weight: Tensor): Tensor {
    checkFilters('SpectralNorm', weight, this.features);
    if (this.v === null) this.initialize(weight);
    if (this.learning) this.#iterate(weight, this.options.iterations ?? 1);
    return spectralNorm(weight, this.u.data.slice(), this.v!.data.slice());
  }

  protected override adopt(name: string, value: Tensor): void {
    if (name === 'v' && this.v === null)
      this.v = new Tensor(inPrecisionOf(this.u, value.data.slice()), value.shape);
  }

  #iterate(weight: Tensor, steps: number): void {
    const { u, v } = powerIteration(weight, this.u.data, steps);
    this.u.set(u);
    this.v!.set(v);
  }
}

export const spectral = defineNorm<SpectralNormOptions>({
  name: 'spectral',
  title: 'Spectral Norm',
  paper: 'Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957',
  kind: 'weight',
  sets: 'the whole weight, as a matrix',
  parameters: 'none; u and v are state',
  defaults: [
    { where: 'PyTorch', says: 'one iteration per training step, 15 at first, eps 1e-12; none in evaluation' },
    {
      where: 'Keras, TensorFlow Addons',
      says: 'overwrite the weight in every step: no gradient through sigma',
    },
  ],
  traps: [
    'One iteration in each forward pass while training, none in evaluation, where sigma is still computed from W, with a gradient.',
    'A forward pass keeps its own u and v for the backward pass, since the next one moves them.',
    'A weight of zeros has sigma = 0: here wBar = 0 and dW = 0.',
    'Keras and TensorFlow Addons overwrite W: another algorithm.',
  ],
  golden: {
    spectralNorm: {
      layout: 'weight',
      run({ x }, a) {
        const steps = a.number('powerIterations', 0);
        const u = Float64Array.from(a.list('u'));
        const pair = steps > 0 ? powerIteration(x, u, steps) : { u, v: directionLast(a.list('v'), x) };
        return spectralNorm(x, pair.u, pair.v);
      },
    },
  },
  source: 'weights/spectralNorm.ts',
  build: (features, options) => new SpectralNorm(features, options),
});

/** A vector over in, kh, kw, as PyTorch has it, in the order of a weight [kh, kw, in, out]. */
function directionLast(v: readonly number[], { shape }: Tensor): Numbers {
  const data = Float64Array.from(v);
  if (shape.length !== 4) return data;
  const [height, width, channels] = shape;
  return permute(reshape(wrap(data, [data.length]), [channels, height, width]), [1, 2, 0]).data;
}
