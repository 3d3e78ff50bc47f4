import type { Dataset } from '../../data/dataset.ts';
import { toJson } from '../../json.ts';
import type { Module } from '../../nn/module.ts';
import { loadFiles } from '../../train/codeFields.ts';
import type { TrainConfig } from '../../train/config.ts';
import { prepareData, type TrainData } from '../../train/data.ts';
import { evaluate } from '../../train/evaluate.ts';
import { trainingLoop } from '../../train/loop.ts';
import { lossOf } from '../../train/loss.ts';
import { buildModel } from '../../train/model.ts';
import { buildOptimizer } from '../../train/optimizer.ts';
import { measure } from '../../train/probes/index.ts';

/** Steps are timed in blocks of so long, until they are no faster than before. */
const BLOCK_MS = 150;
const MOST_MS = 6000;
const NO_FASTER = 0.9;
/** Enough to tell how long all will take; some probes look at so many. */
const TEST_IMAGES = 1000;
/** Probes that take all test images. */
const ofAllTestImages = ['test', 'statistics'];

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

/**
 * Seconds that a run of this configuration will take on this machine, as busy as it is: of its steps from some of them, of its tests and
 * probes from one on fewer images.
 */
export async function estimateSeconds(config: TrainConfig, dataset: Dataset): Promise<number> {
  await loadFiles(config);
  const testCount = Math.min(config.testLimit ?? dataset.test.count, dataset.test.count);
  const testLimit = Math.min(testCount, TEST_IMAGES);
  const data = prepareData({ ...config, testLimit }, dataset);
  const model = buildModel(config, data);
  const pace = await stepPace(config, data, model);

  const test = (await timed(() => evaluate(model, data, config))) * (testCount / testLimit);
  const steps = config.epochs * data.train.perEpoch;
  const measurements = Math.ceil(steps / (config.probeEvery ?? data.train.perEpoch)) + 1;
  const [batch] = data.train.epoch(1);
  const context = { model, data, config, batch, lr: 0, loss: lossOf(config) };
  let probing = 0;
  for (const probe of config.probes) {
    const seconds = await timed(() => measure(probe, context));
    probing += seconds * (ofAllTestImages.includes(probe) ? testCount / testLimit : 1);
  }
  return steps * pace + config.epochs * test + measurements * probing;
}

/** Seconds of a step, the test after each epoch left out. */
async function stepPace(config: TrainConfig, data: TrainData, model: Module): Promise<number> {
  const controller = new AbortController();
  const blocks: number[] = [];
  const begun = performance.now();
  let [steps, blockBegun] = [0, begun];
  const measureStep = () => {
    steps++;
    const now = performance.now();
    const isLast = now - begun > MOST_MS;
    if (now - blockBegun < BLOCK_MS && !isLast) return;
    blocks.push((now - blockBegun) / 1000 / steps);
    [steps, blockBegun] = [0, now];
    if (isLast || isSteady(blocks)) controller.abort();
  };
  // The rate 0: what is measured must not diverge before it is measured.
  const still = { ...config, lr: 0, epochs: Number.MAX_SAFE_INTEGER, patience: null, probes: [] };
  await trainingLoop(model, buildOptimizer(still, model), { ...data, test: one(data) }, still, {
    signal: controller.signal,
    onStep: measureStep,
  });
  return Math.min(...blocks);
}

/**
 * Whether the time of a step, block by block, no longer falls, by the two last ones, since one alone may be disturbed: kernels are compiled
 * in the first steps, and code runs several times as fast once Node has optimized it, which takes hundreds of them.
 */
export function isSteady(blocks: readonly number[]): boolean {
  return blocks.length > 2 && Math.min(...blocks.slice(-2)) >= NO_FASTER * Math.min(...blocks.slice(0, -2));
}

/** A test of one image, which takes no time. */
function one({ test }: TrainData): TrainData['test'] {
  return {
    perEpoch: 1,
    *epoch() {
      for (const { images, labels, size } of test.epoch(0)) {
        yield { images: images.subarray(0, images.length / size), labels: labels.subarray(0, 1), size: 1 };
        return;
      }
    },
  };
}

/** The shorter of two times: in the first one kernels are compiled. */
async function timed(fn: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 2; i++) {
    const begun = performance.now();
    await fn();
    times.push((performance.now() - begun) / 1000);
  }
  return Math.min(...times);
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
