import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { modelNames } from '../../src/nn/models/registry.ts';
import { BatchNorm } from '../../src/nn/norm/batch/batchNorm.ts';
import { normNames } from '../../src/nn/norm/createNorm.ts';
import { workThrough } from '../../src/runs/sweep/worker.ts';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { constantNorms, constantNormWarnings } from '../../src/train/constantNorms.ts';
import type { TrainData } from '../../src/train/data.ts';
import { buildModel } from '../../src/train/model.ts';

const imageShape = [8, 8, 3] as const;
const network = (options: TrainOptions) =>
  buildModel(resolveConfig({ hidden: options.model === 'mlp' ? [6, 6] : undefined, ...options }), {
    imageShape,
    classes: 10,
    largest: { train: 2, test: 2 },
  } as unknown as TrainData);

const found = (options: TrainOptions) =>
  constantNorms(network(options), imageShape).map(({ layer, shape, keeps, count }) => ({
    layer,
    shape: shape.join(),
    keeps,
    count,
  }));

test('the message says what is put out, where, and what to do', () => {
  expect(constantNormWarnings(network({ model: 'mlp', norm: 'instance' }), imageShape)).toEqual([
    'InstanceNorm on [N, 6] (2 layers) sees one value per set: its output is beta, whatever x is, and no gradient gets ' +
      'through. Choose a norm or groups whose sets hold more.',
  ]);
});

describe('of all norms on vectors', () => {
  test.each(normNames)('%s', (norm) => {
    const constant = ['instance', 'conditional-instance', 'adain'].includes(norm);
    const sign = norm === 'frn';
    const keeps = constant ? 'nothing' : sign ? 'the sign' : null;
    expect(found({ model: 'mlp', norm, hidden: [64, 64] }).map((each) => each.keeps)).toEqual(
      keeps ? [keeps] : [],
    );
  });
});

test('groups of one channel, one feature, and one position', () => {
  const nothing = [{ layer: 'GroupNorm', shape: '1,6', keeps: 'nothing', count: 2 }];
  expect(found({ model: 'mlp', norm: 'group', groups: 6 })).toEqual(nothing);
  expect(found({ model: 'mlp', norm: 'group', groups: 3 })).toEqual([]);
  expect(found({ model: 'mlp', norm: 'layer', hidden: [1] })).toMatchObject([{ keeps: 'nothing' }]);
  expect(found({ model: 'mlp', norm: 'rms', hidden: [1] })).toMatchObject([{ keeps: 'the sign' }]);
  expect(found({ model: 'mlp', norm: 'layer', hidden: [6] })).toEqual([]);
});

test('no network without a norm, or with BatchNorm, is warned of', () => {
  for (const model of modelNames) {
    if (/vgg|keras/.test(model)) continue; // for larger images
    for (const norm of ['none', 'batch', 'layer'])
      expect(found({ model, norm }), `${model} ${norm}`).toEqual([]);
  }
});

test('the network stays as it was', () => {
  const model = network({ model: 'mlp', norm: 'batch' });
  const state = () => [...model.namedTensors().values()].map((tensor) => tensor.toArray());
  const before = state();
  const forward = BatchNorm.prototype.forward;
  constantNorms(model, imageShape);
  expect(state()).toEqual(before);
  const norm = [...model.namedModules().values()].find((module) => module instanceof BatchNorm)!;
  expect([norm.forward, Object.hasOwn(norm, 'forward'), norm.training]).toEqual([forward, false, true]);
});

test('a worker of a sweep says it before the run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'normgrad-constant-'));
  const config = resolveConfig({
    dataset: 'synthetic',
    limit: 20,
    testLimit: 10,
    epochs: 1,
    hidden: [6],
    norm: 'instance',
  });
  const events: string[] = [];
  const runs = [{ id: 'instance', labels: {}, config }];
  const { signal } = new AbortController();
  await workThrough(
    folder,
    { runs, failedBefore: {} },
    {
      signal,
      onEvent: (event) => {
        if (event.type !== 'at') events.push(event.type === 'warning' ? event.message : event.type);
      },
    },
  );
  rmSync(folder, { recursive: true });
  expect(events[0]).toMatch(/^mlp, norm instance: InstanceNorm on \[N, 6\] sees one value per set/);
  expect(events[1]).toBe('start');
});
