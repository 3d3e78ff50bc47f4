import { defineExperiment } from '../src/experiment/define.ts';

const adam = 'adam 0.001';
const large = 'sgd 0.05';

export default defineExperiment({
  name: 'layer-norm-seed',
  title: 'A small convolutional network with and without LayerNorm: training loss on 5,000 CIFAR-10 images',
  question: 'Does LayerNorm speed up a small convolutional network?',
  source: {
    paper: 'Dey 2020, "Layer Normalization in PyTorch" (Weights & Biases report).',
    kept: 'The network (convolutions of 5 and 10 channels without padding, LayerNorm over whole images), the mean of several runs with their spread (four there, five here).',
    scaled:
      'The report prints no numbers and does not give its optimizer. 5,000 images of CIFAR-10, batch 32, five epochs, with Adam and ' +
      'two rates of SGD with momentum 0.9.',
  },
  grid: {
    norm: ['none', 'layer'],
    optimizer: [
      { name: adam, optimizer: 'adam', lr: 0.001 },
      { name: 'sgd 0.01', optimizer: 'sgd', lr: 0.01 },
      { name: large, optimizer: 'sgd', lr: 0.05 },
    ],
  },
  seeds: 5,
  model: { model: 'layernorm-seed' },
  data: { dataset: 'cifar10', limit: 5000 },
  training: { momentum: 0.9, batchSize: 32, epochs: 5 },
  figure: { x: 'epoch', y: 'trainLoss' },
  columns: ['testAccuracy'],
  claims: [
    {
      says: 'With Adam, LayerNorm ends at least 0.2 lower in training loss.',
      difference: [
        { norm: 'none', optimizer: adam },
        { norm: 'layer', optimizer: adam },
      ],
      of: 'trainLoss',
      atLeast: 0.2,
    },
    {
      says: 'That is at least 3 pooled standard deviations.',
      check: ({ summary }) => {
        const [none, layer] = (['none', 'layer'] as const).map((norm) =>
          summary({ norm, optimizer: adam }, 'trainLoss'),
        );
        const pooled = Math.sqrt(((none.std ?? Number.NaN) ** 2 + (layer.std ?? Number.NaN) ** 2) / 2);
        return { value: (none.mean - layer.mean) / pooled, atLeast: 3 };
      },
    },
    {
      says: 'At SGD 0.05, the spread over the seeds with LayerNorm is at most 0.3 of that without.',
      check: ({ summary }) => {
        const std = (norm: 'none' | 'layer') =>
          summary({ norm, optimizer: large }, 'trainLoss').std ?? Number.NaN;
        return { value: std('layer') / std('none'), isRatio: true, atMost: 0.3 };
      },
    },
  ],
  published: [
    { what: 'none, Adam: training loss', pytorch: true, where: { norm: 'none', optimizer: adam } },
    { what: 'LayerNorm, Adam', pytorch: true, where: { norm: 'layer', optimizer: adam } },
    { what: 'none, SGD 0.05', pytorch: true, where: { norm: 'none', optimizer: large } },
    { what: 'LayerNorm, SGD 0.05', pytorch: true, where: { norm: 'layer', optimizer: large } },
    {
      what: 'none, Adam: test accuracy (%)',
      pytorch: true,
      where: { norm: 'none', optimizer: adam },
      measure: 'testAccuracy',
    },
    {
      what: 'LayerNorm, Adam: test accuracy (%)',
      pytorch: true,
      where: { norm: 'layer', optimizer: adam },
      measure: 'testAccuracy',
    },
  ],
  remarks:
    'With Adam, LayerNorm fits the training images better from the third epoch on, and is 5.6 points worse on the test images: of ' +
    '5,000 images it learns what does not hold for others. At the small rate of SGD it is worse on both, at the large one better on ' +
    'both, for there the network without a norm hardly learns, and with seed 2 not at all. The figure alone would tell another story ' +
    'than the table.',
});
