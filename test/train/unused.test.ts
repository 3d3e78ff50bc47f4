import { expect, it } from 'vitest';
import { resolveConfig, type TrainOptions } from '../../src/train/config.ts';
import { unusedSettings } from '../../src/train/unused.ts';

it.each<[TrainOptions, string | undefined]>([
  [{ norm: 'batch', groups: 4 }, 'norm'],
  [{ norm: 'group', groups: 4 }, undefined],
  // The value of its default is looked at all the same
  [{ norm: 'group', groups: 8 }, undefined],
  [{ norm: 'layer', renormLimits: [3, 5] }, 'norm'],
  [{ norm: 'none', eps: 1e-3 }, 'norm'],
  [{ norm: 'none', weightNorm: 'weight-standardization', eps: 1e-3 }, undefined],
  [{ norm: 'dyt', weightNorm: 'weight-standardization', eps: 1e-3 }, 'norm'],
  [{ norm: 'instance', normMomentum: 0.01 }, 'norm'],
  [{ norm: './power.mjs', groups: 2 }, undefined],
  [{ norm: 'none', normPlacement: 'before' }, 'norm'],
  [{ momentum: 0.5 }, 'optimizer'],
  [{ optimizer: 'adamw', nesterov: true }, 'optimizer'],
  [{ optimizer: 'rmsprop', nesterov: true }, 'optimizer'],
  [{ optimizer: 'rmsprop', momentum: 0.5 }, undefined],
  [{ optimizer: 'sgd', momentum: 0.5 }, undefined],
  [{ initBy: 'order' }, 'initFrom'],
  [{ freshHead: true }, 'initFrom'],
  [{ freshHead: true, initFrom: 'weights.npz' }, undefined],
  [{ probeEvery: 10 }, 'probes'],
  [{ probeEvery: 10, probes: ['test'] }, undefined],
  [{ dropoutPlace: 'last' }, 'dropout'],
  [{ dropoutPlace: 'last', dropout: 0.1 }, undefined],
  [{ batchSize: 32 }, undefined],
])('%j: the last one of norm, optimizer … that makes the others idle is %s', (options, because) => {
  const found = unusedSettings(resolveConfig(options), Object.keys(options));
  expect(found.map((each) => each.because)).toEqual(because === undefined ? [] : [because]);
});
