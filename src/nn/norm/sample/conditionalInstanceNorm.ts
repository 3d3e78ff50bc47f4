import type { Tensor } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import {
  add,
  div,
  inPrecisionOf,
  mean,
  mul,
  neg,
  special,
  sqrt,
  square,
  sub,
  sum,
  type Values,
} from '../core/calculus.ts';
import { standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { affineParameters, followedBy, Norm, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkFeatures, instanceSets } from '../core/sets.ts';

/**
 * Conditional instance normalization (Dumoulin, Shlens, Kudlur 2016, arXiv:1610.07629): one network for many styles, which
 * differ in gamma and beta alone.
 *
 * S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions. gamma and beta are tables [K, C], of
 * which each sample takes the row of its label: a product with one-hot labels [N, K], whose transpose gives the gradients back.
 */
export function conditionalInstanceNorm(x: Tensor, set: ConditionalCall): Tensor {
  const { gamma, beta, labels, eps, ...then } = set;
  const samples = x.shape[0];
  const conditions = gamma?.shape[0] ?? 1;
  if (labels.length !== samples || labels.some((label) => !(label >= 0 && label < conditions))) {
    throw new Error(
      `conditionalInstanceNorm: needs one label from 0 to ${conditions - 1} for each of ${samples} samples, got ` +
        `[${labels.join(', ')}].`,
    );
  }
  const choice = oneHot(x, labels, conditions);
  const tables = { gamma, beta };
  const { y } = rule(
    'conditionalInstanceNorm',
    instanceSets(x.shape),
    { x, ...tables },
    { asIs: ['gamma', 'beta'], numbers: { eps }, standard: standard({ eps }) },
    (read, norm) => {
      const { x } = read;
      const [gamma, beta] = [rowsOf(read.gamma, choice), rowsOf(read.beta, choice)];
      const mu = norm.statistic('mu', () => mean(x));
      const v = norm.statistic('v', () => mean(square(sub(x, mu))));
      const sigma = sqrt(add(v, eps));
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
                v: neg(div(mul(xHat, mean(mul(g, xHat))), sigma)),
              }),
            // A row collects from the samples of its label
            gamma: () => toRows(sum(mul(dy, xHat)), choice),
            beta: () => toRows(sum(dy), choice),
          };
        },
      ];
    },
  );
  return followedBy(y, then);
}

/** [N, K]: 1 in the column of the sample's label. */
function oneHot(x: Tensor, labels: Int32Array, conditions: number): NDArray {
  const data = new Float64Array(labels.length * conditions);
  labels.forEach((label, n) => {
    data[n * conditions + label] = 1;
  });
  return { shape: [labels.length, conditions], data: inPrecisionOf(x, data) };
}

/** The row of each sample, [n, 1, C, 1]. */
function rowsOf(table: Values | null, choice: NDArray): Values | null {
  if (!table) return null;
  const { data } = kernels(table).matmul(choice, table);
  return special('row', [table], { shape: [choice.shape[0], 1, table.shape[1], 1], data });
}

/** Back into the table [K, C]. */
function toRows(perSample: Values, choice: NDArray): Values {
  const [samples, , channels] = perSample.shape;
  const rows = { shape: [samples, channels], data: perSample.data };
  return special('toRows', [perSample], kernels(rows).matmul(choice, rows, { transposeA: true }));
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
  /** How many sets of gamma and beta; default: 1. */
  conditions?: number;
  /** Learn gamma and beta; default: true. */
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

export const conditionalInstance = defineNorm<ConditionalOptions>({
  name: 'conditional-instance',
  aliases: ['cin'],
  title: 'Conditional Instance Norm',
  paper: 'Dumoulin, Shlens, Kudlur 2016, arXiv:1610.07629',
  sets: 'the channel of the sample, over all positions; gamma and beta by label',
  parameters: 'gamma [K, C], beta [K, C]',
  view: instanceSets,
  centred: true,
  traps: ['A row whose label is not in the batch has gradient 0, but momentum and Adam move it on.'],
  source: import.meta.url,
  build: (features, options) => new ConditionalInstanceNorm(features, options),
});
