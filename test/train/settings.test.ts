import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normEntry } from '../../src/cli/arguments.ts';
import { baselineOf } from '../../src/experiment/seedGroups.ts';
import { choices } from '../../src/nn/models/choices.ts';
import { models } from '../../src/nn/models/registry.ts';
import { resolveNorm } from '../../src/nn/norm/createNorm.ts';
import { runName } from '../../src/runs/name.ts';
import { gridVariants, plannedRuns } from '../../src/runs/sweep/grid.ts';
import { configFields, resolveConfig } from '../../src/train/config.ts';
import { settings } from '../../src/train/settings.ts';

const source = (file: string) => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');

describe('the table of settings', () => {
  const own = configFields.filter((field) => !(field in choices));

  it.each(own)('has %s once', (field) => {
    expect(source('train/settings.ts').match(new RegExp(`^ {2}${field}: `, 'gm'))).toHaveLength(1);
  });

  it.each(Object.keys(choices))('has the choice %s from the models, which have it once', (name) => {
    expect(source('nn/models/choices.ts').match(new RegExp(`^ {2}${name}: `, 'gm'))).toHaveLength(1);
    expect(models.filter(({ takes }) => takes.some((each) => each === name))).not.toEqual([]);
    const word = new RegExp(`\\b${name}\\b`);
    const files = ['settings.ts', 'setting.ts', 'config.ts', 'model.ts'].map((file) => `train/${file}`);
    const flags = readdirSync(new URL('../../src/cli/train', import.meta.url)).map(
      (file) => `cli/train/${file}`,
    );
    // In code, and not in comments and texts: "half the height and width"
    const code = (file: string) => source(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`/g, '');
    expect([...files, ...flags].filter((file) => word.test(code(file)))).toEqual([]);
  });

  /** The order counts: ids of runs are made from it. A setting that is added is `addedLater`, or it changes them all. */
  it('gives every run the defaults, the order and the name that it has always had', () => {
    expect(JSON.stringify(resolveConfig({}))).toBe(
      '{"dataset":"mnist","dataDir":null,"label":null,"size":null,"testFraction":null,"limit":null,"testLimit":null,"scaling":"standardize","halve":false,"trainOn":"train","augment":"none","mixup":0,"model":"mlp","hidden":null,"activation":null,"initStd":null,"init":null,"widths":null,"convs":null,"preActivation":null,"zeroGamma":null,"depth":null,"width":null,"heads":null,"patch":null,"dropout":null,"dropoutPlace":null,"noise":null,"normPlacement":null,"statisticsPerStep":null,"norm":"batch","weightNorm":null,"groups":null,"channelsPerGroup":null,"eps":null,"normMomentum":null,"detachStatistics":"none","renormLimits":null,"initFrom":null,"initBy":"names","freshHead":false,"loss":"cross-entropy","optimizer":"adam","lr":0.001,"momentum":0.9,"nesterov":false,"weightDecay":0,"maximize":false,"schedule":"constant","warmup":0,"clip":null,"labelSmoothing":0,"batchSize":64,"lastBatch":"dropIfOne","classesPerBatch":null,"epochs":3,"patience":null,"probes":[],"probeEvery":null,"seed":1}',
    );
    const readme = { limit: 10000, epochs: 2, batchSize: 32, optimizer: 'sgd', schedule: 'cosine' } as const;
    expect(runName(resolveConfig(readme))).toBe('batch-bs32-s1-95c87b');
    const other = {
      dataset: 'synthetic',
      model: 'cnn',
      norm: 'layer',
      weightNorm: 'spectral',
      lr: 0.5,
    } as const;
    expect(runName(resolveConfig(other))).toBe('synthetic-cnn-layer-spectral-lr0.5-bs64-s1-adbb61');
    expect(Object.keys(settings)).toEqual(configFields);
    const later = runName(resolveConfig({ ...readme, patience: 2, dataset: '/data/my table.csv' }));
    expect(later).toMatch(/^my_table\.csv-batch-bs32-s1-(?!95c87b)\w{6}$/);
    expect(resolveConfig({ dataset: './a.csv' }).dataset).toBe(resolve('a.csv'));
    expect(resolveConfig({ dataset: './a.csv', dataDir: '/data' }).dataset).toBe('./a.csv');
  });

  it("knows a norm by its other names, and writes the registry's", async () => {
    expect(resolveNorm('batch')).toBe('batch');
    const config = resolveConfig({ norm: 'BatchNorm2d', weightNorm: 'SpectralNorm' });
    expect(config).toMatchObject({ norm: 'batch', weightNorm: 'spectral' });
    expect(runName(config)).toBe(runName(resolveConfig({ weightNorm: 'spectral' })));
    const variants = gridVariants({}, { norm: ['BatchNorm2d', 'layer'] });
    expect(plannedRuns(variants).map(({ labels }) => labels.norm)).toEqual(['batch', 'layer']);
    expect((await normEntry('BatchNorm2d')).name).toBe('batch');
    expect(baselineOf(['norm', 'lr'], 'BatchNorm2d')).toBe('batch');
    expect(baselineOf(['model'], 'BatchNorm2d')).toBe('BatchNorm2d');
    expect(() => resolveConfig({ weightNorm: 'BatchNorm2d' })).toThrow('unknown norm of weights');
  });
});
