import { defineExperiment } from '../src/experiment/define.ts';

/** "Mean and variance are constants of the batch: why differentiate them?" Train without their gradients, and see. */
export default defineExperiment({
  name: 'constant-statistics',
  title:
    'Mean and variance as constants in the backward pass: test error after three epochs of 10,000 digits',
  question: 'Must the gradient go through the mean and the variance?',
  source: {
    paper:
      'Ioffe and Szegedy 2015 (arXiv:1502.03167), section 2, for BatchNorm; Xu et al. 2019, "Understanding and Improving Layer ' +
      'Normalization" (arXiv:1911.07013), section 3, for LayerNorm ("DetachNorm").',
    kept: 'The comparison: the same forward pass, and a backward pass without the path through the mean, the variance, or both.',
    scaled:
      'Xu et al. train Transformers; Ioffe and Szegedy tell of a network whose bias grew without end. Here a dense network with ' +
      'three layers of 128 on 10,000 images of MNIST, SGD with momentum at 0.1, batch 32, three epochs.',
  },
  grid: {
    norm: ['batch', 'layer'],
    detachStatistics: ['none', 'mean', 'variance', 'both'],
  },
  seeds: 5,
  model: { model: 'mlp', hidden: [128, 128, 128] },
  data: { dataset: 'mnist', limit: 10_000 },
  training: { optimizer: 'sgd', momentum: 0.9, lr: 0.1, batchSize: 32, epochs: 3 },
  figure: { x: 'detachStatistics', y: 'testError' },
  columns: ['trainLoss'],
  claims: (['batch', 'layer'] as const).map(
    (norm) =>
      ({
        says: `With both as constants, the network with ${norm} norm errs at least 1 point more on the test images.`,
        difference: [
          { norm, detachStatistics: 'both' },
          { norm, detachStatistics: 'none' },
        ],
        of: 'testError',
        atLeast: 1,
      }) as const,
  ),
  remarks:
    "Which path matters is not the same. With BatchNorm it is the one through the mean (3.4 points of test error, the variance's " +
    "0.1). With LayerNorm both cost something, the variance's 1.6 and the mean's 0.9; that the variance's matters more the training " +
    'loss decides (0.29 against 0.20), and the test error does not. In both cases the forward pass and the gradients of gamma and ' +
    'beta are untouched; only what goes on to the layers below is wrong.',
});
