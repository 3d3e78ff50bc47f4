import type { Tensor } from '../autograd/index.ts';
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
