import { type Tensor, zeros } from '../../../autograd/index.ts';
import { kernels } from '../../../kernels/active.ts';
import type { NDArray } from '../../../kernels/contract.ts';
import { requireFields } from '../../../options.ts';
import { add, div, mean, mul, neg, special, sqrt, square, sub, sum, type Values } from '../core/calculus.ts';
import { standard } from '../core/conventions.ts';
import { defineNorm } from '../core/define.ts';
import { type AffineCall, AffineNorm, type AffineOptions, followedBy, type Then } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { checkCall, checkFeatures, instanceSets } from '../core/sets.ts';

/**
 * Conditional instance normalization (Dumoulin, Shlens, Kudlur 2016, arXiv:1610.07629): one network for many styles, which
 * differ in gamma and beta alone.
 *
 * S_i = { j : j_N = i_N, j_C = i_C }: one set per sample and channel, over the positions. gamma and beta are tables [K, C], of
 * which each sample takes the row of its label: a product with one-hot labels [N, K], whose transpose gives the gradients back.
 */
export function conditionalInstanceNorm(x: Tensor, set: ConditionalCall): Tensor {
  checkCall('conditionalInstanceNorm', x, set);
  requireFields('conditionalInstanceNorm', set.labels, 'the labels', ['length']);
  const { gamma, beta, labels, eps, ...then } = set;
  const samples = x.shape[0];
  const conditions = gamma?.shape[0] ?? 1;
  if (labels.length !== samples || labels.some((label) => !(label >= 0 && label < conditions))) {
    throw new Error(
      `conditionalInstanceNorm: needs one label from 0 to ${conditions - 1} for each of ${samples} samples, got ` +
        `[${labels.join(', ')}].`,
    );
  }
  const choice = zeros([samples, conditions], { dtype: x.dtype }); // one-hot
  for (let n = 0; n < samples; n++) choice.data[n * conditions + labels[n]] = 1;
  const [view, tensors] = [instanceSets(x.shape), { x, gamma, beta }];
  const setting = { asIs: ['gamma', 'beta'], numbers: { eps }, standard: standard({ eps }) };
  const { y } = rule('conditionalInstanceNorm', view, tensors, setting, (read, norm) => {
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
  });
  return followedBy(y, then);
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

/** gamma and beta are [K, C], one row per condition; null: xHat alone. */
export interface ConditionalCall extends AffineCall, Then {
  /** The condition of each sample, [N]. */
  labels: Int32Array;
}

export interface LabelledThen extends Then {
  /** The condition of each sample; absent: 0 for all. */
  labels?: Int32Array;
}

export interface ConditionalOptions extends AffineOptions {
  /** How many sets of gamma and beta; default: 1. */
  conditions?: number;
}

/** Conditional instance normalization of [N, ..., C], C = features. With one condition it is InstanceNorm. */
export class ConditionalInstanceNorm extends AffineNorm<ConditionalOptions> {
  constructor(features: number, options: ConditionalOptions = {}) {
    const tables = [options?.conditions ?? 1, features];
    super(`ConditionalInstanceNorm(features=${features})`, features, options, tables);
  }

  forward(x: Tensor, { labels: given, ...then }: LabelledThen = {}): Tensor {
    const { gamma, beta, options } = this;
    checkFeatures(this.layer, x, this.features);
    const labels = given ?? new Int32Array(x.shape[0]);
    return conditionalInstanceNorm(x, { ...then, gamma, beta, labels, eps: options.eps ?? 1e-5 });
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
  source: 'sample/conditionalInstanceNorm.ts',
  build: (features, options) => new ConditionalInstanceNorm(features, options),
});
