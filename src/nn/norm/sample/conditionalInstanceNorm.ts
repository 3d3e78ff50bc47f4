import { add, matmul, mul, reshape, standardize, Tensor } from '../../../autograd/index.ts';
import { affineParameters, followedBy, Norm, type Then } from '../core/norm.ts';
import { checkFeatures, groupSets } from '../core/sets.ts';
import { numbersLike } from '../core/standardizeBy.ts';

/**
 * Conditional instance normalization (Dumoulin, Shlens, Kudlur 2016, arXiv:1610.07629): one network for many styles, which
 * differ in gamma and beta alone.
 *
 * Index set   S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions.
 * Forward     xHat as in InstanceNorm,  y = gamma[label_n] xHat + beta[label_n], gamma and beta tables [K, C]
 * Backward    g = gamma[label_n] dy,  dx = (1/sigma) ( g - mean(g) - xHat mean(g xHat) );
 *             the rows of the tables collect from the samples of their label:
 *               dgamma[k] = sum over n with label k of sum over positions of dy xHat,  dbeta[k] likewise of dy
 *             Choosing rows is a product with one-hot labels [N, K], whose transpose scatters the gradients back.
 *
 * Depends on no other sample. Trap: a row whose label is not in the batch has gradient 0, but momentum and Adam move it on.
 */
export function conditionalInstanceNorm(x: Tensor, set: ConditionalCall): Tensor {
  const { gamma, beta, labels, eps, ...then } = set;
  const [samples, channels] = [x.shape[0], x.shape[x.rank - 1]];
  const xHat = standardize(x, groupSets(x.shape, channels), { eps });
  if (!gamma || !beta) return followedBy(xHat, then);
  const conditions = gamma.shape[0];
  if (labels.length !== samples || labels.some((label) => !(label >= 0 && label < conditions))) {
    throw new Error(
      `conditionalInstanceNorm: needs one label from 0 to ${conditions - 1} for each of ${samples} samples, got ` +
        `[${labels.join(', ')}].`,
    );
  }
  const oneHot = new Float64Array(samples * conditions);
  labels.forEach((label, n) => {
    oneHot[n * conditions + label] = 1;
  });
  const choice = new Tensor(numbersLike(x, oneHot), [samples, conditions]);
  const perSample = [samples, ...x.shape.slice(1, -1).map(() => 1), channels];
  const rows = (table: Tensor) => reshape(matmul(choice, table), perSample);
  return followedBy(add(mul(xHat, rows(gamma)), rows(beta)), then);
}

export interface ConditionalCall extends Then {
  /** [K, C] each, one row per condition; null: xHat alone. */
  gamma: Tensor | null;
  beta: Tensor | null;
  /** The condition of each sample, [N]. */
  labels: Int32Array;
  eps: number;
}

export interface LabelledThen extends Then {
  /** The condition of each sample; absent: 0 for all. */
  labels?: Int32Array;
}

export interface ConditionalOptions {
  eps?: number;
  /** How many sets of gamma and beta; 1 unless told otherwise. */
  conditions?: number;
  /** Learn gamma and beta; true unless told otherwise. */
  affine?: boolean;
}

/** Conditional instance normalization of [N, C] or [N, H, W, C], C = features. With one condition it is InstanceNorm. */
export class ConditionalInstanceNorm extends Norm {
  readonly gamma: Tensor | null;
  readonly beta: Tensor | null;

  constructor(
    readonly features: number,
    readonly options: ConditionalOptions = {},
  ) {
    super();
    const shape = [options.conditions ?? 1, features];
    ({ gamma: this.gamma, beta: this.beta } = affineParameters(shape, options.affine));
  }

  forward(x: Tensor, { labels = new Int32Array(x.shape[0]), ...then }: LabelledThen = {}): Tensor {
    const { gamma, beta, features } = this;
    checkFeatures(`ConditionalInstanceNorm(features=${features})`, x.shape, features);
    return conditionalInstanceNorm(x, { ...then, gamma, beta, labels, eps: this.options.eps ?? 1e-5 });
  }
}
