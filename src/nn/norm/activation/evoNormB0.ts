import { mean, noGrad, parameter, Tensor } from '../../../autograd/index.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { add, div, greater, maximum, mul, neg, over, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { epsOf } from '../core/golden.ts';
import type { AffineCall, AffineOptions, Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, moveTowards, type RunningOptions } from '../core/running.ts';
import { checkCall, checkFeatures, positionSets, positionsName } from '../core/sets.ts';
import { scaleShift } from '../pointwise/scaleShift.ts';

/**
 * EvoNorm-B0 (Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967): norm and activation in one, found by search.
 *
 * Two index sets: the channel over batch and positions (m = N H W) for A, the channel of one sample (m = H W) for I. Both are
 * standard deviations, yet no mean is subtracted from x itself. In evaluation v, the variance under A, is the running one, a
 * constant. Returns y, and v of each channel.
 */
export function evoNormB0(x: Tensor, set: EvoNormB0Call): { y: Tensor; statistics: { variance: NDArray } } {
  checkCall('evoNormB0', x, set, ['shape', 'data']);
  const { gamma, beta, v1, eps, given } = set;
  const view = positionSets(x.shape);
  const channels = x.shape[x.rank - 1];
  const [channel, instance] = [over('np'), over('p')];
  const positions = positionsName(x.shape);
  const sizes = { [`N ${positions}`]: x.size / channels, [positions]: x.size / channels / x.shape[0] };
  const setting = { given: { v: given }, numbers: { eps, ...sizes } };
  const tensors = { x, gamma, beta, v1 };
  const { y, statistics } = rule('evoNormB0', view, tensors, setting, ({ x, gamma, beta, v1 }, norm) => {
    const fromChannel = sub(x, channel.mean(x));
    const fromInstance = sub(x, instance.mean(x));
    const v = norm.statistic('v', () => channel.mean(square(fromChannel)));
    const i = norm.statistic('i', () => sqrt(add(instance.mean(square(fromInstance)), eps)));
    const a = sqrt(add(v, eps));
    const b = add(mul(v1, x), i);
    const d = maximum(b, a);
    const z = div(x, d);
    norm.steps({ a, b, d, z });

    return [
      add(mul(gamma, z), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const dd = neg(div(mul(g, z), d));
        const db = mul(dd, greater(b, a)); // D is the larger of the two; at A = B, where there is a kink, A is taken
        const di = instance.sum(db);
        const da = channel.sum(sub(dd, db));
        const dv = div(da, mul(2, a));
        norm.steps({ g, dd, db, di, da, dv });
        return {
          x: () =>
            norm.paths({
              direct: add(div(g, d), mul(v1, db)), // x stands in B itself as well
              i: mul(di, div(fromInstance, mul(instance.m(x), i))), // di/dx = (x - mean) / (m i)
              v: mul(dv, div(mul(2, fromChannel), channel.m(x))),
            }),
          gamma: () => mul(dy, z),
          beta: () => dy,
          v1: () => mul(db, x),
        };
      },
    ];
  });
  return { y, statistics: { variance: statistics.v } };
}

export interface EvoNormB0Call extends AffineCall {
  /** [C] */
  v1: Tensor;
  /** The running variance [C], for evaluation; absent: that of the batch. */
  given?: NDArray | null;
}

export type EvoNormB0Options = AffineOptions & RunningOptions;

/** EvoNorm-B0 of [N, ..., C], C = features. */
export class EvoNormB0 extends AffineRunningNorm<EvoNormB0Options> {
  override readonly activates = true;
  readonly v1 = parameter(new Float32Array(this.features).fill(1), [this.features]);
  readonly runningVar = buffer(this.features, 1);
  /** Of the values seen since recalibration began. */
  #mean = new Tensor(new Float64Array(0), [0]);

  constructor(features: number, options: EvoNormB0Options = {}) {
    super(`EvoNormB0(features=${features})`, features, options);
  }

  /** With `relu` and no residual its own activation takes the ReLU's place; else y = gamma x + beta. */
  forward(x: Tensor, then: Then = {}): Tensor {
    checkFeatures(this.layer, x, this.features);
    const { gamma, beta, v1, runningVar } = this;
    if (!then?.relu || then?.residual) return scaleShift(x, gamma, beta, then);
    const given = this.givenFrom(runningVar);
    const { y, statistics } = evoNormB0(x, { gamma, beta, v1, given, eps: this.options.eps ?? 1e-5 });
    if (given) return y;
    // The running variance takes the unbiased one; a set of one value has none, and its 0 is taken as it is
    const m = x.size / this.features;
    if (this.isRecalibrating) {
      this.#pool(x, statistics.variance, m);
      return y;
    }
    const correction = m / Math.max(m - 1, 1);
    const unbiased = statistics.variance.data.map((v) => v * correction);
    moveTowards(runningVar, unbiased, this.nextWeight(m));
    return y;
  }

  override recalibrating(on: boolean): void {
    super.recalibrating(on);
    this.#mean = new Tensor(new Float64Array(this.features), [this.features]);
  }

  /** The variance of all values together needs their mean, too. */
  #pool(x: Tensor, variance: NDArray, m: number): void {
    const { data } = noGrad(() =>
      mean(
        x.detach(),
        x.shape.slice(0, -1).map((_, axis) => axis),
      ),
    );
    this.follow(
      { mean: this.#mean, variance: this.runningVar },
      { mean: { shape: [data.length], data }, variance },
      {
        m,
        unbiased: true,
      },
    );
  }
}

export const evoNormB0Entry = defineNorm<EvoNormB0Options>({
  name: 'evonorm-b0',
  title: 'EvoNorm-B0',
  paper: 'Liu, Brock, Simonyan, Le 2020, arXiv:2004.02967',
  sets: 'the channel, over the batch and all positions; and the channel of the sample',
  parameters: 'gamma [C], beta [C], v1 [C]',
  dependsOnBatch: 'training',
  batchOfOne: 'works; both deviations are then the same',
  defaults: [
    { where: 'paper, TPU code', says: 'eps 1e-5' },
    { where: 'timm', says: 'eps 1e-3; running variance with n / (n − 1), which divides by 0 for n = 1' },
  ],
  traps: [
    'It brings its own activation, so no ReLU follows; where none is wanted (the last layer of a residual branch) only gamma ' +
      'and beta remain.',
    'B holds x itself, which is one more way for the gradient.',
    'There is a kink at A = B.',
  ],
  golden: {
    evoNormB0: {
      run({ x, gamma, beta, v1, runningVar }, a) {
        const given = a.flag('training', true) ? null : runningVar;
        return evoNormB0(x, { gamma, beta, v1, given, eps: epsOf(a) }).y;
      },
    },
  },
  source: 'activation/evoNormB0.ts',
  build: (features, options) => new EvoNormB0(features, options),
});
