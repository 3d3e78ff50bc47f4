import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/format/digits.ts';
import { RunFolderError, WeightsError } from '../../src/errors.ts';
import { Linear } from '../../src/nn/index.ts';
import { jsonText } from '../../src/runs/files.ts';
import { requireOneInit } from '../../src/runs/initialWeights.ts';
import { configHash } from '../../src/runs/name.ts';
import { readConfig, readRun, runFiles } from '../../src/runs/record.ts';
import { plannedRuns } from '../../src/runs/sweep/grid.ts';
import { workThrough } from '../../src/runs/sweep/worker.ts';
import { type RunStart, runTraining } from '../../src/runs/training.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { prepareData } from '../../src/train/data.ts';
import { buildModel } from '../../src/train/model.ts';
import { save } from '../../src/weights/index.ts';

const parent = mkdtempSync(join(tmpdir(), 'normgrad-init-'));
afterAll(() => rmSync(parent, { recursive: true }));

const dataset = syntheticDigits({ seed: 1, train: 40, test: 20 });
const file = join(parent, 'weights.safetensors');
const options = {
  dataset: 'synthetic',
  limit: 40,
  testLimit: 20,
  halve: true,
  hidden: [3],
  batchSize: 10,
} as const;
const small = { ...options, epochs: 2, initFrom: file } satisfies TrainOptions;
const input = [14, 14, 1];

function modelOf(more: TrainOptions) {
  const config = resolveConfig({ ...options, ...more });
  return buildModel(config, prepareData(config, dataset));
}

const writeWeights = (seed: number, path = file) => save(modelOf({ seed }), path, { input });
writeWeights(7);
const original = readFileSync(file);

/** The first weights of a run, as its first step sees them. */
async function begin(more: TrainOptions, hooks: Parameters<typeof runTraining>[1] = {}) {
  const controller = new AbortController();
  let start: RunStart | undefined;
  let weights: number[][] = [];
  const result = await runTraining(
    { ...small, ...more },
    {
      dataset,
      signal: controller.signal,
      onStep: () => controller.abort(),
      ...hooks,
      onStart(each) {
        start = each;
        weights = each.model.parameters().map((parameter) => parameter.toArray());
      },
    },
  );
  return { result, start: start!, weights };
}

describe('a run that begins from a file', () => {
  it('has its weights before the first step, and the path and the hash in run.json', async () => {
    const path = join(parent, 'begun');
    const { weights, start } = await begin({}, { folder: { path } });
    expect(weights).toEqual(
      modelOf({ seed: 7 })
        .parameters()
        .map((each) => each.toArray()),
    );
    expect(start.initialized).toEqual({ loaded: 8, kept: [] });
    const sha256 = createHash('sha256').update(original).digest('hex');
    expect(readRun(path)!.init).toEqual({ file, sha256 });
    expect(readRun(path)!.network).toEqual({ input, classes: 10 });
  });

  it('goes on from its checkpoint without the file, to the same end; starting over, it wants the same file', async () => {
    const whole = await runTraining(small, { dataset });
    const path = join(parent, 'goes-on');
    await begin({}, { folder: { path } });
    writeFileSync(file, 'no weights');
    const resumed = await runTraining(small, { dataset, folder: { path }, resume: true });
    expect(resumed.digest).toBe(whole.digest);
    expect(readRun(path)!.init!.file).toBe(file);

    const over = join(parent, 'starts-over');
    writeFileSync(file, original);
    await begin({}, { folder: { path: over } });
    rmSync(runFiles(over).checkpoint);
    writeWeights(8);
    const before = readFileSync(runFiles(over).run);
    await expect(runTraining(small, { dataset, folder: { path: over }, resume: true })).rejects.toThrow(
      /starts-over was begun with other weights: the SHA-256 of .*weights\.safetensors was \w{16}…, and of .* it is \w{16}…$/,
    );
    expect(readFileSync(runFiles(over).run)).toEqual(before);
    writeFileSync(file, original);
    const again = await runTraining(small, { dataset, folder: { path: over }, resume: true });
    expect(again.digest).toBe(whole.digest);
  });

  it('keeps the last layer as drawn where that is asked for, and is strict where not', async () => {
    const wide = join(parent, 'wide.safetensors');
    const model = modelOf({ seed: 7 });
    (model as unknown as { layers: unknown[] }).layers.pop();
    (model as unknown as { layers: unknown[] }).layers.push(new Linear(3, 4));
    save(model, wide, { input });
    const path = join(parent, 'none');
    const strict = begin({ initFrom: wide }, { folder: { path } });
    await expect(strict).rejects.toThrow(WeightsError);
    await expect(strict).rejects.toThrow(
      `${wide} does not fit this model: of another shape: 4.weight [4, 3], where the model has [10, 3], 4.bias [4], where the model has [10]`,
    );
    expect(() => readConfig(path)).toThrow('is no run folder');
    const { weights, start } = await begin({ initFrom: wide, freshHead: true });
    const [own, theirs] = [modelOf({}), modelOf({ seed: 7 })].map((each) =>
      each.parameters().map((parameter) => parameter.toArray()),
    );
    expect(weights).toEqual([...theirs.slice(0, -2), ...own.slice(-2)]);
    expect(start.initialized).toEqual({ loaded: 6, kept: ['4.weight', '4.bias'] });
  });

  it('takes layers of other names by their order, or their shapes', async () => {
    const named = join(parent, 'named.safetensors');
    save(modelOf({ seed: 7 }), named, { input, map: { fc: '1', bn: '2', head: '4' } });
    await expect(begin({ initFrom: named })).rejects.toThrow('missing: 1.weight');
    for (const initBy of ['order', 'shape'] as const) {
      const { weights } = await begin({ initFrom: named, initBy });
      expect(weights).toEqual(
        modelOf({ seed: 7 })
          .parameters()
          .map((each) => each.toArray()),
      );
    }
  });

  it('may begin from the checkpoint of another run', async () => {
    const path = join(parent, 'first');
    const first = await runTraining({ ...options, epochs: 1 }, { dataset, folder: { path } });
    const start = await begin({ initFrom: runFiles(path).checkpoint, epochs: 1 });
    expect(start.start.initialized!.loaded).toBe(7);
    expect(first.digest).not.toBe(start.result.digest);
    // A bit that only its checksum notices.
    const bytes = readFileSync(runFiles(path).checkpoint);
    bytes[bytes.length - 1] ^= 1;
    const damaged = join(parent, 'damaged.safetensors');
    writeFileSync(damaged, bytes);
    await expect(begin({ initFrom: damaged })).rejects.toThrow(
      `${damaged} is damaged: its checksum is another one`,
    );
  });
});

it('the workers of a sweep begin from the file, and all of its runs from the same one', async () => {
  const folder = join(parent, 'sweep');
  const runs = plannedRuns(
    [1, 2].map((seed) => ({ labels: { seed }, config: { ...small, epochs: 1, seed } })),
  );
  const events: string[] = [];
  const work = (which: typeof runs) =>
    workThrough(
      folder,
      { runs: which, failedBefore: {} },
      { signal: new AbortController().signal, onEvent: ({ type }) => events.push(type) },
    );
  await work(runs.slice(0, 1));
  expect(events).toContain('end');
  expect(readRun(join(folder, runs[0].id))!.init!.file).toBe(file);
  writeWeights(8);
  expect(() => requireOneInit(folder, runs, runs[1].config)).toThrow(RunFolderError);
  await expect(work(runs)).rejects.toThrow('was begun with other weights');
  rmSync(file);
  await expect(work(runs)).rejects.toThrow(WeightsError);
  writeFileSync(file, original);
  await work(runs);
  expect(readRun(join(folder, runs[1].id))!.status).toBe('done');
});

describe('runs of version 0.1, which knew no file of weights', () => {
  const old = fileURLToPath(new URL('version-0.1', import.meta.url));

  it('have the hash that they had, and go on', async () => {
    const path = join(parent, 'old');
    cpSync(old, path, { recursive: true });
    const config = readConfig(path);
    expect(config.initFrom).toBeNull();
    const starts: RunStart[] = [];
    const result = await runTraining(config, {
      folder: { path },
      resume: true,
      onStart: (start) => starts.push(start),
    });
    expect(starts).toMatchObject([{ steps: 6, startsOver: undefined, initialized: undefined }]);
    expect(result).toMatchObject({ status: 'done', steps: 12 });
    expect(readFileSync(runFiles(path).config, 'utf8')).toBe(jsonText(config));
  });

  it('a file of weights makes another run', () => {
    const config = readConfig(old);
    expect(configHash({ ...config, initFrom: file })).not.toBe(configHash(config));
    expect(configHash({ ...config, initFrom: file, freshHead: true })).not.toBe(
      configHash({ ...config, initFrom: file }),
    );
  });
});
