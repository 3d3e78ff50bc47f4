import { describe, expect, it } from 'vitest';
import { ConfigError, editDistance, nearest } from '../../src/errors.ts';
import { runName } from '../../src/runs/name.ts';
import { resolveConfig } from '../../src/train/config.ts';

describe('resolveConfig', () => {
  it('decides every value', () => {
    const config = resolveConfig({});
    expect(config).toMatchObject({ dataset: 'mnist', norm: 'batch', optimizer: 'adam', lr: 1e-3, seed: 1 });
    expect(resolveConfig(config)).toEqual(config);
  });

  it('derives learning rate and momentum from the optimizer, unless they are given', () => {
    expect(resolveConfig({ optimizer: 'sgd' }).lr).toBe(0.1);
    expect(resolveConfig({ optimizer: 'sgd', lr: 0.5 }).lr).toBe(0.5);
    expect(resolveConfig({ optimizer: 'sgd' }).momentum).toBe(0.9);
    expect(resolveConfig({ optimizer: 'rmsprop' })).toMatchObject({ lr: 1e-3, momentum: 0 });
    expect(resolveConfig({ optimizer: 'rmsprop', momentum: 0.5 }).momentum).toBe(0.5);
  });

  it.each([
    [{ norm: 'bach' }, 'norm', 'unknown norm "bach" (did you mean "batch"?)'],
    [{ model: 'resnet9' }, 'model', 'unknown model "resnet9" (did you mean "resnet8"?)'],
    [{ dataset: 'imagenet' }, 'dataset', 'unknown dataset "imagenet"'],
    [{ lr: -1 }, 'lr', 'must not be negative, got -1'],
    [{ batchSize: 1.5 }, 'batchSize', 'must be a whole number, got 1.5'],
    [{ epochs: 0 }, 'epochs', 'must be at least 1, got 0'],
    [{ epoch: 3 }, 'epoch', 'unknown setting "epoch" (did you mean "epochs"?)'],
  ])('refuses %j, naming the field', (options, field, problem) => {
    const error = errorOf(() => resolveConfig(options as object));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ field, problem });
  });

  it('lists what is allowed instead of an unknown name', () => {
    expect(errorOf(() => resolveConfig({ optimizer: 'sdg' as 'sgd' })).hint).toEqual([
      'one of: sgd, adam, adamw, rmsprop',
    ]);
  });
});

describe('runName', () => {
  it('is readable, safe in file names, and differs with any setting but the place of the data', () => {
    const name = runName(resolveConfig({ dataset: 'synthetic', lr: 0.5, seed: 3 }));
    expect(name).toMatch(/^synthetic-batch-lr0\.5-bs64-s3-[0-9a-f]{6}$/);
    expect(runName(resolveConfig({ clip: 1 }))).not.toBe(runName(resolveConfig({})));
    expect(runName(resolveConfig({ dataDir: '/elsewhere' }))).toBe(runName(resolveConfig({})));
  });
});

describe('nearest', () => {
  it('counts a swap of neighbours as one edit', () => {
    expect(editDistance('mnits', 'mnist')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('suggests nothing for a name that is unlike all', () => {
    expect(nearest('xyzzy', ['batch', 'layer'])).toBeUndefined();
    expect(nearest('Layr', ['batch', 'layer'])).toBe('layer');
  });
});

function errorOf(fn: () => unknown): ConfigError {
  try {
    fn();
  } catch (error) {
    return error as ConfigError;
  }
  throw new Error('nothing was thrown');
}
