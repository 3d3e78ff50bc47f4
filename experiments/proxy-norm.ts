import { halveDataset } from '../src/data/shrink.ts';
import type { Experiment } from './experiment.ts';

/**
 * Labatie et al. 2021 (arXiv:2106.03743): what GroupNorm lacks beside BatchNorm is that nothing keeps the channels'
 * pre-activations normalized; Proxy Norm gives it back without looking at the batch. A small setting for a CPU: CIFAR-10
 * in 16x16, 10,000 images, a pre-activation ResNet-8 with 8, 16 and 32 channels, ten epochs.
 */
export const proxyNorm: Experiment = {
  name: 'proxy-norm',
  title: 'GroupNorm with and without Proxy Norm: test accuracy on small CIFAR-10',
  question: 'Does Proxy Norm help GroupNorm?',
  base: {
    dataset: 'cifar10',
    limit: 10_000,
    testLimit: 2000,
    augment: 'flip',
    model: 'micro-resnet8',
    groups: 4,
    optimizer: 'sgd',
    momentum: 0.9,
    lr: 0.1,
    schedule: 'cosine',
    weightDecay: 1e-4,
    batchSize: 32,
    epochs: 10,
  },
  prepare: halveDataset,
  arms: [
    { name: 'group', norm: 'group', options: { norm: 'group' } },
    { name: 'group + proxy', norm: 'proxy-group', options: { norm: 'proxy-group' } },
  ],
  seeds: [1, 2],
};
