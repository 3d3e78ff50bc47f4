import { BatchNorm } from './batchNorm.ts';
import type { NormEntry } from './entry.ts';
import { GroupNorm } from './groupNorm.ts';
import { defaultGroups } from './groups.ts';
import { InstanceNorm } from './instanceNorm.ts';
import { LayerNorm } from './layerNorm.ts';
import { channelSets, groupSets } from './sets.ts';

/** Norms that standardize over index sets (part of the registry). */
export const setNorms: readonly NormEntry[] = [
  {
    name: 'batch',
    kind: 'activation',
    parameters: 'gamma [C], beta [C]',
    batchOfOne: 'throws on vectors; images still have H W values per channel',
    title: 'BatchNorm',
    paper: 'Ioffe and Szegedy 2015, arXiv:1502.03167',
    sets: 'the channel, over the batch and all positions',
    view: channelSets,
    centred: true,
    dependsOnBatch: 'training',
    build: (features, options) => new BatchNorm(features, options),
  },
  {
    name: 'layer',
    kind: 'activation',
    parameters: 'gamma [C], beta [C]',
    batchOfOne: 'the same',
    title: 'LayerNorm',
    paper: 'Ba, Kiros, Hinton 2016, arXiv:1607.06450',
    sets: 'the sample, over all positions and channels',
    view: (shape) => groupSets(shape, 1),
    centred: true,
    dependsOnBatch: 'never',
    build: (features, options) => new LayerNorm(features, { ...options, over: 'sample' }),
  },
  {
    name: 'instance',
    kind: 'activation',
    parameters: 'gamma [C], beta [C]',
    batchOfOne: 'the same',
    title: 'InstanceNorm',
    paper: 'Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022',
    sets: 'the channel of the sample, over all positions',
    view: (shape) => groupSets(shape, shape[shape.length - 1]),
    centred: true,
    dependsOnBatch: 'never',
    build: (features, options) => new InstanceNorm(features, options),
  },
  {
    name: 'group',
    kind: 'activation',
    parameters: 'gamma [C], beta [C]',
    batchOfOne: 'the same',
    title: 'GroupNorm',
    paper: 'Wu and He 2018, arXiv:1803.08494',
    sets: 'the group of channels of the sample, over all positions',
    view: (shape, options) => groupSets(shape, options.groups ?? defaultGroups(shape[shape.length - 1])),
    centred: true,
    dependsOnBatch: 'never',
    build: (features, options) => new GroupNorm(options.groups ?? defaultGroups(features), features, options),
  },
];
