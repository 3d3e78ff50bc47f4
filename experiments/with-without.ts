import { defineExperiment } from '../src/experiment/define.ts';

/**
 * The first experiment: a small dense network on drawn digits, with and without normalization. At a learning rate of
 * 0.1 the plain network begins to learn and falls back to guessing, with every seed; a norm in front of every activation makes
 * the same rate a good one. To be fair to the plain network, it also runs at a tenth of that rate, which suits it
 * better: given enough epochs it comes close, but slowly.
 */
export default defineExperiment({
  name: 'with-without',
  title: 'With and without normalization: test accuracy on drawn digits',
  question: 'Can a network take a large learning rate?',
  source: {
    paper: 'After Ioffe and Szegedy 2015, "Batch Normalization" (arXiv:1502.03167), section 3.3.',
    kept: 'The claim: with BatchNorm, training takes a higher learning rate.',
    scaled:
      'Everything else, to need no files and half a minute: drawn digits and a dense network with four layers of 64.',
  },
  grid: {
    arm: [
      { name: 'none', norm: 'none' },
      { name: 'none, lr 0.01', norm: 'none', lr: 0.01 },
      { name: 'batch', norm: 'batch' },
      { name: 'layer', norm: 'layer' },
    ],
  },
  seeds: 5,
  model: { model: 'mlp', hidden: [64, 64, 64, 64] },
  data: { dataset: 'synthetic', limit: 4000, testLimit: 1000 },
  training: { optimizer: 'sgd', momentum: 0.9, lr: 0.1, batchSize: 32, epochs: 8 },
  figure: { x: 'epoch', y: 'testAccuracy' },
  columns: ['testLoss'],
  claims: [
    {
      says: 'At the large rate, BatchNorm ends at least 20 points above the plain network.',
      difference: [{ arm: 'batch' }, { arm: 'none' }],
      of: 'testAccuracy',
      atLeast: 20,
    },
    {
      says: 'BatchNorm ends at least 2 points above the plain network at a tenth of the rate, too.',
      difference: [{ arm: 'batch' }, { arm: 'none, lr 0.01' }],
      of: 'testAccuracy',
      atLeast: 2,
    },
  ],
});
