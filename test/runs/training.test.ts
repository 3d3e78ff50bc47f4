import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { tensor } from '../../src/autograd/index.ts';
import { readResult } from '../../src/runs/record.ts';
import { runTraining } from '../../src/runs/training.ts';
import type { TrainOptions } from '../../src/train/config.ts';
import { readMetrics } from '../../src/train/metrics.ts';
import { accuracyOf } from '../../src/train/score.ts';

const folder = mkdtempSync(join(tmpdir(), 'normgrad-training-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small: TrainOptions = {
  dataset: 'synthetic',
  limit: 203,
  testLimit: 50,
  hidden: [16],
  batchSize: 20,
  epochs: 2,
  optimizer: 'sgd',
  schedule: 'cosine',
  warmup: 3,
  clip: 1,
  weightDecay: 1e-4,
};

describe('runTraining', () => {
  it('learns, and reports every epoch', async () => {
    const path = join(folder, 'learns');
    const result = await runTraining({ ...small, epochs: 6 }, { folder: { path } });
    expect(result).toMatchObject({ status: 'done', epochs: 6, steps: 66, diverged: null });
    expect(result.test!.accuracy).toBeGreaterThan(0.3);
    expect(readResult(path)).toEqual(result);

    const lines = readMetrics(join(path, 'metrics.jsonl'));
    const epochs = lines.filter((line) => line.t === 'epoch');
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(epochs[5].train.loss).toBeLessThan(epochs[0].train.loss);
    expect(epochs[5].test).toEqual(result.test);
    expect(lines[0]).toMatchObject({ t: 'step', step: 1, lr: expect.closeTo(0.1 / 3, 3) });
  });

  it.each(['before', 'after'] as const)(
    'teaches a transformer with the norm %s, by RMSprop',
    async (normPlacement) => {
      const { train, test } = await runTraining({
        ...{ dataset: 'synthetic', limit: 1200, testLimit: 200, epochs: 2, batchSize: 20 },
        ...{
          model: 'transformer',
          norm: 'layer',
          depth: 1,
          width: 32,
          patch: 14,
          normPlacement,
          optimizer: 'rmsprop',
        },
      });
      expect(train!.loss).toBeLessThan(2);
      expect(test!.accuracy).toBeGreaterThan(0.4);
    },
  );

  it('climbs the loss with maximize', async () => {
    const { train } = await runTraining({ ...small, norm: 'none', maximize: true });
    expect(train!.loss).toBeGreaterThan(3);
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const first = await runTraining({ ...small, augment: 'crop-flip' });
    const again = await runTraining({ ...small, augment: 'crop-flip' });
    const other = await runTraining({ ...small, augment: 'crop-flip', seed: 2 });
    expect(first.digest).toMatch(/^[0-9a-f]{16}$/);
    expect(again.digest).toBe(first.digest);
    expect(again.test).toEqual(first.test);
    expect(other.digest).not.toBe(first.digest);
  });

  it('stops as diverged when the loss is no number, and keeps its metrics', async () => {
    const path = join(folder, 'diverged');
    const result = await runTraining(
      { ...small, norm: 'none', lr: 1e6, clip: null, warmup: 0 },
      { folder: { path } },
    );
    expect(result.status).toBe('diverged');
    expect(result.diverged!.step).toBeGreaterThan(1);
    expect(Number.isFinite(result.diverged!.loss)).toBe(false);
    expect(result.steps).toBe(result.diverged!.step);
    expect(JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')).status).toBe('diverged');
    const lines = readMetrics(join(path, 'metrics.jsonl'));
    expect(lines.at(-1)).toMatchObject({ train: { loss: result.diverged!.loss } });
  });

  it('stops after the running step when it is told to', async () => {
    const controller = new AbortController();
    const path = join(folder, 'interrupted');
    const result = await runTraining(small, {
      folder: { path },
      signal: controller.signal,
      onStep: ({ epoch, step }) => epoch === 2 && step === 4 && controller.abort(),
    });
    expect(result).toMatchObject({ status: 'interrupted', steps: 15, epochs: 1 });
    expect(readResult(path)).toBeUndefined();
  });

  it('lets the event loop run', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await runTraining({ ...small, hidden: [64], epochs: 20 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  it('drops a last batch of one, on which BatchNorm cannot train, and says why it cannot', async () => {
    const result = await runTraining({ ...small, limit: 41, epochs: 1 });
    expect(result.steps).toBe(2);
    await expect(runTraining({ ...small, limit: 41, lastBatch: 'keep' })).rejects.toThrow(
      /BatchNorm\(features=16\): training needs more than one value per channel/,
    );
  });

  it('is alone in its folder', async () => {
    const path = join(folder, 'alone');
    const options = { ...small, epochs: 3 };
    const first = runTraining(options, {
      folder: { path },
      onStart: () => {
        second = runTraining(options, { folder: { path } }).catch((error) => error);
      },
    });
    let second: Promise<unknown> | undefined;
    const { digest } = await first;
    expect(await second).toMatchObject({
      name: 'RunFolderError',
      message: `another process is at work in ${path}: ${process.pid}@${hostname()}`,
    });
    const epochs = readMetrics(join(path, 'metrics.jsonl')).flatMap((line) =>
      line.t === 'epoch' ? [line.epoch] : [],
    );
    expect(epochs).toEqual([1, 2, 3]);
    // And it gives the folder back.
    expect((await runTraining(options, { folder: { path } })).digest).toBe(digest);
    expect(existsSync(join(path, 'lock'))).toBe(false);
  });

  it('says what is wrong with a folder that cannot be made', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(runTraining(small, { folder: { path: join(file, 'run') } })).rejects.toMatchObject({
      name: 'RunFolderError',
      message: expect.stringMatching(/cannot write the run folder .*file/),
    });
  });

  it('writes nothing for a configuration that cannot be built', async () => {
    const path = join(folder, 'unbuilt');
    const options: TrainOptions = { ...small, norm: 'group', groups: 3 };
    await expect(runTraining(options, { folder: { path } })).rejects.toThrow(/GroupNorm\(groups=3/);
    expect(readResult(path)).toBeUndefined();
  });
});

describe('accuracyOf', () => {
  it('counts rows whose largest logit is the label; a tie or a NaN is no hit', () => {
    const nan = Number.NaN;
    const logits = tensor([
      [1, 2, 0],
      [3, 2, 1],
      [1, 1, 0],
      [nan, nan, nan],
    ]);
    expect(accuracyOf(logits, [1, 1, 0, 0])).toBe(0.25);
  });
});
