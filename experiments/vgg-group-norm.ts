import { defineExperiment } from '../src/experiment/define.ts';

export default defineExperiment({
  name: 'vgg-group-norm',
  title: 'A narrow VGG with 13 convolutions on CIFAR-10: test accuracy over the epochs',
  question: 'What does GroupNorm do for a VGG at an ordinary batch size?',
  source: {
    paper:
      'labml.ai, annotated implementation of Group Normalization, its CIFAR-10 experiment; Wu and He 2018 (arXiv:1803.08494) for the norm.',
    kept:
      'Five stages with 2, 2, 3, 3 and 3 convolutions, each with the norm and ReLU, and poolings; Adam at 2.5e-4, batch 64; crops ' +
      'after padding by 4, mirroring, pixels from -1 to 1; whole 32x32 images.',
    scaled:
      'One eighth of the channels (8, 16, 32, 64, 64 instead of 64, 128, 256, 512, 512), 4 groups instead of 16, a fifth of the ' +
      'images, 6 epochs instead of 10: an epoch of the original is 94 TFLOP.',
  },
  grid: { norm: ['none', 'batch', 'layer', 'group'] },
  seeds: 5,
  model: { model: 'vgg-groupnorm', widths: [8, 16, 32, 64, 64], convs: [2, 2, 3, 3, 3], groups: 4 },
  data: {
    dataset: 'cifar10',
    limit: 10_000,
    augment: 'crop-flip',
    scaling: 'symmetric',
  },
  training: { optimizer: 'adam', lr: 2.5e-4, batchSize: 64, epochs: 6 },
  smoke: { widths: [8, 8, 8], convs: [1, 1, 1] },
  figure: { x: 'epoch', y: 'testAccuracy' },
  columns: ['trainLoss'],
  claims: [
    {
      says: 'Without a norm, 13 convolutions deep, at most 20 % of the test images are right.',
      level: { norm: 'none' },
      of: 'testAccuracy',
      atMost: 20,
    },
    { says: 'With GroupNorm at least 35 % are.', level: { norm: 'group' }, of: 'testAccuracy', atLeast: 35 },
    {
      says: 'GroupNorm is at most 5 points behind BatchNorm.',
      difference: [{ norm: 'batch' }, { norm: 'group' }],
      of: 'testAccuracy',
      atMost: 5,
    },
    {
      says: 'GroupNorm is at least level with LayerNorm.',
      difference: [{ norm: 'group' }, { norm: 'layer' }],
      of: 'testAccuracy',
      atLeast: 0,
    },
  ],
  remarks:
    'Six epochs of a fifth of the images are the beginning of a training only. Even so 13 convolutions learn something without a ' +
    'norm; with one they end 15 to 22 points higher. BatchNorm is 6.5 and 7 points ahead of the two that do not look at the batch; ' +
    'between these, groups of 2 to 16 channels and one group of all, five seeds do not decide.',
});
