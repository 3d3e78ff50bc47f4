import { parameter, type Tensor } from '../../../autograd/index.ts';
import type { SetStatistics } from '../../../kernels/contract.ts';
import { add, div, mul, neg, over, sqrt, square, sub } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import type { StandardizeResult } from '../core/fused.ts';
import { epsOf, givenStatistics } from '../core/golden.ts';
import { type AffineCall, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { AffineRunningNorm, buffer, type RunningOptions } from '../core/running.ts';
import { checkCall, positionSets, positionsName } from '../core/sets.ts';
import { ofLogits, softmax } from './logits.ts';

/**
 * Switchable normalization (Luo, Ren, Peng, Zhang, Li 2018, arXiv:1806.10779): the layer learns which statistics to use.
 *
 * Three sets: I the channel of the sample (InstanceNorm), L the sample, B the channel over the batch; mu and v are mixtures of
 * theirs, by the softmaxes w and u of two triples of logits. L and B follow from I. In evaluation muB and vB are the running
 * ones, constants, so that the terms with B fall away. Returns y, and muB and vB.
 */
export function switchableNorm(x: Tensor, set: SwitchableCall): StandardizeResult {
  checkCall('switchableNorm', x, set);
  const { gamma, beta, meanLogits, varLogits, given, eps } = set;
  const setting = {
    given: { muB: given?.mean, vB: given?.variance },
    asIs: ['meanLogits', 'varLogits'],
    numbers: { eps, [positionsName(x.shape)]: x.size / x.shape[0] / x.shape[x.rank - 1] },
  };
  const [positions, channels, samples, all] = [over('p'), over('k'), over('n'), over('npgk')];
  const tensors = { x, gamma, beta, meanLogits, varLogits };
  const { y, statistics } = rule('switchableNorm', positionSets(x.shape), tensors, setting, (read, norm) => {
    const { x, gamma, beta, meanLogits, varLogits } = read;
    const [wI, wL, wB] = softmax(meanLogits);
    const [uI, uL, uB] = softmax(varLogits);
    norm.inputs({ wI, wL, wB, uI, uL, uB });
    const muI = positions.mean(x);
    const vI = positions.mean(square(sub(x, muI)));
    // The spread of the means belongs to vL and vB; as E[x^2] - E[x]^2 they would cancel for large means
    const muL = channels.mean(muI);
    const vL = channels.mean(add(vI, square(sub(muI, muL))));
    const muB = norm.given('muB', () => samples.mean(muI));
    const vB = norm.given('vB', () => samples.mean(add(vI, square(sub(muI, muB)))));
    norm.steps({ muI, vI, muL, vL, muB, vB });
    // As I + wL (L - I) + wB (B - I), equal values stay what they are: a constant input gives xHat = 0
    const mu = norm.statistic('mu', () => add(muI, mul(wL, sub(muL, muI)), mul(wB, sub(muB, muI))));
    const v = norm.statistic('v', () => add(vI, mul(uL, sub(vL, vI)), mul(uB, sub(vB, vI))));
    const s = sqrt(add(v, eps));
    const xHat = div(sub(x, mu), s);
    norm.steps({ s, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const dmu = neg(div(positions.sum(g), s));
        const dv = neg(div(positions.sum(mul(g, xHat)), mul(2, square(s))));
        // Each mixture goes on to I: by its own weight, and through L and B, which are means over C channels and N samples
        const dmuB = given ? null : samples.mean(mul(wB, dmu));
        const dmuI = add(mul(wI, dmu), channels.mean(mul(wL, dmu)), dmuB);
        const dvL = channels.mean(mul(uL, dv));
        const dvB = given ? null : samples.mean(mul(uB, dv));
        const dvI = add(mul(uI, dv), dvL, dvB);
        // vL and vB hold the means, too: dvL/dmuI = 2 (muI - muL) / C
        const spread = add(mul(sub(muI, muL), dvL), dvB && mul(sub(muI, muB), dvB));
        norm.steps({ g, dmu, dv, dmuI, dvL, ...(dvB && { dvB }), dvI, spread });
        const m = positions.m(x);
        return {
          x: () =>
            norm.paths({
              direct: div(g, s),
              mu: div(dmuI, m),
              v: div(mul(2, add(mul(dvI, sub(x, muI)), spread)), m),
            }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
          // dw_k = sum dmu mu_k; what all three have in common cancels, so only differences from the first are summed
          meanLogits: () =>
            ofLogits([wI, wL, wB], all.sum(mul(dmu, sub(muL, muI))), all.sum(mul(dmu, sub(muB, muI)))),
          varLogits: () =>
            ofLogits([uI, uL, uB], all.sum(mul(dv, sub(vL, vI))), all.sum(mul(dv, sub(vB, vI)))),
        };
      },
    ];
  });
  return { y: followedBy(y, set), statistics: { mean: statistics.muB, variance: statistics.vB } };
}

export interface SwitchableCall extends AffineCall, Then {
  /** Of I, L, B, [3]. */
  meanLogits: Tensor;
  varLogits: Tensor;
  /** Running mu_B and v_B [C], for evaluation; null: those of the batch. */
  given?: SetStatistics | null;
}

export type SwitchableOptions = AffineOptions & RunningOptions;

/** Switchable normalization of [N, ..., C], C = features. All logits start at 1: a third of each. */
export class SwitchableNorm extends AffineRunningNorm<SwitchableOptions> {
  readonly meanLogits = parameter(new Float32Array(3).fill(1), [3]);
  readonly varLogits = parameter(new Float32Array(3).fill(1), [3]);
  readonly runningMean = buffer(this.features, 0);
  readonly runningVar = buffer(this.features, 1);

  constructor(features: number, options: SwitchableOptions = {}) {
    super(`SwitchableNorm(features=${features})`, features, options);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, meanLogits, varLogits, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const given = this.givenFrom({ mean, variance });
    const set = { gamma, beta, meanLogits, varLogits, given, eps: this.options.eps ?? 1e-5 };
    const { y, statistics } = switchableNorm(x, { ...then, ...set });
    if (!given) this.follow({ mean, variance }, statistics, { m: x.size / features, unbiased: false });
    return y;
  }
}

export const switchable = defineNorm<SwitchableOptions>({
  name: 'switchable',
  aliases: ['sn'],
  title: 'Switchable Norm',
  paper: 'Luo, Ren, Peng, Zhang, Li 2018, arXiv:1806.10779',
  sets: 'the channel of the sample, the sample, and the channel over the batch, mixed by softmax weights',
  parameters: 'gamma [C], beta [C], meanLogits [3], varLogits [3]',
  centred: true,
  dependsOnBatch: 'training',
  traps: [
    'vL and vB are not means of vI: the spread of the means belongs to them.',
    'As E[x²] − E[x]² the variances would cancel for large means.',
    'The running variance is biased.',
  ],
  golden: {
    switchableNorm: {
      run(inputs, a) {
        const { x, gamma, beta, meanLogits, varLogits } = inputs;
        const given = givenStatistics(inputs, a);
        return switchableNorm(x, { gamma, beta, meanLogits, varLogits, given, eps: epsOf(a) }).y;
      },
    },
  },
  source: 'mixed/switchableNorm.ts',
  build: (features, options) => new SwitchableNorm(features, options),
});
