import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRun, runFiles } from '../../src/runs/record.ts';
import { runTraining, type TrainingHooks } from '../../src/runs/training.ts';
import type { TrainOptions } from '../../src/train/config.ts';
import { readMetrics } from '../../src/train/metrics.ts';
import { decodeSafetensors } from '../../src/weights/safetensors.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-resume-'));
afterAll(() => rmSync(parent, { recursive: true }));
let folders = 0;
const newFolder = () => join(parent, String(folders++));

const small: TrainOptions = {
  dataset: 'synthetic',
  limit: 203,
  testLimit: 50,
  hidden: [16],
  batchSize: 20,
  epochs: 3,
  optimizer: 'adam',
  schedule: 'cosine',
  warmup: 3,
  clip: 1,
  weightDecay: 1e-4,
  augment: 'crop-flip',
};
const steps = 33;

/** Trains until `stop` steps are done, as Ctrl-C does it. */
function trainUntil(stop: number, options: TrainOptions, path: string, hooks: TrainingHooks = {}) {
  const controller = new AbortController();
  let done = 0;
  return runTraining(options, {
    ...hooks,
    folder: { path },
    signal: controller.signal,
    onStart: (start) => {
      done = start.steps;
      hooks.onStart?.(start);
    },
    onStep: () => ++done === stop && controller.abort(),
  });
}

/** Everything but the times, which no two runs share. */
const withoutTimes = (path: string) =>
  readMetrics(runFiles(path).metrics).map((line) => ({ ...line, ms: undefined, seconds: undefined }));

async function expectSameAs(path: string, whole: string, options: TrainOptions) {
  let startsOver: string | undefined;
  const resumed = await runTraining(options, {
    folder: { path },
    resume: true,
    onStart: (start) => (startsOver = start.startsOver),
  });
  const expected = JSON.parse(readFileSync(join(whole, 'result.json'), 'utf8'));
  expect({ ...resumed, seconds: 0 }).toEqual({ ...expected, seconds: 0 });
  expect(withoutTimes(path)).toEqual(withoutTimes(whole));
  return startsOver;
}

describe('a run that was stopped and resumed', () => {
  const whole = newFolder();
  const uninterrupted = runTraining(small, { folder: { path: whole } });

  // Within an epoch, between two lines of metrics, right before the test at an epoch's end (step 11), in the last step.
  it.each([1, 5, 11, 12, 32, steps])('ends with the same bits when stopped after step %i', async (stop) => {
    await uninterrupted;
    const path = newFolder();
    const stopped = await trainUntil(stop, small, path);
    expect(stopped).toMatchObject({ status: 'interrupted', steps: stop });
    expect(await expectSameAs(path, whole, small)).toBeUndefined();
    expect(readRun(path)).toMatchObject({ status: 'done', resumed: [{ step: stop }] });
  });

  it('ends with the same bits when stopped twice', async () => {
    await uninterrupted;
    const path = newFolder();
    await trainUntil(4, small, path);
    await trainUntil(15, small, path, { resume: true });
    await expectSameAs(path, whole, small);
    expect(readRun(path)!.resumed.map(({ step }) => step)).toEqual([4, 15]);
  });

  it('drops lines of metrics that a killed process wrote after its checkpoint, the torn one too', async () => {
    await uninterrupted;
    const path = newFolder();
    await trainUntil(14, small, path);
    appendFileSync(runFiles(path).metrics, '{"t":"step","step":15,"epoch":2}\n{"t":"st');
    expect(await expectSameAs(path, whole, small)).toBeUndefined();
  });

  it('ends with the same bits where dropout, running averages, the state of norms and velocity matter', async () => {
    const options: TrainOptions = {
      ...small,
      model: 'tutorial',
      hidden: null,
      norm: 'batch-renorm',
      weightNorm: 'spectral',
      optimizer: 'sgd',
      augment: 'none',
      limit: 41,
      testLimit: 10,
      epochs: 2,
    };
    const [one, other] = [newFolder(), newFolder()];
    await runTraining(options, { folder: { path: one } });
    await trainUntil(3, options, other);
    await expectSameAs(other, one, options);
  });

  it('ends with the same bits where the noise of activations and mixed images are drawn', async () => {
    const options: TrainOptions = {
      ...small,
      ...{ norm: 'batch', noise: true, dropout: 0.2, dropoutPlace: 'before', mixup: 0.4, hidden: [8, 8] },
      ...{ limit: 80, testLimit: 10, epochs: 2 },
    };
    const [one, other] = [newFolder(), newFolder()];
    await runTraining(options, { folder: { path: one } });
    await trainUntil(3, options, other);
    await expectSameAs(other, one, options);
  });

  it('ends with the same bits in a transformer with dropout, by RMSprop with momentum', async () => {
    const options: TrainOptions = {
      ...small,
      ...{ model: 'transformer', hidden: null, norm: 'rms', depth: 1, width: 8, patch: 14, dropout: 0.2 },
      ...{ optimizer: 'rmsprop', momentum: 0.9, limit: 80, testLimit: 10, epochs: 2 },
    };
    const [one, other] = [newFolder(), newFolder()];
    await runTraining(options, { folder: { path: one } });
    await trainUntil(3, options, other);
    await expectSameAs(other, one, options);
  });
});

describe('a checkpoint', () => {
  const file = (path: string) => runFiles(path).checkpoint;

  it('is written every few steps, and at last with the final weights', async () => {
    const path = newFolder();
    const seen: number[] = [];
    await runTraining(small, {
      folder: { path },
      checkpointEvery: 7,
      onStep() {
        if (existsSync(file(path))) seen.push(progressIn(path).steps);
      },
    });
    expect([...new Set(seen)]).toEqual([7, 14, 21, 28]);
    expect(progressIn(path)).toMatchObject({ steps, epochs: 3 });
    expect([...decodeSafetensors(readFileSync(file(path))).tensors.keys()]).toContain(
      'optimizer.firstMoment.0',
    );
  });

  it('is gone after a run that keeps no weights', async () => {
    const path = newFolder();
    await runTraining(small, { folder: { path }, checkpointEvery: 7, keepWeights: false });
    expect(existsSync(file(path))).toBe(false);
  });

  const damages: [string, RegExp, (path: string, other: string) => void][] = [
    ['is missing', /no checkpoint/, (path) => rmSync(file(path))],
    ['is empty', /not whole/, (path) => writeFileSync(file(path), '')],
    ['is truncated', /not whole/, (path) => truncateSync(file(path), 5000)],
    ['has a wrong bit', /checksum/, (path) => flipBit(file(path))],
    ['lacks its lines of metrics', /needs 15/, (path) => truncateSync(runFiles(path).metrics, 300)],
    ['is of another run', /another configuration/, (path, other) => copyFileSync(file(other), file(path))],
  ];

  const [whole, other] = [newFolder(), newFolder()];
  const references = Promise.all([
    runTraining(small, { folder: { path: whole } }),
    runTraining({ ...small, seed: 2 }, { folder: { path: other } }),
  ]);

  it.each(damages)('that %s lets the run start over, to the same end', async (_, why, damage) => {
    await references;
    const path = newFolder();
    await trainUntil(14, small, path);
    damage(path, other);
    expect(await expectSameAs(path, whole, small)).toMatch(why);
    expect(readRun(path)!.resumed).toEqual([]);
  });
});

function progressIn(path: string) {
  return JSON.parse(decodeSafetensors(readFileSync(runFiles(path).checkpoint)).metadata.state).progress;
}

function flipBit(file: string) {
  const bytes = readFileSync(file);
  bytes[bytes.length - 100] ^= 1;
  writeFileSync(file, bytes);
}
