import { alike, defineExperiment } from '../src/experiment/define.ts';

const groups = [1, 2, 4, 8] as const;
const channels = [1, 2, 4, 8] as const;

const byGroups = (count: number) => `${count} groups`;
const byChannels = (count: number) => `${count} per group`;

export default defineExperiment({
  name: 'group-size',
  title: 'Test error of GroupNorm by its groups: ResNet-8 on small CIFAR-10',
  question: 'How many groups should GroupNorm have?',
  source: {
    paper: 'Wu and He 2018, "Group Normalization" (arXiv:1803.08494), table 3.',
    kept:
      'Both ways to choose: a number of groups for all layers, or a number of channels per group. SGD with momentum 0.9, weight decay ' +
      '1e-4, batch 32, mirrored images.',
    scaled:
      'For a CPU: CIFAR-10 in 16x16, 10,000 images, a pre-activation ResNet-8 with 8, 16 and 32 channels (the paper: 64 to 2048), so at ' +
      'most 8 groups; ten epochs with a cosine schedule.',
  },
  grid: {
    arm: [
      ...groups.map((count) => ({ name: byGroups(count), groups: count })),
      ...channels.map((count) => ({ name: byChannels(count), channelsPerGroup: count })),
    ],
  },
  seeds: 5,
  model: { model: 'micro-resnet8', norm: 'group' },
  data: { dataset: 'cifar10', halve: true, limit: 10_000, augment: 'flip' },
  training: {
    optimizer: 'sgd',
    momentum: 0.9,
    lr: 0.1,
    schedule: 'cosine',
    weightDecay: 1e-4,
    batchSize: 32,
    epochs: 10,
  },
  figure: { x: 'arm', y: 'testError' },
  columns: ['trainLoss'],
  claims: [
    {
      says: 'One group (LayerNorm) is no better than the best number of groups above one.',
      any: groups.slice(1).map((count) => ({
        difference: [{ arm: byGroups(count) }, { arm: byGroups(1) }],
        of: 'testError',
        atMost: 0,
      })),
    },
    {
      says: 'One channel per group (InstanceNorm) is no better than the best number of channels above one.',
      any: channels.slice(1).map((count) => ({
        difference: [{ arm: byChannels(count) }, { arm: byChannels(1) }],
        of: 'testError',
        atMost: 0,
      })),
    },
    {
      says: 'From 2 to 8 groups it makes little difference: at most 5 points.',
      ...alike(
        groups.slice(1).map((count) => ({ arm: byGroups(count) })),
        'testError',
        5,
      ),
    },
  ],
  published: [
    ...groups.map((count, i) => ({
      what: `${count} group${count === 1 ? '' : 's'}: error (%)`,
      published: ['25.3', '24.7', '24.6', '24.4'][i],
      pytorch: true,
      where: { arm: byGroups(count) },
    })),
    ...channels.map((count, i) => ({
      what: `${count} channel${count === 1 ? '' : 's'} per group`,
      published: ['28.4', '25.6', '24.8', '24.3'][i],
      where: { arm: byChannels(count) },
    })),
  ],
  remarks:
    'The published numbers are those of ResNet-50 on ImageNet: 24.1 at its default of 32 groups, and from 24.2 to 24.5 with 16 to 64 channels ' +
    'per group.',
});
