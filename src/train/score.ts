import type { Tensor } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import type { Score } from './metrics.ts';

/** Scores and their means, as runs and the page (src/page) count them: no import of Node. */

/** The share of rows of `logits` [N, C] whose largest value is at the label. */
export function accuracyOf(logits: Tensor, labels: ArrayLike<number>): number {
  const { data, shape } = logits;
  const [count, classes] = shape;
  let right = 0;
  for (let i = 0; i < count; i++) {
    const row = i * classes;
    const own = data[row + labels[i]];
    let isLargest = true;
    for (let c = 0; c < classes && isLargest; c++) isLargest = c === labels[i] || data[row + c] < own;
    if (isLargest) right++;
  }
  return right / count;
}

/** Of a batch; of mixed images (data/mixup.ts) by both labels. */
export function batchAccuracy(logits: Tensor, { labels, mixed }: Pick<Batch, 'labels' | 'mixed'>): number {
  const own = accuracyOf(logits, labels);
  return mixed ? mixed.share * own + (1 - mixed.share) * accuracyOf(logits, mixed.labels) : own;
}

/** Scores added up, each weighed by its number of images: plain JSON, and exact when read again. */
export interface ScoreSum extends Score {
  images: number;
}

/** The mean of scores, each weighed by its number of images; it adds to `sum`. */
export function meanScore(sum: ScoreSum = { images: 0, loss: 0, accuracy: 0 }) {
  return {
    sum,
    add(score: Score, count: number): void {
      sum.images += count;
      sum.loss += count * score.loss;
      sum.accuracy += count * score.accuracy;
    },
    value: (): Score => ({ loss: sum.loss / sum.images, accuracy: sum.accuracy / sum.images }),
  };
}
