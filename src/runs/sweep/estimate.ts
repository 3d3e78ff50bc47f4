import type { Dataset } from '../../data/dataset.ts';
import { toJson } from '../../json.ts';
import { loadFiles } from '../../train/codeFields.ts';
import type { TrainConfig } from '../../train/config.ts';
import { prepareData } from '../../train/data.ts';
import { trainingLoop } from '../../train/loop.ts';
import { buildModel } from '../../train/model.ts';
import { buildOptimizer } from '../../train/optimizer.ts';

/** A few steps show what all will take; the first ones are slower, since kernels are compiled then. */
const FIRST_STEPS = 3;
const MEASURE_MS = 150;
/** A test image needs the forward pass alone, about a third of a training image's work. */
const TEST_SHARE = 1 / 3;

/** What the steps' time does not depend on. */
const irrelevant = [
  'seed',
  'epochs',
  'lr',
  'momentum',
  'nesterov',
  'weightDecay',
  'schedule',
  'warmup',
  'clip',
  'labelSmoothing',
  'eps',
  'initStd',
  'init',
  'normMomentum',
] as const satisfies readonly (keyof TrainConfig)[];

/** Runs with the same kind take the same time per step. */
export function kindOf(config: TrainConfig): string {
  const rest: Partial<TrainConfig> = { ...config };
  for (const field of irrelevant) delete rest[field];
  return toJson(rest);
}

/** Seconds that a run of this configuration will take on this machine, from some of its steps. */
export async function estimateSeconds(config: TrainConfig, dataset: Dataset): Promise<number> {
  await loadFiles(config);
  const data = prepareData(config, dataset);
  const model = buildModel(config, data);
  const controller = new AbortController();
  let steps = 0;
  let begun = performance.now();
  let perStep = Number.NaN;
  const measure = () => {
    steps++;
    const now = performance.now();
    if (steps <= FIRST_STEPS) begun = now;
    else perStep = (now - begun) / 1000 / (steps - FIRST_STEPS);
    if (steps > FIRST_STEPS && now - begun > MEASURE_MS) controller.abort();
  };
  // The rate 0: what is measured must not diverge before it is measured.
  const still = { ...config, lr: 0, epochs: Math.max(config.epochs, FIRST_STEPS + 1) };
  await trainingLoop(model, buildOptimizer(still, model), data, still, {
    signal: controller.signal,
    onStep: measure,
  });
  const testSteps = (dataset.test.count / config.batchSize) * TEST_SHARE;
  return config.epochs * (data.train.perEpoch + testSteps) * perStep;
}

/**
 * Seconds until runs of these lengths are done by so many workers: each takes the next one in this order as soon as it is free, and
 * none is shared.
 */
export function wallSeconds(seconds: readonly number[], workers: number): number {
  const busyUntil = Array<number>(Math.min(workers, Math.max(seconds.length, 1))).fill(0);
  for (const each of seconds) {
    const free = busyUntil.indexOf(Math.min(...busyUntil));
    busyUntil[free] += each;
  }
  return Math.max(...busyUntil);
}
