import * as v from 'valibot';
import type { Tensor } from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import type { Module } from '../nn/module.ts';
import { clipGradNorm, type Optimizer } from '../optim/index.ts';
import { drawingApart } from '../random.ts';
import { anyNumber, wholeNumber } from '../storedFile.node.ts';
import { codeName } from './code/names.ts';
import type { TrainConfig } from './config.ts';
import { imagesOf, type TrainData } from './data.ts';
import { evaluate } from './evaluate.ts';
import { letEventsRun } from './eventLoop.ts';
import { batchLoss, lossOf } from './loss.ts';
import { type MetricsLine, type Score, scoreSchema } from './metrics.ts';
import { measure } from './probes/index.ts';
import { bestSchema, type Diverged, type RunStatus, type TrainResult } from './result.ts';
import { scheduleOf } from './schedule.ts';
import { batchAccuracy, meanScore, type ScoreSum } from './score.ts';

/** Where a run is, after every step. */
interface StepReport {
  epoch: number;
  /** Steps done of this epoch, and how many it has. */
  step: number;
  steps: number;
  /** The mean over the epoch so far. */
  train: Score;
}

/** All that the loop carries from one step to the next, beside model and optimizer: plain JSON, for checkpoints. */
export interface LoopProgress
  extends Pick<TrainResult, 'test' | 'train' | 'best' | 'epochs' | 'steps' | 'seconds'> {
  /** Steps done of the epoch that follows the `epochs` complete ones; it may be all of them, and the test still to come. */
  step: number;
  /** Since the epoch began, and since the last line of metrics. */
  epoch: { sum: ScoreSum; seconds: number };
  line: { sum: ScoreSum; seconds: number };
}

const sumSchema = v.object({
  sum: v.object({ images: wholeNumber, loss: anyNumber, accuracy: anyNumber }),
  seconds: anyNumber,
});

export const progressSchema: v.GenericSchema<unknown, LoopProgress> = v.object({
  test: v.nullable(scoreSchema),
  train: v.nullable(scoreSchema),
  best: v.nullable(bestSchema),
  epochs: wholeNumber,
  steps: wholeNumber,
  seconds: anyNumber,
  step: wholeNumber,
  epoch: sumSchema,
  line: sumSchema,
});

/** A step, after its backward pass (unless its loss is not finite) and before its update. */
export interface WatchedStep extends Score {
  /** Counted from 1 over the whole run, as `epoch` is. */
  step: number;
  epoch: number;
  lr: number;
  /** The loss as a tensor. */
  tensor: Tensor;
}

/** Looks at steps as they are taken, and changes no number of them. */
export interface StepWatcher {
  /** Runs the step's forward pass and loss, which are `fn`. */
  forward<T extends { loss: Tensor }>(step: number, fn: () => T): T;
  done(step: WatchedStep): void;
}

export interface LoopHooks {
  watcher?: StepWatcher;
  /** Aborting it stops the run after the step that is being taken. */
  signal?: AbortSignal;
  /** Where to continue; moved along with the run. Absent: the start. */
  progress?: LoopProgress;
  onStep?: (report: StepReport) => void;
  onMetrics?: (line: MetricsLine) => void;
  /** Called between two steps, and at last when the run is aborted: the time to write a checkpoint. */
  onPause?: (aborted: boolean) => void;
  /** Called after an epoch whose test accuracy is the best so far, with the weights that were tested: `progress.best` says so. */
  onBest?: () => void;
}

/** Lines of metrics.jsonl per epoch, beside the one at its end. */
export const LINES_PER_EPOCH = 20;

/** Trains `model`: forward, loss, backward, step, for every batch of every epoch, and a test after each epoch. */
export async function trainingLoop(
  model: Module,
  optimizer: Optimizer,
  data: TrainData,
  config: TrainConfig,
  hooks: LoopHooks = {},
): Promise<Omit<TrainResult, 'digest' | 'parameters'>> {
  const { watcher, signal, onStep, onMetrics, onPause, onBest, progress = startOfRun() } = hooks;
  const lossFn = lossOf(config);
  const perEpoch = data.train.perEpoch;
  const schedule = scheduleOf(config, config.epochs * perEpoch);
  const linesEvery = Math.ceil(perEpoch / LINES_PER_EPOCH);
  const tick = clock(progress);
  const end = (status: RunStatus, diverged: TrainResult['diverged'] = null) => {
    const { test, train, best, epochs, steps, seconds } = progress;
    return { status, test, train, best, diverged, epochs, steps, seconds };
  };

  const probe = async (batch: Batch, lr: number) => {
    for (const probe of config.probes) {
      const values = await drawingApart(() =>
        measure(probe, { model, data, config, batch, lr, loss: lossFn }),
      );
      onMetrics?.({ t: 'probe', probe: codeName(probe), step: progress.steps, values });
    }
  };
  const probeEvery = config.probeEvery ?? perEpoch;

  model.train();
  while (progress.epochs < config.epochs && !isOutOfPatience(config, progress)) {
    const epoch = progress.epochs + 1;
    for (const batch of data.train.epoch(epoch, progress.step)) {
      optimizer.lr = config.lr * schedule(progress.steps);
      if (progress.steps % probeEvery === 0) await probe(batch, optimizer.lr);
      const forward = () => {
        const logits = model.forward(imagesOf(data, batch));
        return { logits, loss: batchLoss(lossFn, logits, batch) };
      };
      const { logits, loss } = watcher ? watcher.forward(progress.steps + 1, forward) : forward();
      const score = { loss: loss.item(), accuracy: batchAccuracy(logits, batch) };
      const step = ++progress.step;
      const steps = ++progress.steps;
      const diverged = (more: Partial<Diverged> = {}) => {
        tick();
        const ms = 1000 * progress.line.seconds;
        onMetrics?.({ t: 'step', step: steps, epoch, train: score, lr: optimizer.lr, ms });
        return end('diverged', { step: steps, epoch, loss: score.loss, ...more });
      };
      const isNumber = Number.isFinite(score.loss);
      if (isNumber) loss.backward();
      watcher?.done({ step: steps, epoch, ...score, lr: optimizer.lr, tensor: loss });
      if (!isNumber) return diverged();
      if (config.clip !== null) {
        const gradientNorm = clipGradNorm(model.parameters(), config.clip);
        if (!Number.isFinite(gradientNorm)) return diverged({ gradientNorm });
      }
      optimizer.step();
      optimizer.zeroGrad();

      const mean = meanScore(progress.epoch.sum);
      const lineMean = meanScore(progress.line.sum);
      mean.add(score, batch.size);
      lineMean.add(score, batch.size);
      tick();
      if (step % linesEvery === 0) {
        const ms = (1000 * progress.line.seconds) / linesEvery;
        onMetrics?.({ t: 'step', step: steps, epoch, train: lineMean.value(), lr: optimizer.lr, ms });
        progress.line = emptySum();
      }
      onStep?.({ epoch, step, steps: perEpoch, train: mean.value() });
      await letEventsRun();
      if (signal?.aborted) break;
      onPause?.(false);
    }

    const test = signal?.aborted ? null : await drawingApart(() => evaluate(model, data, config, signal));
    tick();
    if (test === null || signal?.aborted) {
      onPause?.(true);
      return end('interrupted');
    }
    const train = meanScore(progress.epoch.sum).value();
    const { seconds } = progress.epoch;
    onMetrics?.({ t: 'epoch', step: progress.steps, epoch, train, test, lr: optimizer.lr, seconds });
    if (!Number.isFinite(test.loss)) {
      return end('diverged', { step: progress.steps, epoch, loss: test.loss });
    }
    const { best } = progress;
    Object.assign(progress, { train, test, epochs: epoch, step: 0, epoch: emptySum(), line: emptySum() });
    if (best === null || test.accuracy > best.accuracy) {
      progress.best = { ...test, epoch };
      onBest?.();
    }
  }
  if (config.probes.length > 0) {
    const [another] = data.train.epoch(progress.epochs + 1);
    await probe(another, optimizer.lr);
  }
  return end('done');
}

export function startOfRun(): LoopProgress {
  const nothing = { test: null, train: null, best: null, epochs: 0, steps: 0, seconds: 0 };
  return { ...nothing, step: 0, epoch: emptySum(), line: emptySum() };
}

/** Whether so many epochs have gone by since the best one that the run ends before its last. */
export function isOutOfPatience(
  { patience }: Pick<TrainConfig, 'patience'>,
  { epochs, best }: Pick<TrainResult, 'epochs' | 'best'>,
): boolean {
  return patience !== null && best !== null && epochs - best.epoch >= patience;
}

function emptySum() {
  return { sum: { images: 0, loss: 0, accuracy: 0 }, seconds: 0 };
}

/** Each call adds the time since the last one to what the run, the epoch and the line have taken. */
function clock(progress: LoopProgress): () => void {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const seconds = (now - last) / 1000;
    last = now;
    progress.seconds += seconds;
    progress.epoch.seconds += seconds;
    progress.line.seconds += seconds;
  };
}
