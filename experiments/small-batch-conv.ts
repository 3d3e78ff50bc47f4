import { alike, defineExperiment, row } from '../src/experiment/define.ts';

const batchSizes = [32, 16, 8, 4, 2] as const;

/** Test errors of batch 32 and batch 2 within 3 points. */
const unchanged = <const Norm>(norm: Norm) =>
  alike(
    ([2, 32] as const).map((batchSize) => ({ norm, batchSize })),
    'testError',
    3,
  );

/** With pixels to average over, BatchNorm survives a batch of 2, but pays for it. */
export default defineExperiment({
  name: 'small-batch-conv',
  title: 'Test error over the batch size: ResNet-8 on small CIFAR-10',
  question: 'Does a small batch hurt BatchNorm in a convolutional network, too?',
  source: {
    paper:
      'Wu and He 2018, "Group Normalization" (arXiv:1803.08494), table 2; Labatie et al. 2021 (arXiv:2106.03743) for Proxy Norm; Singh and Krishnan 2019 (arXiv:1911.09737) and Liu et al. 2020 (arXiv:2004.02967) for FRN and EvoNorm.',
    kept: 'SGD with momentum 0.9, weight decay 1e-4, the learning rate in proportion to the batch, mirrored images.',
    scaled:
      'For a CPU: CIFAR-10 in 16x16, 10,000 images, a pre-activation ResNet-8 with 8, 16 and 32 channels and 4 groups, ' +
      'ten epochs with a cosine schedule; more norms than there, and none, whose ' +
      'gradients are clipped to a norm of 1.',
  },
  grid: {
    norm: [
      { name: 'none', norm: 'none', clip: 1 },
      'batch',
      { name: 'batch-renorm', norm: 'batch-renorm', renormLimits: [1.5, 0.5] },
      'layer',
      'instance',
      'group',
      'proxy-group',
      'rms',
      'frn',
      'evonorm-s0',
    ],
    batchSize: batchSizes,
  },
  seeds: 5,
  model: { model: 'micro-resnet8', groups: 4 },
  data: { dataset: 'cifar10', halve: true, limit: 10_000, augment: 'flip' },
  training: ({ batchSize }) => ({
    optimizer: 'sgd',
    momentum: 0.9,
    lr: (0.1 * batchSize) / 32,
    weightDecay: 1e-4,
    schedule: 'cosine',
    epochs: 10,
  }),
  figure: { x: 'batchSize', y: 'testError' },
  panels: [
    {
      title: 'The same from 40 to 55 %: some runs with RMSNorm stay at 90 %, which is guessing',
      x: 'batchSize',
      lines: ['testError'],
      y: { label: 'test error', unit: '%', domain: [40, 55] },
    },
  ],
  claims: [
    {
      says: 'BatchNorm loses at least 6 points from batch 32 to batch 2.',
      difference: [
        { norm: 'batch', batchSize: 2 },
        { norm: 'batch', batchSize: 32 },
      ],
      of: 'testError',
      atLeast: 6,
    },
    {
      says: "GroupNorm's errors at all batch sizes lie within 3 points.",
      ...alike(
        batchSizes.map((batchSize) => ({ norm: 'group', batchSize }) as const),
        'testError',
        3,
      ),
    },
    {
      says: 'At batch 2, BatchNorm errs at least 1 point more than GroupNorm.',
      difference: [
        { norm: 'batch', batchSize: 2 },
        { norm: 'group', batchSize: 2 },
      ],
      of: 'testError',
      atLeast: 1,
    },
    {
      says: 'At batch 2, BatchNorm errs at least 3 points more than GroupNorm with Proxy Norm.',
      difference: [
        { norm: 'batch', batchSize: 2 },
        { norm: 'proxy-group', batchSize: 2 },
      ],
      of: 'testError',
      atLeast: 3,
    },
    { says: 'FRN at batch 2 is within 3 points of FRN at batch 32.', ...unchanged('frn') },
    {
      says: 'EvoNorm-S0 at batch 2 is within 3 points of EvoNorm-S0 at batch 32.',
      ...unchanged('evonorm-s0'),
    },
  ],
  published: [
    row('BatchNorm, batch 32: error (%)', { norm: 'batch', batchSize: 32 }, '23.6'),
    row('BatchNorm, batch 2', { norm: 'batch', batchSize: 2 }, '34.7'),
    row('GroupNorm, batch 32', { norm: 'group', batchSize: 32 }, '24.1'),
    row('GroupNorm, batch 2', { norm: 'group', batchSize: 2 }, '24.1'),
    {
      what: 'GroupNorm + Proxy Norm, batch 32',
      pytorch: true,
      where: { norm: 'proxy-group', batchSize: 32 },
    },
    {
      what: 'GroupNorm + Proxy Norm, batch 2',
      pytorch: true,
      where: { norm: 'proxy-group', batchSize: 2 },
    },
    { what: 'Batch Renorm, batch 32', pytorch: true, where: { norm: 'batch-renorm', batchSize: 32 } },
    { what: 'Batch Renorm, batch 2', pytorch: true, where: { norm: 'batch-renorm', batchSize: 2 } },
    row('LayerNorm, batch 32', { norm: 'layer', batchSize: 32 }, '25.3'),
    row('InstanceNorm, batch 32', { norm: 'instance', batchSize: 32 }, '28.4'),
    { what: 'RMSNorm, batch 32', pytorch: true, where: { norm: 'rms', batchSize: 32 } },
    { what: 'FRN, batch 32', pytorch: true, where: { norm: 'frn', batchSize: 32 } },
    { what: 'FRN, batch 2', pytorch: true, where: { norm: 'frn', batchSize: 2 } },
    { what: 'EvoNorm-S0, batch 32', pytorch: true, where: { norm: 'evonorm-s0', batchSize: 32 } },
    { what: 'none, batch 32', pytorch: true, where: { norm: 'none', batchSize: 32 } },
  ],
  remarks:
    'BatchNorm is as in the paper: best at the larger batches, 3 points worse at batch 4 than at 16, and 8 at batch 2, where Batch ' +
    'Renorm takes off 2.6. At batch 2 it ends level with GroupNorm, and not behind it, since at batch 32 it is 8 points ahead here, ' +
    'and in the paper 0.5 (ResNet-50 on ImageNet, 100 epochs). Proxy Norm takes 4.2 points off GroupNorm at batch 32 and hardly ' +
    'changes with the batch: at batch 2 it is ahead of BatchNorm by 3.3. RMSNorm stays at guessing in 4 of 25 runs (two seeds at ' +
    'batch 32, one at 16, one at 4), so its means say little. Step by step the engine agrees with PyTorch (docs/parity.md). Five ' +
    "seeds and all test images are needed here: one seed on the file's first 2,000 had given the first claim 2.5 points and the " +
    'fourth 1.4, and an earlier build, which only rounded its sums in another order, 53.1 % for BatchNorm at batch 2.',
});
