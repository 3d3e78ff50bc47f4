import type { Tensor } from '../../../autograd/index.ts';
import { type NDArray, type SetStatistics, type SetView, sizeOf } from '../../../kernels/contract.ts';
import { batchNorm } from '../batch/batchNorm.ts';
import { add, deviation, div, mean, mul, neg, square, sub } from '../core/calculus.ts';
import { type Conventions, constantsOf, standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { fusedOr, type Standardize, type StandardizeResult } from '../core/fused.ts';
import { epsOf } from '../core/golden.ts';
import type { Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import {
  AffineRunningNorm,
  type BatchVariance,
  buffer,
  moveTowards,
  type TrackingOptions,
} from '../core/running.ts';
import { checkCall, checkFeatures, instanceSets } from '../core/sets.ts';

/**
 * Instance normalization (Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022).
 *
 * S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions, m = H W. gamma and beta per channel.
 */
export function instanceNorm(x: Tensor, set: Standardize): Tensor {
  return normalize(x, set).y;
}

/** y, and the statistics of each instance, [N, C]. */
function normalize(x: Tensor, set: Standardize): StandardizeResult {
  checkCall('instanceNorm', x, set);
  const view = instanceSets(x.shape);
  return fusedOr(x, view, set, () => written(x, view, set));
}

function written(x: Tensor, view: SetView, set: Standardize) {
  const { gamma = null, beta = null, ddof } = set;
  return rule('instanceNorm', view, { x, gamma, beta }, constantsOf(set), ({ x, gamma, beta }, norm) => {
    const mu = norm.statistic('mu', () => mean(x));
    const v = norm.statistic('v', () => mean(square(sub(x, mu)), ddof));
    const { sigma, s } = deviation(v, set);
    const xHat = div(sub(x, mu), sigma);
    norm.steps({ sigma, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        norm.steps({ g });
        return {
          x: () =>
            norm.paths({
              direct: div(g, sigma),
              mu: neg(div(mean(g), sigma)),
              v: neg(div(mul(xHat, mean(mul(g, xHat), ddof)), s)),
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
}

export interface InstanceNormOptions extends Conventions, TrackingOptions {}

/**
 * Instance normalization of [N, ..., C], C = features. gamma and beta are learned, as in other norms; in PyTorch they are not.
 *
 * With `trackRunningStats: true` evaluation is another function: y = gamma (x - muR) / sqrt(vR + eps) + beta, where muR and vR
 * [C] follow the averages over the instances of each training batch, as in PyTorch.
 */
export class InstanceNorm extends AffineRunningNorm<InstanceNormOptions> {
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;

  constructor(features: number, options: InstanceNormOptions = {}) {
    super(`InstanceNorm(features=${features})`, features, options, undefined, !!options?.trackRunningStats);
    this.runningMean = this.tracks ? buffer(features, 0) : null;
    this.runningVar = this.tracks ? buffer(features, 1) : null;
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, options, runningMean: mean, runningVar: variance } = this;
    checkFeatures(this.layer, x, features);
    const call = { gamma, beta, ...standard(options), ...then };
    const running = mean && variance && { mean, variance };
    if (!running) return instanceNorm(x, call);
    // Constants that all samples share: what BatchNorm is in evaluation
    const given = this.givenFrom(running);
    if (given) return batchNorm(x, { ...call, given }).y;
    this.#checkPositions(x);
    const { y, statistics } = normalize(x, call);
    const [samples, m] = [x.shape[0], x.size / x.shape[0] / features];
    const unbiased = options.runningVar !== 'biased';
    this.average(running, overInstances(statistics, { m, ddof: options.ddof, unbiased }), samples);
    return y;
  }

  #checkPositions({ shape }: Tensor): void {
    if (sizeOf(shape.slice(1, -1)) > 1) return;
    throw new Error(
      `${this.layer}: running statistics need more than one position per sample, got input [${shape.join(', ')}]. One value ` +
        'has no variance; use BatchNorm for vectors.',
    );
  }
}

/** Statistics of instances [N, C] to what the running ones follow: their averages, [C]. */
function overInstances({ mean, variance }: SetStatistics, { m, ddof = 0, unbiased }: BatchVariance) {
  const [samples, channels] = mean.shape;
  const average = ({ data }: NDArray, factor: number): NDArray => {
    const sums = new Float64Array(channels);
    data.forEach((value, i) => {
      sums[i % channels] += value;
    });
    return { shape: [channels], data: sums.map((sum) => (factor * sum) / samples) };
  };
  return { mean: average(mean, 1), variance: average(variance, (m - ddof) / (unbiased ? m - 1 : m)) };
}

export const instance = defineNorm<InstanceNormOptions>({
  name: 'instance',
  aliases: ['in'],
  title: 'InstanceNorm',
  paper: 'Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022',
  sets: 'the channel of the sample, over all positions',
  view: instanceSets,
  centred: true,
  detaches: true,
  fused: true,
  defaults: [
    { where: 'normgrad', says: 'eps 1e-5; gamma and beta are learned' },
    {
      where: 'PyTorch',
      says: 'eps 1e-5; affine=False; track_running_stats=False; with them momentum 0.1, and the unbiased variance is kept',
    },
    { where: 'Keras 3', says: 'GroupNormalization(groups=-1); eps 1e-3' },
    { where: 'Flax', says: 'eps 1e-6; learned scale and bias' },
  ],
  traps: [
    'On one position (vectors [N, C], 1x1 images) there is nothing to normalize: y = beta and dx = 0.',
    'It removes the mean and the contrast of every channel of every image, which classifiers may need.',
    'With running statistics (`trackRunningStats`) evaluation keeps what training removes: it is another function.',
  ],
  golden: {
    instanceNorm: {
      run(inputs, a) {
        const { x, gamma, beta, runningMean: mean, runningVar: variance } = inputs;
        const call = { gamma, beta, eps: epsOf(a) };
        if (!mean || !variance) return instanceNorm(x, call);
        if (!a.flag('training', true)) return batchNorm(x, { ...call, given: { mean, variance } }).y;
        const { y, statistics } = normalize(x, call);
        const m = x.size / statistics.mean.data.length;
        const averages = overInstances(statistics, { m, unbiased: true });
        moveTowards(mean, averages.mean.data, a.number('momentum', 0.1));
        moveTowards(variance, averages.variance.data, a.number('momentum', 0.1));
        return { y, runningMean: mean, runningVar: variance };
      },
    },
  },
  source: 'sample/instanceNorm.ts',
  build: (features, options) => new InstanceNorm(features, options),
});
