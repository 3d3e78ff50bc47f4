import { type DType, noGrad, type Tensor, wrap } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import { randomLayers } from '../nn/layers/randomLayer.ts';
import type { Module } from '../nn/module.ts';
import { clipGradNorm } from '../optim/index.ts';
import { createRandom } from '../random.ts';
import type { TrainConfig } from '../train/config.ts';
import type { TrainData } from '../train/data.ts';
import { letEventsRun } from '../train/eventLoop.ts';
import { batchLoss, lossOf } from '../train/loss.ts';
import { buildModel } from '../train/model.ts';
import { buildOptimizer } from '../train/optimizer.ts';
import { scheduleOf } from '../train/schedule.ts';
import type { TorchWorker } from './worker.ts';

/** The loss of every step, and behind them that of one batch of test images in evaluation mode. */
type Losses = readonly number[];

/** How far the losses of a run are apart, relative to their size. */
export interface Parity {
  steps: number;
  /** This engine's and PyTorch's in float64, at most. */
  float64: number;
  /** The first loss of both in float32. */
  first: number;
  /** This engine's in float32, and PyTorch's, from PyTorch's in float64: the middle one of all steps and runs. */
  float32: { ours: number; torch: number };
  passed: boolean;
}

/**
 * Rounding errors grow from step to step, in both engines alike; in float64 they stay far below its limit. In float32 one of them
 * sooner or later decides on which side of a ReLU, or of a pooling, a number falls, and from there on two runs part: when, is chance.
 * So the middle of the steps is taken, over three runs whose first weights differ by a rounding: an engine that loses digits loses them
 * in every step.
 */
export const LIMITS = { float64: 1e-9, first: 1e-6, timesTorch: 10, floor: 1e-6 };
const FLOAT32_RUNS = 3;

/**
 * Trains one run for `steps` steps in both engines, from the same first weights, on the same batches, in float64 and in float32.
 * Dropout and noise are left out, since the engines draw other ones. Throws a PytorchError for what PyTorch cannot do.
 */
export async function compareSteps(
  config: TrainConfig,
  data: TrainData,
  steps: number,
  torch: TorchWorker,
): Promise<Parity> {
  const batches = firstBatches(data, steps);
  const run = (dtype: DType, rounding = 0) => bothEngines(config, data, batches, { dtype, rounding }, torch);
  const [ours64, exact] = await run('float64');
  const runs: [Losses, Losses][] = [];
  for (let i = 0; i < FLOAT32_RUNS; i++) runs.push(await run('float32', i));
  const float64 = apart(ours64, exact);
  const first = apart(runs[0][0].slice(0, 1), runs[0][1].slice(0, 1));
  const fromExact = (losses: readonly Losses[]) =>
    median(losses.flatMap((each) => each.map((_, i) => apart(each.slice(i, i + 1), exact.slice(i, i + 1)))));
  const float32 = {
    ours: fromExact(runs.map(([ours]) => ours)),
    torch: fromExact(runs.map(([, theirs]) => theirs)),
  };
  const passed =
    float64 <= LIMITS.float64 &&
    first <= LIMITS.first &&
    float32.ours <= Math.max(LIMITS.timesTorch * float32.torch, LIMITS.floor);
  return { steps, float64, first, float32, passed };
}

async function bothEngines(
  config: TrainConfig,
  data: TrainData,
  batches: readonly Batch[],
  { dtype, rounding }: { dtype: DType; rounding: number },
  torch: TorchWorker,
): Promise<[Losses, Losses]> {
  const model = buildModel(config, data).to(dtype);
  if (rounding > 0) moveByRounding(model, rounding);
  const steps = config.epochs * data.train.perEpoch;
  const [test] = data.test.epoch(0);
  await torch.begin({ config, data, model, steps, dtype, dropout: false });
  const theirs: number[] = [];
  for (const batch of batches) theirs.push((await torch.step(batch)).loss);
  theirs.push((await torch.test(test)).loss);
  const imagesOf = ({ images, size }: Batch) =>
    wrap(dtype === 'float64' ? Float64Array.from(images) : images, [size, ...data.imageShape]);
  return [await ourLosses(config, model, { batches, test, steps, imagesOf }), theirs];
}

/** As train/loop.ts does it, without what belongs to a run's folder. `steps`: of the whole run, for the schedule. */
async function ourLosses(
  config: TrainConfig,
  model: Module,
  {
    batches,
    test,
    steps,
    imagesOf,
  }: { batches: readonly Batch[]; test: Batch; steps: number; imagesOf: (batch: Batch) => Tensor },
): Promise<Losses> {
  const optimizer = buildOptimizer(config, model);
  const schedule = scheduleOf(config, steps);
  const lossFn = lossOf(config);
  const losses: number[] = [];
  withoutNoise(model.train());
  for (const [step, batch] of batches.entries()) {
    optimizer.lr = config.lr * schedule(step);
    const loss = batchLoss(lossFn, model.forward(imagesOf(batch)), batch);
    losses.push(loss.item());
    loss.backward();
    if (config.clip !== null) clipGradNorm(model.parameters(), config.clip);
    optimizer.step();
    optimizer.zeroGrad();
    await letEventsRun();
  }
  model.eval();
  const tested = noGrad(() => lossOf(config, 'eval')(model.forward(imagesOf(test)), test.labels));
  return [...losses, tested.item()];
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

/** Each parameter by at most one unit in its last place of float32. */
function moveByRounding(model: Module, seed: number): void {
  const random = createRandom(`rounding ${seed}`);
  for (const parameter of model.parameters()) {
    parameter.set(parameter.data.map((value) => value * (1 + (2 * random.uniform() - 1) * 2 ** -23)));
  }
}

function withoutNoise(model: Module): void {
  for (const layer of randomLayers(model).values()) layer.training = false;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
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
