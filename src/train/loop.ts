import { crossEntropy } from '../autograd/index.ts';
import type { Module } from '../nn/module.ts';
import { clipGradNorm, type Optimizer } from '../optim/index.ts';
import { breathe } from './breathe.ts';
import type { TrainConfig } from './config.ts';
import { imagesOf, type TrainData } from './data.ts';
import { accuracyOf, evaluate, meanScore } from './evaluate.ts';
import type { MetricsLine, Score } from './metrics.ts';
import type { TrainResult } from './result.ts';
import { scheduleOf } from './schedule.ts';

/** Where a run is, after every step. */
export interface StepReport {
  epoch: number;
  /** Steps done of this epoch, and how many it has. */
  step: number;
  steps: number;
  /** The mean over the epoch so far. */
  train: Score;
}

export interface LoopHooks {
  /** Aborting it stops the run after the step that is being taken. */
  signal?: AbortSignal;
  onStep?: (report: StepReport) => void;
  onMetrics?: (line: MetricsLine) => void;
}

/** Lines of metrics.jsonl per epoch, beside the one at its end. */
const LINES_PER_EPOCH = 20;

/** Trains `model`: forward, loss, backward, step, for every batch of every epoch, and a test after each epoch. */
export async function trainingLoop(
  model: Module,
  optimizer: Optimizer,
  data: TrainData,
  config: TrainConfig,
  hooks: LoopHooks = {},
): Promise<Omit<TrainResult, 'digest' | 'parameters'>> {
  const { signal, onStep, onMetrics } = hooks;
  const perEpoch = data.train.perEpoch;
  const schedule = scheduleOf(config, config.epochs * perEpoch);
  const linesEvery = Math.ceil(perEpoch / LINES_PER_EPOCH);
  const start = performance.now();
  const outcome: Omit<TrainResult, 'digest' | 'parameters' | 'seconds'> = {
    status: 'done',
    test: null,
    train: null,
    best: null,
    diverged: null,
    epochs: 0,
    steps: 0,
  };
  const end = () => ({ ...outcome, seconds: (performance.now() - start) / 1000 });
  const diverge = (epoch: number, loss: number) => {
    outcome.status = 'diverged';
    outcome.diverged = { step: outcome.steps, epoch, loss };
    return end();
  };

  model.train();
  for (let epoch = 1; epoch <= config.epochs; epoch++) {
    const epochStart = performance.now();
    const epochMean = meanScore();
    let lineMean = meanScore();
    let lineStart = epochStart;
    let step = 0;
    for (const batch of data.train.epoch(epoch)) {
      optimizer.lr = config.lr * schedule(outcome.steps);
      const logits = model.forward(imagesOf(data, batch));
      const loss = crossEntropy(logits, batch.labels, config);
      const score = { loss: loss.item(), accuracy: accuracyOf(logits, batch.labels) };
      step++;
      outcome.steps++;
      if (!Number.isFinite(score.loss)) {
        const ms = performance.now() - lineStart;
        onMetrics?.({ t: 'step', step: outcome.steps, epoch, train: score, lr: optimizer.lr, ms });
        return diverge(epoch, score.loss);
      }
      loss.backward();
      if (config.clip !== null) clipGradNorm(model.parameters(), config.clip);
      optimizer.step();
      optimizer.zeroGrad();

      epochMean.add(score, batch.size);
      lineMean.add(score, batch.size);
      if (step % linesEvery === 0) {
        const ms = (performance.now() - lineStart) / linesEvery;
        onMetrics?.({ t: 'step', step: outcome.steps, epoch, train: lineMean.value(), lr: optimizer.lr, ms });
        lineMean = meanScore();
        lineStart = performance.now();
      }
      onStep?.({ epoch, step, steps: perEpoch, train: epochMean.value() });
      await breathe();
      if (signal?.aborted) break;
    }

    const test = signal?.aborted ? null : await evaluate(model, data, signal);
    if (test === null || signal?.aborted) {
      outcome.status = 'interrupted';
      return end();
    }
    const train = epochMean.value();
    const seconds = (performance.now() - epochStart) / 1000;
    onMetrics?.({ t: 'epoch', step: outcome.steps, epoch, train, test, lr: optimizer.lr, seconds });
    if (!Number.isFinite(test.loss)) return diverge(epoch, test.loss);
    outcome.train = train;
    outcome.test = test;
    outcome.epochs = epoch;
    if (outcome.best === null || test.accuracy > outcome.best.accuracy) outcome.best = { ...test, epoch };
  }
  return end();
}
