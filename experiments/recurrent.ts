import { defineExperiment, firstEpochLoss, type Measure } from '../src/experiment/define.ts';

/** Points of accuracy between the training images during the last epoch and the test images after it. */
const gap: Measure = {
  label: 'training minus test accuracy',
  unit: 'points',
  of: ({ train, test }) => 100 * ((train?.accuracy ?? Number.NaN) - (test?.accuracy ?? Number.NaN)),
};

/** What Ba, Kiros and Hinton held against BatchNorm: its running statistics do not fit a sequence. */
export default defineExperiment({
  name: 'recurrent',
  title: 'A gated recurrent unit reads MNIST row by row: test accuracy over the epochs',
  question: 'Which norm fits a recurrent network?',
  source: {
    paper:
      'Ba, Kiros and Hinton 2016, "Layer Normalization" (arXiv:1607.06450), sections 1 and 3.1; Cooijmans et al. 2016, "Recurrent ' +
      'Batch Normalization" (arXiv:1603.09025), for statistics per step.',
    kept: "The places of the norms in the gated unit are LayerNorm's paper's; a sequence of MNIST pixels is Cooijmans et al.'s task.",
    scaled:
      '28 steps of a row each, not 784 of a pixel each; 20,000 images, a state of 64, three epochs of Adam with batch 64, ' +
      'for minutes on a CPU. In Cooijmans et al. gamma begins at 0.1; here at 1, as in the other runs.',
  },
  grid: {
    arm: [
      { name: 'none', norm: 'none' },
      { name: 'layer', norm: 'layer' },
      { name: 'batch', norm: 'batch' },
      { name: 'batch, momentum 0.01', norm: 'batch', normMomentum: 0.01 },
      { name: 'batch, per step', norm: 'batch', statisticsPerStep: true },
    ],
  },
  seeds: 5,
  model: { model: 'gru', hidden: [64] },
  data: { dataset: 'mnist', limit: 20_000 },
  training: { optimizer: 'adam', lr: 0.002, batchSize: 64, epochs: 3 },
  figure: { x: 'epoch', y: 'testAccuracy' },
  columns: ['trainAccuracy', gap, firstEpochLoss],
  claims: [
    {
      says: 'With one set of running statistics for all steps, BatchNorm loses at least 10 points from training to test.',
      level: { arm: 'batch' },
      of: gap,
      atLeast: 10,
    },
    {
      says: 'With running statistics for each step it loses at most 3.',
      level: { arm: 'batch, per step' },
      of: gap,
      atMost: 3,
    },
    { says: 'LayerNorm loses at most 3.', level: { arm: 'layer' }, of: gap, atMost: 3 },
    {
      says: 'LayerNorm ends at least 5 points above BatchNorm on the test images, also where its momentum is 0.01.',
      all: (['batch', 'batch, momentum 0.01'] as const).map(
        (arm) =>
          ({
            difference: [{ arm: 'layer' }, { arm }],
            of: 'testAccuracy',
            atLeast: 5,
          }) as const,
      ),
    },
    {
      says: 'In the first epoch, the training loss with LayerNorm is at least 0.1 below that without a norm.',
      difference: [{ arm: 'none' }, { arm: 'layer' }],
      of: firstEpochLoss,
      atLeast: 0.1,
    },
    {
      says: 'On the test images, LayerNorm ends at least level with the network without a norm.',
      difference: [{ arm: 'layer' }, { arm: 'none' }],
      of: 'testAccuracy',
      atLeast: 0,
    },
  ],
  remarks:
    'In training BatchNorm ends 2 points behind the network without a norm, and on test images 25: it is the evaluation that fails. ' +
    'Statistics per step mend 14 points of it, by the seed two fifths to nine tenths of what lay between training and test. Why not ' +
    'all was not examined: a pixel that is rare in its row has next to no running variance, and stands out on other images. The ' +
    'experiment was changed after a first trial: 6,000 images and five epochs let every arm overfit by 4 points or more, LayerNorm ' +
    'too, so 20,000 and three epochs were taken; the thresholds were not touched.',
});
