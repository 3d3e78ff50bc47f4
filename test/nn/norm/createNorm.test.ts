import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createNorm, findNorm, normNames, resolveNorm } from '../../../src/nn/norm/createNorm.ts';
import { registry } from '../../../src/nn/norm/registry.ts';

describe('names of norms', () => {
  test.each([
    [
      'batch',
      [
        'bn',
        'BN',
        'batchnorm',
        'BatchNorm',
        'batch-norm',
        'BatchNorm2d',
        'nn.BatchNorm1d',
        'batch_normalization',
      ],
    ],
    ['layer', ['ln', 'layernorm', 'LayerNorm', 'torch.nn.LayerNorm', 'LayerNormalization']],
    ['group', ['gn', 'GroupNorm', 'group norm']],
    ['instance', ['in', 'InstanceNorm2d']],
    ['rms', ['RMSNorm', 'rmsnorm']],
    ['batch-renorm', ['brn', 'Batch Renormalization', 'batchRenorm']],
    ['frn', ['FRN', 'filter-response-norm']],
    ['weight-norm', ['WeightNorm', 'weightnorm']],
    ['none', ['none', 'None']],
  ])('%s is also %j', (name, others) => {
    for (const other of others) expect(resolveNorm(other), other).toBe(name);
  });

  test('no name and no alias means two norms', () => {
    for (const { name, title, aliases = [] } of registry) {
      for (const each of [name, title, ...aliases]) expect(resolveNorm(each), each).toBe(name);
    }
    expect(new Set(normNames).size).toBe(registry.length + 1);
  });

  test('what nobody calls a norm is nothing', () => {
    for (const name of ['', 'norm', 'batchnorm3', 'toString', 'constructor'])
      expect(resolveNorm(name)).toBeUndefined();
    expect(() => findNorm('bach')).toThrow(
      'unknown norm "bach" (did you mean "batch"?); one of: batch, layer',
    );
  });

  test('createNorm takes them', () => {
    expect(createNorm('BatchNorm2d', 4)!.constructor.name).toBe('BatchNorm');
    expect(createNorm('none', 4)).toBeNull();
  });
});

test('every norm says in which file it stands', () => {
  for (const { name, source } of registry) {
    const text = readFileSync(new URL(`../../../src/nn/norm/${source}`, import.meta.url), 'utf8');
    expect(text, name).toContain(`  name: '${name}',\n`);
  }
});
