import { parameter, record, type Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray, SetStatistics } from '../../../kernels/contract.ts';
import { affineParameters, type Then } from '../core/norm.ts';
import { buffer, RunningNorm, type RunningOptions } from '../core/running.ts';
import { groupSets } from '../core/sets.ts';
import {
  backwardBy,
  centred,
  forwardBy,
  inView,
  numbersLike,
  ofShape,
  perSet,
  setMoments,
  toStatistics,
} from '../core/standardizeBy.ts';
import { logitGradient, mixed, softmax, threeMoments, toInstances } from './switchableMoments.ts';

/**
 * Switchable normalization (Luo, Ren, Peng, Zhang, Li 2018, arXiv:1806.10779): the layer learns which statistics to use.
 *
 * Index sets  I: the channel of the sample (InstanceNorm), L: the sample, B: the channel over the batch.
 * Forward     mu = sum_k w_k mu_k,  v = sum_k u_k v_k,  w and u the softmaxes of two triples of logits, k in I, L, B;
 *             s = sqrt(v + eps),  xHat = (x - mu) / s,  y = gamma xHat + beta.  L and B follow from I (switchableMoments.ts):
 *             mu_L = mean_c mu_I,  v_L = mean_c ( v_I + (mu_I - mu_L)^2 );  mu_B, v_B likewise over the samples
 * Backward    g = gamma dy; per sample and channel dmu = -(1/s) sum(g), dv = -(1/2s^2) sum(g xHat). They go to all three:
 *               dmu_k = sum w_k dmu and dv_k = sum u_k dv over what shares them, and from L and B on to I:
 *               to mu_I:  w_I dmu + (1/C) dmu_L + (2/C) (mu_I - mu_L) dv_L + (1/N) dmu_B + (2/N) (mu_I - mu_B) dv_B
 *               to v_I:   u_I dv  + (1/C) dv_L  + (1/N) dv_B
 *               dx = g / s + (to mu_I) / (H W) + 2 (to v_I) (x - mu_I) / (H W)
 *               dw_k = sum dmu mu_k,  dlogit_k = w_k ( dw_k - sum_j w_j dw_j ), and the same for u with dv and v_k
 * Evaluation  mu_B and v_B are the running ones, constants: the terms with B fall away.
 *
 * Depends on the batch while training. Traps: v_L and v_B are not means of v_I, the spread of the means belongs to them; as
 * E[x^2] - E[x]^2 they would cancel for large means. The running variance is biased.
 */
export function switchableNorm(x: Tensor, set: SwitchableCall): Tensor {
  const { gamma, beta, meanLogits, varLogits, given, observe, eps, residual = null, relu } = set;
  const k = kernels(x);
  const view = groupSets(x.shape, x.shape[x.rank - 1]);
  const parts = threeMoments(setMoments(x, view), view.n, given ?? null);
  const shape = [view.g];
  const { mean: batchMean, variance: batchVariance } = parts.batch;
  observe?.({ mean: { shape, data: batchMean }, variance: { shape, data: batchVariance } });
  const w = softmax(meanLogits.data);
  const u = softmax(varLogits.data);
  const mean = mixed('mean', parts, w);
  const s = mixed('variance', parts, u).map((v) => Math.sqrt(v + eps));
  const forward = forwardBy(x, { view, gamma, beta, mean, deviation: s, residual, relu });
  const inputs = [x, gamma, beta, meanLogits, varLogits, residual] as const;
  return record('switchableNorm', forward.y, inputs, (dy, [, needsGamma, needsBeta, , , needsResidual]) => {
    const needs = { x: true, gamma: needsGamma, beta: needsBeta, residual: needsResidual };
    const back = backwardBy(dy, forward, needs);
    const direct = inView(back.dx as NDArray, view);
    const { mean: dmu, deviation: ds } = toStatistics(direct, forward);
    const dv = Float64Array.from(ds.data, (of, i) => of / (2 * s[i]));
    const dx = () => {
      const to = toInstances(dmu.data, dv, parts, w, u);
      const slope = perSet(x, view, (i) => (2 * to.variance[i]) / view.p);
      const throughVariance = k.binary('mul', centred(x, view, parts.instance.mean), slope);
      const throughMean = perSet(x, view, (i) => to.mean[i] / view.p);
      const through = k.binary('add', throughVariance, throughMean);
      return { shape: x.shape, data: k.binary('add', direct, through).data };
    };
    const dlogits = (gradient: number[]) => ({ shape: [3], data: numbersLike(x, gradient) });
    return [
      dx,
      ofShape(gamma, back.dgamma),
      ofShape(beta, back.dbeta),
      dlogits(logitGradient('mean', dmu.data, parts, w)),
      dlogits(logitGradient('variance', dv, parts, u)),
      back.dresidual,
    ];
  });
}

export interface SwitchableCall extends Then {
  /** [C]; null: 1. */
  gamma: Tensor | null;
  /** [C]; null: 0. */
  beta: Tensor | null;
  /** Of I, L, B, [3]. */
  meanLogits: Tensor;
  varLogits: Tensor;
  eps: number;
  /** Running mu_B and v_B [C], for evaluation; null: those of the batch. */
  given?: SetStatistics | null;
  /** Sees mu_B and v_B. */
  observe?: (batch: SetStatistics) => void;
}

export interface SwitchableOptions extends RunningOptions {
  eps?: number;
  affine?: boolean;
}

/** Switchable normalization of [N, C] or [N, H, W, C], C = features. All logits start at 1: a third of each. */
export class SwitchableNorm extends RunningNorm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;
  readonly meanLogits: Tensor;
  readonly varLogits: Tensor;
  readonly runningMean: Tensor;
  readonly runningVar: Tensor;

  constructor(
    readonly features: number,
    readonly options: SwitchableOptions = {},
  ) {
    super(`SwitchableNorm(features=${features})`, options);
    ({ gamma: this.gamma, beta: this.beta } = affineParameters([features], options.affine));
    this.meanLogits = parameter(new Float32Array(3).fill(1), [3]);
    this.varLogits = parameter(new Float32Array(3).fill(1), [3]);
    this.runningMean = buffer(features, 0);
    this.runningVar = buffer(features, 1);
  }

  forward(x: Tensor, then: Then = {}): Tensor {
    const { features, gamma, beta, meanLogits, varLogits, runningMean: mean, runningVar: variance } = this;
    this.check(x, features);
    const moments = this.momentsFor({ mean, variance }, { m: x.size / features, unbiased: false });
    const eps = this.options.eps ?? 1e-5;
    return switchableNorm(x, { ...then, ...moments, gamma, beta, meanLogits, varLogits, eps });
  }
}
