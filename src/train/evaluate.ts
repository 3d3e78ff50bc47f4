import { crossEntropy, noGrad, type Tensor } from '../autograd/index.ts';
import type { Module } from '../nn/module.ts';
import { breathe } from './breathe.ts';
import { imagesOf, type TrainData } from './data.ts';
import type { Score } from './metrics.ts';

/** The score on the test images, in evaluation mode; the model comes back in training mode. Stops early on `signal`. */
export async function evaluate(model: Module, data: TrainData, signal?: AbortSignal): Promise<Score> {
  const mean = meanScore();
  model.eval();
  for (const batch of data.test.epoch(0)) {
    if (signal?.aborted) break;
    const { loss, accuracy } = noGrad(() => {
      const logits = model.forward(imagesOf(data, batch));
      return { loss: crossEntropy(logits, batch.labels).item(), accuracy: accuracyOf(logits, batch.labels) };
    });
    mean.add({ loss, accuracy }, batch.size);
    await breathe();
  }
  model.train();
  return mean.value();
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

/** The mean of scores, each weighed by its number of images. */
export function meanScore() {
  let images = 0;
  let loss = 0;
  let accuracy = 0;
  return {
    add(score: Score, count: number): void {
      images += count;
      loss += count * score.loss;
      accuracy += count * score.accuracy;
    },
    value: (): Score => ({ loss: loss / images, accuracy: accuracy / images }),
  };
}
