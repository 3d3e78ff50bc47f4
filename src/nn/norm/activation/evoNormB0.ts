import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { Numbers, SetStatistics, SetView } from '../../../kernels/contract.ts';
import { arithmetic, deviations, perInstance, positionAxes, positions } from '../core/arithmetic.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, moveTowards, RunningNorm, type RunningOptions } from '../core/running.ts';
import { scaleShift } from '../core/scaleShift.ts';
import { channelSets, checkFeatures, groupSets } from '../core/sets.ts';

/**
 * EvoNorm-B0 (Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967): norm and activation in one, found by search.
 *
 * Index sets  two: the channel over batch and positions (m = N H W) for A, the channel of one sample (H W) for I.
 *             Both are standard deviations, yet no mean is subtracted from x itself.
 * Forward     A = sqrt(var + eps) of the channel,  I = sqrt(var + eps) of the instance,  B = v1 x + I,
 *             D = max(A, B),  z = x / D,  y = gamma z + beta
 * Backward    g = gamma dy. x reaches L directly, and through D by the larger of two branches:
 *               dD = -g z / D,  dB = dD where B > A,  dA = sum of dD where A > B,  dI = sum over H, W of dB
 *             B holds x itself; dI/dx = (x - mean) / (H W I) = xHatI / (H W), and likewise dA/dx = xHatA / m:
 *               dx = g / D + dB v1 + xHatI dI / (H W) + xHatA dA / m
 *             dv1 = sum dB x,  dgamma = sum dy z,  dbeta = sum dy
 * Evaluation  A is the running one, a constant: its path is absent.
 *
 * Depends on the batch while training. Traps: it brings its own activation, so no ReLU follows; where none is wanted (the
 * last layer of a residual branch) only gamma and beta remain; there is a kink at A = B.
 */
export function evoNormB0(x: Tensor, set: EvoNormB0Call): Tensor {
  const { gamma, beta, v1, eps, runningVar, observe } = set;
  const { add, sub, mul, div, affine, sum } = arithmetic(x);
  const k = kernels(x);
  const { shape } = x;
  const channels = shape[x.rank - 1];
  const options = { eps, epsInside: true, ddof: 0, center: true } as const;
  const standardized = (view: SetView) => k.standardize({ x, view, gamma: null, beta: null, options });

  const batch = runningVar ? null : standardized(channelSets(shape));
  const instance = standardized(groupSets(shape, channels));
  if (batch) observe?.(batch.statistics);
  const a = deviations(x, [channels], batch?.statistics.variance ?? runningVar!, eps);
  const i = deviations(x, perInstance(shape), instance.statistics.variance, eps);
  const b = add(mul(x, v1), i);
  const d = k.binary('maximum', b, a);
  const z = div(x, d);
  const scaled = gamma ? mul(z, gamma) : z;

  return record('evoNormB0', beta ? add(scaled, beta) : scaled, [x, gamma, beta, v1], (dy) => {
    const g = gamma ? mul(dy, gamma) : dy;
    const dD = affine(div(mul(g, z), d), -1);
    const dB = mul(dD, k.binary('greater', b, a));
    return [
      () => {
        const direct = add(div(g, d), mul(dB, v1));
        const dI = sum(dB, positionAxes(shape));
        const dx = add(direct, affine(mul(instance.y, dI), 1 / positions(shape)));
        if (!batch) return dx;
        const dA = sum(sub(dD, dB), [0, ...positionAxes(shape)]);
        return add(dx, affine(mul(batch.y, dA), channels / x.size));
      },
      () => mul(dy, z),
      dy,
      () => mul(dB, x),
    ];
  });
}

export interface EvoNormB0Call {
  /** [C] each; null: 1 and 0. */
  gamma: Tensor | null;
  beta: Tensor | null;
  /** [C] */
  v1: Tensor;
  eps: number;
  /** [C], for evaluation; null: the variance of the batch. */
  runningVar: Tensor | null;
  /** Sees the statistics of the batch: to move the running variance. */
  observe?: (batch: SetStatistics) => void;
}

export interface EvoNormB0Options extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** EvoNorm-B0 of [N, C] or [N, H, W, C], C = features. */
export class EvoNormB0 extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly v1: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: EvoNormB0Options = {},
  ) {
    super(`EvoNormB0(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.v1 = parameter(new Float32Array(features).fill(1), [features]);
    this.runningVar = buffer(features, 1);
  }

  override get activates(): boolean {
    return true;
  }

  /** With `relu` and no residual its own activation takes the ReLU's place; else y = gamma x + beta. */
  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(`EvoNormB0(features=${this.features})`, x.shape, this.features);
    const { gamma, beta, v1, learning } = this;
    if (!then.relu || then.residual) return scaleShift(x, gamma, beta, then);
    const runningVar = learning ? null : this.runningVar;
    const observe = ({ variance }: SetStatistics) => this.#follow(variance.data, x.size / this.features);
    return evoNormB0(x, { gamma, beta, v1, eps: this.options.eps ?? 1e-5, runningVar, observe });
  }

  /** The running variance takes the unbiased one; a set of one value has none, and its 0 is taken as it is. */
  #follow(variance: Numbers, m: number): void {
    const unbiased = m / Math.max(m - 1, 1);
    moveTowards(
      this.runningVar,
      variance.map((v) => v * unbiased),
      this.nextWeight(m),
    );
  }
}
