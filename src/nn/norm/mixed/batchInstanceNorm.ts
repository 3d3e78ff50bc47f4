import { parameter, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { add, div, mul, neg, over, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { epsOf, givenStatistics } from '../core/golden.ts';
import { affineParameters, followedBy, type ParameterRule, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { buffer, RunningNorm, type RunningOptions } from '../core/running.ts';
import { positionSets } from '../core/sets.ts';

/**
 * Batch-instance normalization (Nam and Kim 2018, arXiv:1805.07925): each channel learns how much of its instances' style to
 * keep.
 *
 * Two sets: of B the channel over the batch, as in BatchNorm; of I the channel of the sample, as in InstanceNorm. Each half is
 * a standardization of its own, mixed by rho in [0, 1]. In evaluation muB and vB are the running ones; the instance half is as
 * in training. Returns y, and the statistics of the batch [C].
 */
export function batchInstanceNorm(
  x: Tensor,
  set: BatchInstanceCall,
): { y: Tensor; statistics: SetStatistics } {
  const { gamma, beta, rho, eps, given } = set;
  const setting = { given: { muB: given?.mean, vB: given?.variance }, numbers: { eps } };
  const [batch, instance] = [over('np'), over('p')];
  const { y, statistics } = rule(
    'batchInstanceNorm',
    positionSets(x.shape),
    { x, gamma, beta, rho },
    setting,
    ({ x, gamma, beta, rho }, norm) => {
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
    },
  );
  return { y: followedBy(y, set), statistics: { mean: statistics.muB, variance: statistics.vB } };
}

export interface BatchInstanceCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** [C], 1: BatchNorm, 0: InstanceNorm. */
  rho: Tensor;
  eps: number;
  /** Running statistics [C], for evaluation; null: those of the batch. */
  given?: SetStatistics | null;
}

export interface BatchInstanceOptions extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** Batch-instance normalization of [N, C] or [N, H, W, C], C = features. rho starts at 1: BatchNorm. */
export class BatchInstanceNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly rho: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: BatchInstanceOptions = {},
  ) {
    super(`BatchInstanceNorm(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.rho = parameter(new Float32Array(features).fill(1), [features]);
    this.rho.constraint = { low: 0, high: 1 };
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(features, 1);
  }

  override parameterRules(): ReadonlyMap<Tensor, ParameterRule> {
    return new Map([[this.rho, { lrScale: 10 }]]);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, rho, options, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean, variance });
    const set = { gamma, beta, rho, given, eps: options.eps ?? 1e-5 };
    const { y, statistics } = batchInstanceNorm(x, { ...then, ...set });
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
  source: import.meta.url,
  build: (features, options) => new BatchInstanceNorm(features, options),
});
