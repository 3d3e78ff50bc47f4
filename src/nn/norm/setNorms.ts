import { BatchNorm } from './batch/batchNorm.ts';
import { BatchRenorm } from './batch/batchRenorm.ts';
import { ExtendedBatchNorm } from './batch/extendedBatchNorm.ts';
import { GhostBatchNorm } from './batch/ghostBatchNorm.ts';
import { L1BatchNorm } from './batch/l1BatchNorm.ts';
import { MeanOnlyBatchNorm } from './batch/meanOnlyBatchNorm.ts';
import { TopkBatchNorm } from './batch/topkBatchNorm.ts';
import type { NormEntry } from './core/entry.ts';
import { groupsFor } from './core/groups.ts';
import { channelSets, groupSets, lastAxesSets } from './core/sets.ts';
import { BatchChannelNorm } from './mixed/batchChannelNorm.ts';
import { BatchInstanceNorm } from './mixed/batchInstanceNorm.ts';
import { SwitchableNorm } from './mixed/switchableNorm.ts';
import { ActNorm } from './pointwise/actNorm.ts';
import { AdaptiveInstanceNorm } from './sample/adaptiveInstanceNorm.ts';
import { ConditionalInstanceNorm } from './sample/conditionalInstanceNorm.ts';
import { GroupNorm } from './sample/groupNorm.ts';
import { InstanceNorm } from './sample/instanceNorm.ts';
import { LayerNorm } from './sample/layerNorm.ts';
import { PartialRmsNorm } from './sample/partialRmsNorm.ts';
import { PositionalNorm } from './sample/positionalNorm.ts';
import { RmsNorm } from './sample/rmsNorm.ts';
import { ScaleNorm } from './sample/scaleNorm.ts';

/** What most norms have in common, and what those over the batch have. */
const usual = {
  kind: 'activation',
  parameters: 'gamma [C], beta [C]',
  view: null,
  centred: true,
  dependsOnBatch: 'never',
  batchOfOne: 'the same',
} as const;
const overBatch = {
  ...usual,
  dependsOnBatch: 'training',
  batchOfOne: 'throws on vectors; an image still has H W values per channel',
} as const;

/** Norms that standardize over index sets (part of the registry). */
export const setNorms: readonly NormEntry[] = [
  {
    ...overBatch,
    name: 'batch',
    title: 'BatchNorm',
    paper: 'Ioffe and Szegedy 2015, arXiv:1502.03167',
    sets: 'the channel, over the batch and all positions',
    view: channelSets,
    detaches: true,
    build: (features, options) => new BatchNorm(features, options),
  },
  {
    ...usual,
    name: 'layer',
    title: 'LayerNorm',
    paper: 'Ba, Kiros, Hinton 2016, arXiv:1607.06450',
    sets: 'the sample, over all positions and channels',
    view: (shape) => groupSets(shape, 1),
    detaches: true,
    build: (features, options) => new LayerNorm(features, { ...options, over: 'sample' }),
  },
  {
    ...usual,
    name: 'layer-position',
    title: 'LayerNorm per position',
    paper: 'Ba, Kiros, Hinton 2016, arXiv:1607.06450; on images as in ConvNeXt (Liu et al. 2022)',
    sets: 'the position, over its channels',
    view: (shape) => lastAxesSets(shape, 1),
    detaches: true,
    build: (features, options) => new LayerNorm(features, options),
  },
  {
    ...usual,
    name: 'instance',
    title: 'InstanceNorm',
    paper: 'Ulyanov, Vedaldi, Lempitsky 2016, arXiv:1607.08022',
    sets: 'the channel of the sample, over all positions',
    view: (shape) => groupSets(shape, shape[shape.length - 1]),
    detaches: true,
    build: (features, options) => new InstanceNorm(features, options),
  },
  {
    ...usual,
    name: 'group',
    title: 'GroupNorm',
    paper: 'Wu and He 2018, arXiv:1803.08494',
    sets: 'the group of channels of the sample, over all positions',
    view: (shape, options) => groupSets(shape, groupsFor(shape[shape.length - 1], options)),
    detaches: true,
    build: (features, options) => new GroupNorm(groupsFor(features, options), features, options),
  },
  {
    ...usual,
    name: 'rms',
    title: 'RMSNorm',
    paper: 'Zhang and Sennrich 2019, arXiv:1910.07467',
    sets: 'the position, over its channels',
    parameters: 'gamma [C]',
    view: (shape) => lastAxesSets(shape, 1),
    centred: false,
    detaches: true,
    build: (features, options) => new RmsNorm(features, options),
  },
  {
    ...usual,
    name: 'partial-rms',
    title: 'Partial RMSNorm',
    paper: 'Zhang and Sennrich 2019, arXiv:1910.07467, section 3.2',
    sets: 'the position, over its first channels',
    parameters: 'gamma [C]',
    centred: false,
    build: (features, options) => new PartialRmsNorm(features, options),
  },
  {
    ...usual,
    name: 'scale',
    title: 'ScaleNorm',
    paper: 'Nguyen and Salazar 2019, arXiv:1910.05895',
    sets: 'the position, over its channels',
    parameters: 'g, one number',
    centred: false,
    build: (features, options) => new ScaleNorm(features, options),
  },
  {
    ...overBatch,
    name: 'batch-renorm',
    title: 'Batch Renormalization',
    paper: 'Ioffe 2017, arXiv:1702.03275',
    sets: 'the channel, over the batch and all positions, corrected towards the running statistics',
    build: (features, options) => new BatchRenorm(features, options),
  },
  {
    ...overBatch,
    name: 'ghost',
    title: 'Ghost BatchNorm',
    paper: 'Hoffer, Hubara, Soudry 2017, arXiv:1705.08741',
    sets: 'the channel, over some samples of the batch and all positions',
    detaches: true,
    build: (features, options) => new GhostBatchNorm(features, options),
  },
  {
    ...overBatch,
    name: 'batch-instance',
    title: 'Batch-Instance Norm',
    paper: 'Nam and Kim 2018, arXiv:1805.07925',
    sets: 'the channel over the batch, and the channel of the sample, mixed by rho',
    parameters: 'gamma [C], beta [C], rho [C]',
    build: (features, options) => new BatchInstanceNorm(features, options),
  },
  {
    ...overBatch,
    name: 'switchable',
    title: 'Switchable Norm',
    paper: 'Luo, Ren, Peng, Zhang, Li 2018, arXiv:1806.10779',
    sets: 'the channel of the sample, the sample, and the channel over the batch, mixed by softmax weights',
    parameters: 'gamma [C], beta [C], meanLogits [3], varLogits [3]',
    build: (features, options) => new SwitchableNorm(features, options),
  },
  {
    ...usual,
    name: 'positional',
    title: 'Positional Norm',
    paper: 'Li, Wu, Weinberger, Belongie 2019, arXiv:1907.04312',
    sets: 'the position, over its channels (unbiased variance)',
    leastFeatures: 2,
    build: (features, options) => new PositionalNorm(features, options),
  },
  {
    ...overBatch,
    name: 'mean-only',
    title: 'Mean-only BatchNorm',
    paper: 'Salimans and Kingma 2016, arXiv:1602.07868, section 3',
    sets: 'the channel, over the batch and all positions; the mean only',
    parameters: 'beta [C]',
    build: (features, options) => new MeanOnlyBatchNorm(features, options),
  },
  {
    ...overBatch,
    name: 'l1-batch',
    title: 'L1 BatchNorm',
    paper: 'Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814',
    sets: 'the channel, over the batch and all positions; the mean absolute deviation',
    build: (features, options) => new L1BatchNorm(features, options),
  },
  {
    ...overBatch,
    name: 'topk-batch',
    title: 'Top-k BatchNorm',
    paper: 'Hoffer, Banner, Golan, Soudry 2018, arXiv:1803.01814',
    sets: 'the channel, over the batch and all positions; the k largest absolute deviations',
    build: (features, options) => new TopkBatchNorm(features, options),
  },
  {
    ...overBatch,
    name: 'extended-batch',
    title: 'Extended BatchNorm',
    paper: 'Luo, Zhan, Wang, Yang 2020, arXiv:2003.05569',
    sets: 'the mean of the channel over the batch, the variance of everything',
    build: (features, options) => new ExtendedBatchNorm(features, options),
  },
  {
    ...overBatch,
    name: 'batch-channel',
    title: 'Batch-Channel Norm',
    paper: 'Qiao, Wang, Liu, Shen, Yuille 2019, arXiv:1903.10520',
    sets: 'the channel over the batch, then the group of channels of the sample',
    parameters: 'gammaBatch [C], betaBatch [C], gammaChannel [G], betaChannel [G]',
    build: (features, options) => new BatchChannelNorm(features, options),
  },
  {
    ...usual,
    name: 'adain',
    title: 'Adaptive Instance Norm',
    paper: 'Huang and Belongie 2017, arXiv:1703.06868',
    sets: 'the channel of the sample, over all positions; gamma and beta are the statistics of a style',
    view: (shape) => groupSets(shape, shape[shape.length - 1]),
    build: (features, options) => new AdaptiveInstanceNorm(features, options),
  },
  {
    ...usual,
    name: 'conditional-instance',
    title: 'Conditional Instance Norm',
    paper: 'Dumoulin, Shlens, Kudlur 2016, arXiv:1610.07629',
    sets: 'the channel of the sample, over all positions; gamma and beta by label',
    parameters: 'gamma [K, C], beta [K, C]',
    view: (shape) => groupSets(shape, shape[shape.length - 1]),
    build: (features, options) => new ConditionalInstanceNorm(features, options),
  },
  {
    ...usual,
    name: 'actnorm',
    title: 'ActNorm',
    paper: 'Kingma and Dhariwal 2018, arXiv:1807.03039',
    sets: 'the channel, over the first batch only',
    centred: false,
    batchOfOne: 'the same, but for the first batch',
    build: (features, options) => new ActNorm(features, options),
  },
];
