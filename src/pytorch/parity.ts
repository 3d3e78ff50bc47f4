import { type DType, noGrad, type Tensor, wrap } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import { PytorchError } from '../errors.ts';
import { randomLayers } from '../nn/layers/randomLayer.ts';
import type { Module } from '../nn/module.ts';
import { clipGradNorm } from '../optim/index.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import { letEventsRun } from '../train/eventLoop.ts';
import { batchLoss, lossOf } from '../train/loss.ts';
import { buildModel } from '../train/model.ts';
import { buildOptimizer } from '../train/optimizer.ts';
import { scheduleOf } from '../train/schedule.ts';
import type { TorchWorker } from './worker.ts';

type Losses = readonly number[];

/** Of one run in one engine. */
interface Trained {
  /** The loss of every step, and behind them that of one batch of test images in evaluation mode. */
  losses: Losses;
  /** The loss of the first step, and behind it that of the same test images. */
  first: Losses;
}

/** How far the losses of a run are apart, relative to their size. */
export interface Parity {
  steps: number;
  /** This engine's and PyTorch's in float64, at most. */
  float64: number;
  /** In float32 the first loss and, in evaluation mode, that behind the first step, before rounding errors have grown: the larger one. */
  first: number;
  /** This engine's in float32, and PyTorch's, from PyTorch's in float64: the lower quartile of all steps and runs. */
  float32: { ours: number; torch: number };
  passed: boolean;
}

/**
 * Rounding errors grow from step to step, in both engines alike; in float64 they stay far below its limit. In float32 one of them
 * sooner or later decides on which side of a ReLU, or of a pooling, a number falls, and from there on a run parts from that in float64:
 * in which step, and in which engine first, is chance. So three runs of other seeds are taken, each beside its own in float64, and of all
 * their steps the lower quartile: an engine that loses digits loses them in every step. `floor`: two units in the last place of a loss.
 * Beside that, float32 must never leave the finite numbers where PyTorch's does not.
 */
export const LIMITS = { float64: 1e-9, first: 1e-6, timesTorch: 2, floor: 2 ** -22 };
const FLOAT32_RUNS = 3;

/**
 * Trains one run for `steps` steps in both engines, from the same first weights, on the same batches, in float64 and in float32, there
 * with the two seeds after its own, too. Dropout and noise are left out, since the engines draw other ones. Throws a PytorchError for what
 * PyTorch cannot do.
 */
export async function compareSteps(
  config: TrainConfig,
  dataOf: (config: TrainConfig) => TrainData | Promise<TrainData>,
  steps: number,
  torch: TorchWorker,
): Promise<Parity> {
  const ofSeed: { ours: Trained; torch: Trained; exact: Losses }[] = [];
  let float64 = Number.NaN;
  for (let i = 0; i < FLOAT32_RUNS; i++) {
    const seeded = { ...config, seed: config.seed + i };
    const data = await dataOf(seeded);
    const run = { config: seeded, data, batches: firstBatches(data, steps), torch };
    const { losses: exact } = await inTorch(run, 'float64');
    // Plain loops: one seed of float64 tells whether the mathematics agrees
    if (i === 0) float64 = apart((await inOurs(run, 'float64')).losses, exact);
    const torchs = await inTorch(run, 'float32');
    if (![...exact, ...torchs.losses].every(Number.isFinite)) {
      throw new PytorchError('PyTorch: its loss leaves the finite numbers, so there is nothing to compare');
    }
    ofSeed.push({ exact, ours: await inOurs(run, 'float32'), torch: torchs });
  }
  const first = Math.max(...ofSeed.map(({ ours, torch }) => apart(ours.first, torch.first)));
  const fromExact = (of: 'ours' | 'torch') => {
    const distances = ofSeed.flatMap((each) =>
      each[of].losses.map((loss, i) => apart([loss], [each.exact[i]])),
    );
    return distances.includes(Number.POSITIVE_INFINITY) ? Number.POSITIVE_INFINITY : lowerQuartile(distances);
  };
  const float32 = { ours: fromExact('ours'), torch: fromExact('torch') };
  const passed =
    float64 <= LIMITS.float64 && first <= LIMITS.first && float32.ours <= float32Limit(float32.torch);
  return { steps, float64, first, float32, passed };
}

/** How far from PyTorch's float64 this engine's float32 may be, where PyTorch's own is `torch` off. */
export function float32Limit(torch: number): number {
  return Math.max(LIMITS.timesTorch * torch, LIMITS.floor);
}

/** What both engines train. */
interface ParityRun {
  config: TrainConfig;
  data: TrainData;
  batches: readonly Batch[];
  torch: TorchWorker;
}

async function inTorch({ config, data, batches, torch }: ParityRun, dtype: DType): Promise<Trained> {
  const model = buildModel(config, data).to(dtype);
  await torch.begin({ config, data, model, steps: stepsOf(config, data), dtype, dropout: false });
  const tested = async () => (await torch.test(testBatch(data))).loss;
  const losses = [(await torch.step(batches[0])).loss];
  const first = [losses[0], await tested()];
  for (const batch of batches.slice(1)) losses.push((await torch.step(batch)).loss);
  return { losses: [...losses, await tested()], first };
}

/** As train/loop.ts does it, without what belongs to a run's folder. */
async function inOurs({ config, data, batches }: ParityRun, dtype: DType): Promise<Trained> {
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
    withoutNoise(model.train());
    return loss;
  };
  const losses: number[] = [];
  let first: Losses = [];
  withoutNoise(model.train());
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
function firstBatches(data: TrainData, steps: number): Batch[] {
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

function withoutNoise(model: Module): void {
  for (const layer of randomLayers(model).values()) layer.training = false;
}

function lowerQuartile(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 4)];
}

/** The largest distance relative to the second one's number. Where one has left the finite numbers, both must have. */
export function apart(ours: Losses, theirs: Losses): number {
  return ours.reduce((worst, loss, i) => {
    const other = theirs[i];
    if (!Number.isFinite(other)) return Number.isFinite(loss) ? Number.POSITIVE_INFINITY : worst;
    if (!Number.isFinite(loss)) return Number.POSITIVE_INFINITY;
    return Math.max(worst, Math.abs(loss - other) / Math.max(Math.abs(other), Number.MIN_VALUE));
  }, 0);
}
