import { record, Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { Numbers } from '../../../kernels/contract.ts';
import { createRandom } from '../../../random.ts';
import { small } from '../core/arithmetic.ts';
import { checkFilters, WeightNorm } from './normOfWeights.ts';

/**
 * Spectral normalization (Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957): the layer stretches no direction by
 * more than 1.
 *
 * Index set   the whole weight, as a matrix W [m, out], m = kh kw in.
 * Forward     u [out] and v [m] of length 1 approach the largest singular pair by power iteration:
 *               v = W u / |W u|,  u = W^T v / |W^T v|;   sigma = v^T W u,  wBar = W / sigma
 * Backward    u and v count as constants (at the singular pair their paths vanish), so dsigma/dW = v u^T:
 *               dW = (1/sigma) ( G - v u^T sum(G wBar) ),  G = dL/dwBar
 *
 * Depends on no data. Traps: one iteration in each forward pass while training, none in evaluation, where sigma is still
 * computed from W, with a gradient; a forward pass keeps its own u and v for the backward pass, since the next one moves them;
 * a weight of zeros has sigma = 0: here wBar = 0 and dW = 0. Keras and TensorFlow Addons overwrite W: another algorithm.
 */
export function spectralNorm(weight: Tensor, u: Numbers, v: Numbers): Tensor {
  const [w, out] = [weight.data, u.length];
  let sigma = 0;
  for (let i = 0; i < w.length; i++) sigma += v[Math.floor(i / out)] * w[i] * u[i % out];
  const overSigma = sigma === 0 ? 0 : 1 / sigma;
  const wBar = kernels(weight).unary('affine', weight, overSigma, 0);

  return record('spectralNorm', wBar, [weight], ({ data: g }) => {
    let along = 0;
    for (let i = 0; i < g.length; i++) along += g[i] * w[i] * overSigma;
    const dW = new Float64Array(g.length);
    for (let i = 0; i < g.length; i++)
      dW[i] = overSigma * (g[i] - v[Math.floor(i / out)] * u[i % out] * along);
    return [small(weight, weight.shape, dW)];
  });
}

/** Power iteration from u, in double: the next u [out] and v [m] after `steps` of it. */
export function powerIteration(weight: Tensor, u: Numbers, steps: number): { u: Numbers; v: Numbers } {
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
  /** Of power iteration in each forward pass while training; 1 unless told otherwise. */
  iterations?: number;
}

/** Spectral norm of `features` filters. u and v are buffers; v's length is known from initialize() on. */
export class SpectralNorm extends WeightNorm {
  readonly u: Tensor;
  v: Tensor | null = null;

  constructor(
    readonly features: number,
    readonly options: SpectralNormOptions = {},
  ) {
    super();
    const random = createRandom('spectral norm');
    this.u = new Tensor(
      Float32Array.from({ length: features }, () => random.normal()),
      [features],
    );
  }

  /** 15 iterations, as PyTorch does when the norm is put on. */
  override initialize(weight: Tensor): void {
    const m = weight.size / this.features;
    this.v ??= new Tensor(small(weight, [m], new Float64Array(m)).data, [m]);
    this.#iterate(weight, 15);
  }

  forward(weight: Tensor): Tensor {
    checkFilters('SpectralNorm', weight.shape, this.features);
    if (this.v === null) this.initialize(weight);
    if (this.learning) this.#iterate(weight, this.options.iterations ?? 1);
    return spectralNorm(weight, this.u.data.slice(), this.v!.data.slice());
  }

  #iterate(weight: Tensor, steps: number): void {
    const { u, v } = powerIteration(weight, this.u.data, steps);
    this.u.data.set(u);
    this.v!.data.set(v);
  }
}
