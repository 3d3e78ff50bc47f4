import { noGrad, type Tensor } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import type { Module } from '../nn/module.ts';
import type { TrainConfig } from './config.ts';
import { imagesOf, type TrainData } from './data.ts';
import { letEventsRun } from './eventLoop.ts';
import { lossOf } from './loss.ts';
import type { Score } from './metrics.ts';

/** The score on the test images, in evaluation mode; the model comes back in training mode. Stops early on `signal`. */
export async function evaluate(
  model: Module,
  data: TrainData,
  config: TrainConfig,
  signal?: AbortSignal,
): Promise<Score> {
  const mean = meanScore();
  model.eval();
  for (const batch of data.test.epoch(0)) {
    if (signal?.aborted) break;
    mean.add(scoreOf(model, data, config, batch), batch.size);
    await letEventsRun();
  }
  model.train();
  return mean.value();
}

/** The score on one batch, in the model's present mode. */
export function scoreOf(model: Module, data: TrainData, config: TrainConfig, batch: Batch): Score {
  const loss = lossOf(config, 'eval');
  return noGrad(() => {
    const logits = model.forward(imagesOf(data, batch));
    return { loss: loss(logits, batch.labels).item(), accuracy: accuracyOf(logits, batch.labels) };
  });
}

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
