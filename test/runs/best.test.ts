import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { restoreCheckpoint } from '../../src/runs/checkpoint.ts';
import { readRun, runFiles } from '../../src/runs/record.ts';
import { runTraining } from '../../src/runs/training.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { loadData, prepareData } from '../../src/train/data.ts';
import { evaluate } from '../../src/train/evaluate.ts';
import { isOutOfPatience } from '../../src/train/loop.ts';
import { readMetrics } from '../../src/train/metrics.ts';
import { buildModel } from '../../src/train/model.ts';
import { buildOptimizer } from '../../src/train/optimizer.ts';
import type { TrainResult } from '../../src/train/result.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-best-'));
afterAll(() => rmSync(parent, { recursive: true }));
let folders = 0;
const newFolder = () => join(parent, String(folders++));

/** So large a rate that the best epoch is not the last one. */
const shaky: TrainOptions = {
  ...{ dataset: 'synthetic', limit: 120, testLimit: 60, hidden: [12], batchSize: 20 },
  ...{ optimizer: 'sgd', lr: 1.5, epochs: 30, patience: 3 },
};
const stepsPerEpoch = 6;

const withoutTime = (result: TrainResult) => ({ ...result, seconds: 0 });
const accuracies = (path: string) =>
  readMetrics(runFiles(path).metrics).flatMap((line) => (line.t === 'epoch' ? [line.test.accuracy] : []));

describe('patience and the best epoch', () => {
  const whole = newFolder();
  const uninterrupted = runTraining(shaky, { folder: { path: whole }, keepBest: true });

  it('ends the run so many epochs after the best one, the first of equals', async () => {
    const { status, epochs, best, test } = await uninterrupted;
    const course = accuracies(whole);
    expect(status).toBe('done');
    expect(best!.epoch).toBe(1 + course.indexOf(Math.max(...course)));
    expect(epochs).toBe(best!.epoch + 3);
    expect(course).toHaveLength(epochs);
    expect(epochs).toBeLessThan(30);
    expect(test!.accuracy).toBeLessThan(best!.accuracy);
    // The same run without patience goes on.
    const longer = await runTraining({ ...shaky, epochs: epochs + 1, patience: undefined });
    expect(longer.epochs).toBe(epochs + 1);
  });

  it('counts epochs without a better one', () => {
    const best = { epoch: 4, loss: 1, accuracy: 0.5 };
    const at = (epochs: number, patience: number | null) => isOutOfPatience({ patience }, { epochs, best });
    expect([at(4, 1), at(5, 1), at(6, 3), at(7, 3), at(99, null)]).toEqual([false, true, false, true, false]);
    expect(isOutOfPatience({ patience: 1 }, { epochs: 0, best: null })).toBe(false);
  });

  it('keeps the weights of the best epoch, which score as the result says', async () => {
    const { best } = await uninterrupted;
    const config = resolveConfig(shaky);
    const data = prepareData(config, await loadData(config));
    const model = buildModel(config, data);
    const { progress } = restoreCheckpoint(
      runFiles(whole).best,
      config,
      model,
      buildOptimizer(config, model),
    );
    expect(progress).toMatchObject({ best, epochs: best!.epoch, test: { accuracy: best!.accuracy } });
    expect({ ...(await evaluate(model, data, config)), epoch: best!.epoch }).toEqual(best);
    expect(readRun(whole)).toMatchObject({ keepBest: true });
  });

  it.each(['before the best epoch', 'after it', 'at its end'])(
    'stopped %s and resumed: the same bits, and the same best weights',
    async (when) => {
      const expected = await uninterrupted;
      const atEnd = expected.best!.epoch * stepsPerEpoch;
      const stop = { 'before the best epoch': 3, 'after it': atEnd + 4, 'at its end': atEnd }[when];
      const path = newFolder();
      const controller = new AbortController();
      let done = 0;
      const hooks = { folder: { path }, keepBest: true, signal: controller.signal };
      await runTraining(shaky, { ...hooks, onStep: () => ++done === stop && controller.abort() });
      // What it did before is in run.json.
      const resumed = await runTraining(shaky, { folder: { path }, resume: true });
      expect(withoutTime(resumed)).toEqual(withoutTime(expected));
      const weights = (folder: string) => readFileSync(runFiles(folder).best).subarray(-4000);
      expect(weights(path).equals(weights(whole))).toBe(true);
    },
  );

  it('starts over where the best weights are gone, and keeps none that it was not asked for', async () => {
    const expected = await uninterrupted;
    const path = newFolder();
    const controller = new AbortController();
    let done = 0;
    const hooks = { folder: { path }, keepBest: true, signal: controller.signal };
    await runTraining(shaky, { ...hooks, onStep: () => ++done === 20 && controller.abort() });
    copyFileSync(runFiles(path).best, join(path, 'elsewhere'));
    rmSync(runFiles(path).best);
    let startsOver: string | undefined;
    const resumed = await runTraining(shaky, {
      folder: { path },
      resume: true,
      onStart: (start) => {
        startsOver = start.startsOver;
      },
    });
    expect(startsOver).toMatch(/there is no .*best\.safetensors any more/);
    expect(withoutTime(resumed)).toEqual(withoutTime(expected));
    await runTraining(shaky, { folder: { path } });
    expect(existsSync(runFiles(path).best)).toBe(false);
  });
});
