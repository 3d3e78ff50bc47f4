import type { Experiment } from './experiment.ts';

/**
 * The first experiment: a small dense network on drawn digits, with and without normalization. At a learning rate of
 * 0.1 the plain network learns late or not at all, depending on the seed; a norm in front of every activation makes
 * the same rate a good one. To be fair to the plain network, it also runs at a tenth of that rate, which suits it
 * better: given enough epochs it comes close, but slowly.
 */
export const withWithout: Experiment = {
  name: 'with-without',
  title: 'With and without normalization: test accuracy on drawn digits',
  question: 'Can a network take a large learning rate?',
  base: {
    dataset: 'synthetic',
    limit: 2000,
    testLimit: 500,
    model: 'mlp',
    hidden: [64, 64, 64, 64],
    optimizer: 'sgd',
    momentum: 0.9,
    lr: 0.1,
    batchSize: 32,
    epochs: 7,
  },
  arms: [
    { name: 'none', norm: 'none', options: { norm: 'none' } },
    { name: 'none, lr 0.01', norm: 'none', options: { norm: 'none', lr: 0.01 } },
    { name: 'batch', norm: 'batch', options: { norm: 'batch' } },
    { name: 'layer', norm: 'layer', options: { norm: 'layer' } },
  ],
  seeds: [1, 2, 3],
};
