import { parameter, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { add, div, mul, neg, over, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import type { StandardizeResult } from '../core/fused.ts';
import { epsOf, givenStatistics } from '../core/golden.ts';
import { type AffineCall, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, type RunningOptions } from '../core/running.ts';
import { checkCall, positionSets } from '../core/sets.ts';

/**
 * Batch-instance normalization (Nam and Kim 2018, arXiv:1805.07925): each channel learns how much of its instances' style to
 * keep.
 *
 * Two sets: of B the channel over the batch, as in BatchNorm; of I the channel of the sample, as in InstanceNorm. Each half is
 * a standardization of its own, mixed by rho in [0, 1]. In evaluation muB and vB are the running ones; the instance half is as
 * in training. Returns y, and the statistics of the batch [C].
 */
export function batchInstanceNorm(x: Tensor, set: BatchInstanceCall): StandardizeResult {
  checkCall('batchInstanceNorm', x, set);
  const { gamma, beta, rho, eps, given } = set;
  const setting = { given: { muB: given?.mean, vB: given?.variance }, numbers: { eps } };
  const [batch, instance] = [over('np'), over('p')];
  const view = positionSets(x.shape);
  const tensors = { x, gamma, beta, rho };
  const { y, statistics } = rule('batchInstanceNorm', view, tensors, setting, (read, norm) => {
    const { x, gamma, beta, rho } = read;
    const muB = norm.statistic('muB', () => batch.mean(x));
    const vB = norm.statistic('vB', () => batch.mean(square(sub(x, muB))));
    const muI = norm.statistic('muI', () => instance.mean(x));
    const vI = norm.statistic('vI', () => instance.mean(square(sub(x, muI))));
    const [sigmaB, sigmaI] = [sqrt(add(vB, eps)), sqrt(add(vI, eps))];
    const xB = div(sub(x, muB), sigmaB);
    const xI = div(sub(x, muI), sigmaI);
    const mixed = add(mul(rho, xB), mul(sub(1, rho), xI));
    norm.steps({ sigmaB, sigmaI, xB, xI, mixed });

    return [
      add(mul(gamma, mixed), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const gB = mul(rho, g);
        const gI = mul(sub(1, rho), g);
        norm.steps({ g, gB, gI });
        return {
          x: () =>
            norm.paths({
              direct: add(div(gB, sigmaB), div(gI, sigmaI)),
              muB: neg(div(batch.mean(gB), sigmaB)),
              vB: neg(div(mul(xB, batch.mean(mul(gB, xB))), sigmaB)),
              muI: neg(div(instance.mean(gI), sigmaI)),
              vI: neg(div(mul(xI, instance.mean(mul(gI, xI))), sigmaI)),
            }),
          gamma: () => mul(dy, mixed),
          beta: () => dy,
          rho: () => mul(g, sub(xB, xI)),
        };
      },
    ];
  });
  return { y: followedBy(y, set), statistics: { mean: statistics.muB, variance: statistics.vB } };
}

export interface BatchInstanceCall extends AffineCall, Then {
  /** [C], 1: BatchNorm, 0: InstanceNorm. */
  rho: Tensor;
  /** Running statistics [C], for evaluation; null: those of the batch. */
  given?: SetStatistics | null;
}

export type BatchInstanceOptions = AffineOptions & RunningOptions;

/** Batch-instance normalization of [N, ..., C], C = features. rho starts at 1: BatchNorm. */
export class BatchInstanceNorm extends AffineRunningNorm<BatchInstanceOptions> {
  readonly rho = parameter(new Float32Array(this.features).fill(1), [this.features]);
  readonly runningMean = buffer(this.features, 0);
  readonly runningVar = buffer(this.features, 1);

  constructor(features: number, options: BatchInstanceOptions = {}) {
    super(`BatchInstanceNorm(features=${features})`, features, options);
    this.rho.constraint = { low: 0, high: 1 };
  }

  override parameterRules() {
    return new Map([[this.rho, { lrScale: 10 }]]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, rho, options, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean, variance });
    const set = { ...then, gamma, beta, rho, given, eps: options.eps ?? 1e-5 };
    const { y, statistics } = batchInstanceNorm(x, set);
    if (!given) this.follow({ mean, variance }, statistics, { m: x.size / features, unbiased: true });
    return y;
  }
}

export const batchInstance = defineNorm<BatchInstanceOptions>({
  name: 'batch-instance',
  aliases: ['bin'],
  title: 'Batch-Instance Norm',
  paper: 'Nam and Kim 2018, arXiv:1805.07925',
  sets: 'the channel over the batch, and the channel of the sample, mixed by rho',
  parameters: 'gamma [C], beta [C], rho [C]',
  centred: true,
  dependsOnBatch: 'training',
  traps: [
    'rho is put back into [0, 1] after every optimizer step, not in the forward pass, where its gradient would be lost beyond ' +
      'the border.',
    'rho learns ten times as fast as gamma, without weight decay.',
    'On one position the instance half is 0.',
  ],
  golden: {
    batchInstanceNorm: {
      run(inputs, a) {
        const { x, gamma, beta, rho } = inputs;
        return batchInstanceNorm(x, { gamma, beta, rho, given: givenStatistics(inputs, a), eps: epsOf(a) }).y;
      },
    },
  },
  source: 'mixed/batchInstanceNorm.ts',
  build: (features, options) => new BatchInstanceNorm(features, options),
});
