import { noGrad } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import type { Module } from '../nn/module.ts';
import type { TrainConfig } from './config.ts';
import { imagesOf, type TrainData } from './data.ts';
import { letEventsRun } from './eventLoop.ts';
import { lossOf } from './loss.ts';
import type { Score } from './metrics.ts';
import { accuracyOf, meanScore } from './score.ts';

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
