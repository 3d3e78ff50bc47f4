import { defineExperiment, type Measure, measures } from '../src/experiment/define.ts';

const rates = [0.02, 0.1, 0.4, 1, 3] as const;

/** A run that diverged knows no more than one that guesses among ten classes. */
const endLoss: Measure = { ...measures.endLoss, ifDiverged: Math.log(10) };

type Rate = (typeof rates)[number];
type Norm = 'none' | 'batch';

/** At this rate training gets anywhere, or not: guessing is a loss of 2.30. */
const reaches = (norm: Norm, lr: Rate) => ({ level: { norm, lr }, of: endLoss, atMost: 2 });
const misses = (norm: Norm, lr: Rate) => ({ level: { norm, lr }, of: endLoss, atLeast: 2 });

export default defineExperiment({
  name: 'higher-learning-rates',
  title: 'Training loss after 400 steps over the learning rate: small VGG on small CIFAR-10',
  question: 'How large a learning rate can each norm take?',
  source: {
    paper: 'Ioffe and Szegedy 2015, "Batch Normalization" (arXiv:1502.03167), section 4.2.2.',
    kept: 'One network, one budget of steps, many learning rates.',
    scaled:
      'Inception on ImageNet takes millions of steps. A VGG with two convolutions of 8, 16 and 32 channels on CIFAR-10 in ' +
      '16x16, 12,800 images, 400 steps of plain SGD with batch 64 instead; rates from 0.02 to 3, the factor of the paper is 30.',
  },
  grid: { norm: ['none', 'batch', 'layer', 'group'], lr: rates },
  seeds: 5,
  model: { model: 'vgg', init: 'he' },
  data: { dataset: 'cifar10', halve: true, limit: 12_800 },
  training: { optimizer: 'sgd', momentum: 0, batchSize: 64, epochs: 2 },
  figure: { x: 'lr', y: 'endLoss', log: true },
  claims: [
    {
      says: 'With BatchNorm, the largest rate that gets below a loss of 2 is at least 4 times that of the plain network (a run that diverges counts as one that guesses).',
      // There is a rate beyond which the plain network gets nowhere, and one of four times that or more at which BatchNorm does.
      any: rates.flatMap((plain) =>
        rates
          .filter((lr) => lr >= 4 * plain)
          .map((lr) => ({
            all: [
              reaches('none', plain),
              ...rates.filter((larger) => larger > plain).map((larger) => misses('none', larger)),
              reaches('batch', lr),
            ],
          })),
      ),
    },
    {
      says: 'At its best rate, BatchNorm is at least 0.25 below the plain network at its own (a run that diverges counts as one that guesses).',
      any: rates.map((best) => ({
        all: rates.map(
          (lr) =>
            ({
              difference: [
                { norm: 'none', lr },
                { norm: 'batch', lr: best },
              ],
              of: endLoss,
              atLeast: 0.25,
            }) as const,
        ),
      })),
    },
  ],
  published: [
    { what: 'none, lr 0.1: loss', pytorch: true, where: { norm: 'none', lr: 0.1 } },
    { what: 'none, lr 0.4', pytorch: true, where: { norm: 'none', lr: 0.4 } },
    { what: 'BatchNorm, lr 0.1', pytorch: true, where: { norm: 'batch', lr: 0.1 } },
    { what: 'BatchNorm, lr 1', pytorch: true, where: { norm: 'batch', lr: 1 } },
    { what: 'LayerNorm, lr 0.4', pytorch: true, where: { norm: 'layer', lr: 0.4 } },
    { what: 'GroupNorm, lr 1', pytorch: true, where: { norm: 'group', lr: 1 } },
  ],
  remarks:
    'The paper trains Inception to 72.2 % at a rate of 0.0015 in 31.0 million steps, and with BatchNorm at 0.045 in 2.7 million. ' +
    'The loss is the mean of the last 50 steps. The first weights are those of He et al. 2015: with ' +
    "PyTorch's own, the plain network lies on a plateau for half of the steps and ends at 2.03 at its best rate; with PyTorch itself at 2.13. " +
    'The factor of the first claim is that of the grid: 0.4 is the next rate after 0.1. At a rate of 1 the network with BatchNorm gets nowhere with ' +
    'seeds 2 and 4 and that with GroupNorm with seed 4, in PyTorch as here (and that with LayerNorm with seed 3, which was not run there), so their means say little.',
});
