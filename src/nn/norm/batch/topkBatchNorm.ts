import type { Tensor } from '../../../autograd/index.ts';
import { abs, add, div, mean, mul, neg, sign, special, sub, sum, type Values } from '../core/calculus.ts';
import { defineNorm } from '../core/define.ts';
import { followedBy } from '../core/norm.ts';
import { rule } from '../core/rule.ts';
import { channelSets, checkCall } from '../core/sets.ts';
import { AbsoluteBatchNorm, type AbsoluteCall, type AbsoluteOptions } from './absoluteBatchNorm.ts';

/**
 * Top-k batch normalization (Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814, section 3.3); k = 1 is L-infinity.
 *
 * S_i = { j : j_C = i_C }: one set per channel, over the batch and all positions, m = N H W. The scale s is the mean of the k
 * largest |x - mu| times c_m = (1 + sqrt(pi ln 4)) / (2 sqrt(2 ln m)), which turns the largest of m normal numbers into their
 * deviation. In evaluation mu and s are the running ones, constants.
 */
export function topkBatchNorm(x: Tensor, set: AbsoluteCall & { topK: number }) {
  checkCall('topkBatchNorm', x, set, ['mean', 'scale']);
  const { gamma, beta, eps, given, topK } = set;
  const setting = { given: { mu: given?.mean, s: given?.scale }, numbers: { eps } };
  const view = channelSets(x.shape);
  const m = view.p;
  const c = (1 + Math.sqrt(Math.PI * Math.log(4))) / (2 * Math.sqrt(2 * Math.log(m)));
  const factor = c / Math.min(topK, m); // c_m / k
  const tensors = { x, gamma, beta };
  const { y, statistics } = rule('topkBatchNorm', view, tensors, setting, ({ x, gamma, beta }, norm) => {
    const centre = mean(x);
    const distance = sub(x, centre);
    const counts = largest(abs(distance), topK);
    const mu = norm.statistic('mu', () => centre);
    const s = norm.statistic('s', () => mul(factor, sum(mul(counts, abs(distance)))));
    const t = add(s, eps);
    const xHat = div(sub(x, mu), t);
    norm.steps({ t, xHat });

    return [
      add(mul(gamma, xHat), beta),
      (dy) => {
        const g = mul(gamma, dy);
        const ds = neg(div(sum(mul(g, xHat)), t));
        const h = mul(counts, sign(distance)); // 0 for the values that do not count
        const slope = mul(factor, sub(h, mean(h))); // ds/dx; the mean is over all m, for mu reaches all that count
        norm.steps({ g, ds, h, slope });
        return {
          x: () => norm.paths({ direct: div(g, t), mu: neg(div(mean(g), t)), s: mul(ds, slope) }),
          gamma: () => mul(dy, xHat),
          beta: () => dy,
        };
      },
    ];
  });
  return { y: followedBy(y, set), statistics: { mean: statistics.mu, scale: statistics.s } };
}

/** 1 for the k largest values of each channel, 0 for the others; of equally large ones the first count. [1, m, C, 1]. */
function largest(distances: Values, k: number): Values {
  const [, m, channels] = distances.shape;
  const chosen = distances.data.map(() => 0);
  const order = new Uint32Array(m);
  for (let c = 0; c < channels; c++) {
    const at = (i: number) => distances.data[i * channels + c];
    for (let i = 0; i < m; i++) order[i] = i;
    order.sort((i, j) => at(j) - at(i) || i - j);
    for (const i of order.subarray(0, k)) chosen[i * channels + c] = 1;
  }
  return special('largest', [distances, k], { shape: distances.shape, data: chosen });
}

export interface TopkBatchNormOptions extends AbsoluteOptions {
  /** How many deviations count; default: 10, as in the paper, or all of fewer. */
  topK?: number;
}

/** Top-k batch normalization of [N, ..., C], C = features. */
export class TopkBatchNorm extends AbsoluteBatchNorm {
  readonly topK: number;

  constructor(features: number, options: TopkBatchNormOptions = {}) {
    super(`TopkBatchNorm(features=${features})`, features, options);
    this.topK = options.topK ?? 10;
    if (!Number.isInteger(this.topK) || this.topK < 1) {
      throw new Error(`${this.layer}: topK counts values, at least 1; got ${this.topK}.`);
    }
  }

  protected normalize(x: Tensor, set: AbsoluteCall) {
    return topkBatchNorm(x, { ...set, topK: this.topK });
  }
}

export const topkBatch = defineNorm<TopkBatchNormOptions>({
  name: 'topk-batch',
  title: 'Top-k BatchNorm',
  paper: 'Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814',
  sets: 'the channel, over the batch and all positions; the k largest absolute deviations',
  centred: true,
  dependsOnBatch: 'training',
  traps: [
    'c_m depends on the batch size, and is not defined for m = 1.',
    'Of equally large deviations the first ones count.',
  ],
  source: 'batch/topkBatchNorm.ts',
  build: (features, options) => new TopkBatchNorm(features, options),
});
