/** The first steps of one run, in either engine: from the same first weights, on the same batches, with the same masks. */
import { type DType, noGrad, type Tensor, wrap } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import { clipGradNorm } from '../optim/index.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import { letEventsRun } from '../train/eventLoop.ts';
import { batchLoss, lossOf } from '../train/loss.ts';
import { buildModel } from '../train/model.ts';
import { buildOptimizer } from '../train/optimizer.ts';
import { scheduleOf } from '../train/schedule.ts';
import type { TorchWorker } from './worker.ts';

export type Losses = readonly number[];

/** Of one run in one engine. */
export interface Trained {
  /** The loss of every step, and behind them that of one batch of test images in evaluation mode. */
  losses: Losses;
  /** The loss of the first step, and behind it that of the same test images. */
  first: Losses;
}

/** What both engines train. */
export interface FirstSteps {
  config: TrainConfig;
  data: TrainData;
  batches: readonly Batch[];
  torch: TorchWorker;
}

export async function inTorch({ config, data, batches, torch }: FirstSteps, dtype: DType): Promise<Trained> {
  const model = buildModel(config, data).to(dtype);
  await torch.begin({ config, data, model, steps: stepsOf(config, data), dtype });
  const tested = async () => (await torch.test(testBatch(data))).loss;
  const losses = [(await torch.step(batches[0])).loss];
  const first = [losses[0], await tested()];
  for (const batch of batches.slice(1)) losses.push((await torch.step(batch)).loss);
  return { losses: [...losses, await tested()], first };
}

/** As train/loop.ts does it, without what belongs to a run's folder. */
export async function inOurs({ config, data, batches }: FirstSteps, dtype: DType): Promise<Trained> {
  const model = buildModel(config, data).to(dtype);
  const imagesOf = ({ images, size }: Batch): Tensor =>
    wrap(dtype === 'float64' ? Float64Array.from(images) : images, [size, ...data.imageShape]);
  const optimizer = buildOptimizer(config, model);
  const schedule = scheduleOf(config, stepsOf(config, data));
  const lossFn = lossOf(config);
  const tested = () => {
    const test = testBatch(data);
    model.eval();
    const loss = noGrad(() => lossOf(config, 'eval')(model.forward(imagesOf(test)), test.labels)).item();
    model.train();
    return loss;
  };
  const losses: number[] = [];
  let first: Losses = [];
  model.train();
  for (const [step, batch] of batches.entries()) {
    optimizer.lr = config.lr * schedule(step);
    const loss = batchLoss(lossFn, model.forward(imagesOf(batch)), batch);
    losses.push(loss.item());
    loss.backward();
    if (config.clip !== null) clipGradNorm(model.parameters(), config.clip);
    optimizer.step();
    optimizer.zeroGrad();
    if (step === 0) first = [losses[0], tested()];
    await letEventsRun();
  }
  return { losses: [...losses, tested()], first };
}

/** The first ones of training, over as many epochs as it takes. */
export function firstBatches(data: TrainData, steps: number): Batch[] {
  const batches: Batch[] = [];
  for (let epoch = 1; batches.length < steps; epoch++) {
    for (const batch of data.train.epoch(epoch)) {
      if (batches.length < steps) batches.push(batch);
      else break;
    }
  }
  return batches;
}

/** Of the whole run, for the schedule. */
function stepsOf({ epochs }: TrainConfig, { train }: TrainData): number {
  return epochs * train.perEpoch;
}

function testBatch({ test }: TrainData): Batch {
  const [batch] = test.epoch(0);
  return batch;
}
