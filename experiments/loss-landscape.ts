import { defineExperiment, type Measure, probed, type Scores } from '../src/experiment/define.ts';

/** The values of one of the probe's numbers over the whole run, smallest first. */
function sorted({ probes = [] }: Scores, name: string): number[] {
  return probes.map(({ values }) => Number(values[name])).sort((a, b) => a - b);
}

const percentile = (values: readonly number[], percent: number) =>
  values[Math.round((percent / 100) * (values.length - 1))] ?? Number.NaN;

const roughest: Measure = {
  label: 'loss range, 90th percentile',
  of: (scores) => percentile(sorted(scores, 'lossRange'), 90),
};
const greatestChange: Measure = {
  label: 'gradient change, largest',
  of: (scores) => sorted(scores, 'gradientChange').at(-1) ?? Number.NaN,
};
const usualChange: Measure = {
  label: 'relative gradient change, median',
  of: (scores) => percentile(sorted(scores, 'relativeChange'), 50),
};

export default defineExperiment({
  name: 'loss-landscape',
  title: 'How much the loss varies along the gradient: small VGG on small CIFAR-10',
  question: 'Does BatchNorm make the loss smoother?',
  source: {
    paper:
      'Santurkar, Tsipras, Ilyas and Madry 2018, "How Does Batch Normalization Help Optimization?" (arXiv:1805.11604), figure 4.',
    kept:
      'A VGG on CIFAR-10 with and without BatchNorm; at a training step the loss and the gradient are taken on the same batch at ' +
      '1/2 to 4 times the learning rate (0.1) along the gradient.',
    scaled:
      'Two convolutions of 8, 16 and 32 channels on 16x16 images, 400 steps of plain SGD with batch 64, every tenth of them ' +
      'probed at six points; GroupNorm beside.',
  },
  grid: { norm: ['none', 'batch', 'group'] },
  seeds: 5,
  model: { model: 'vgg', init: 'he' },
  data: { dataset: 'cifar10', limit: 12_800, halve: true },
  training: {
    optimizer: 'sgd',
    momentum: 0,
    lr: 0.1,
    batchSize: 64,
    epochs: 2,
    probes: ['landscape'],
    probeEvery: 10,
  },
  figure: {
    x: 'step',
    y: probed('landscape', ({ lossRange }) => Number(lossRange), {
      label: 'largest minus smallest loss along the gradient',
    }),
  },
  panels: [
    {
      title: 'How much the gradient changes along itself, relative to its length',
      x: 'step',
      lines: [
        probed('landscape', ({ relativeChange }) => Number(relativeChange), {
          label: 'largest change of the gradient / its length',
        }),
      ],
    },
  ],
  columns: [roughest, greatestChange, usualChange, 'trainLoss'],
  claims: [
    {
      says: 'At its 90th percentile, the range of the loss is at least 1.3 times as large without BatchNorm.',
      ratio: [{ norm: 'none' }, { norm: 'batch' }],
      of: roughest,
      atLeast: 1.3,
    },
    {
      says: 'The largest change of the gradient is at least 1.7 times as large without BatchNorm.',
      ratio: [{ norm: 'none' }, { norm: 'batch' }],
      of: greatestChange,
      atLeast: 1.7,
    },
    {
      says: 'The median of the relative change of the gradient is at least 1.3 times as large without BatchNorm.',
      ratio: [{ norm: 'none' }, { norm: 'batch' }],
      of: usualChange,
      atLeast: 1.3,
    },
  ],
  published: [
    {
      what: 'none: loss range, 90th percentile',
      pytorch: true,
      where: { norm: 'none' },
      measure: roughest,
    },
    { what: 'BatchNorm', pytorch: true, where: { norm: 'batch' }, measure: roughest },
    { what: 'GroupNorm', pytorch: true, where: { norm: 'group' }, measure: roughest },
    {
      what: 'none: largest gradient change',
      pytorch: true,
      where: { norm: 'none' },
      measure: greatestChange,
    },
    { what: 'BatchNorm', pytorch: true, where: { norm: 'batch' }, measure: greatestChange },
    { what: 'none: median relative change', pytorch: true, where: { norm: 'none' }, measure: usualChange },
    { what: 'BatchNorm', pytorch: true, where: { norm: 'batch' }, measure: usualChange },
  ],
  remarks:
    'The paper prints its numbers in figures only. The claims are about a percentile, the largest change and a relative change, and ' +
    'not about medians of the raw range: without a norm the loss is steep before the first step, and from the tenth to about the ' +
    'ninetieth the network sits on a plateau, where everything is small. In three of five seeds the largest change is the one before ' +
    'the first step (40, 61 and 1408), so its interval is wide. That the median without a norm differs from that in PyTorch is chance: ' +
    'with 25 seeds the difference is -0.12 ± 0.18.',
});
