import { defineExperiment, type Measure, type Scores } from '../src/experiment/define.ts';

const depth = 30;

/** One of p1 to p4 of every norm of the untrained network, in the order of the network. */
function powers({ probes = [] }: Scores, name: string): readonly number[] {
  return (probes[0]?.values[name] ?? []) as readonly number[];
}

/** Its curve is over the depth; at the end it is that of the last norm. */
const power = (name: string, label: string): Measure => ({
  label,
  of: (scores) => powers(scores, name).at(-1) ?? Number.NaN,
  curve: (scores) => powers(scores, name).map((y, i) => ({ x: i + 1, y })),
});

const p1 = power('p1', 'P1, mean shared by all images');
const p2 = power('p2', 'P2, differing means');
const p3 = power('p3', 'P3, deviation shared by all');
const p4 = power('p4', 'P4, differing deviations');

/** How far the four parts are from adding up to 1, at the worst norm of a run. */
const offSum: Measure = {
  label: 'sum of the parts, minus 1',
  of: (scores) => {
    const off = powers(scores, 'p1').map((_, i) =>
      Math.abs(['p1', 'p2', 'p3', 'p4'].reduce((sum, name) => sum + powers(scores, name)[i], 0) - 1),
    );
    return off.length > 0 ? Math.max(...off) : Number.NaN;
  },
};

export default defineExperiment({
  name: 'proxy-norm-power',
  title: 'What all images have in common behind each norm of a deep random network',
  question: 'Do the norms that do not look at the batch lose what tells images apart?',
  source: {
    paper:
      'Labatie, Masters, Eaton-Rosen and Luschi 2021, "Proxy-Normalizing Activations" (arXiv:2106.03743), section 4 and figure 2.',
    kept:
      'The random network of their Definition 1: 3x3 convolutions on a torus, norm, gamma from N(1, 0.2^2), beta from N(0, 0.2^2), ' +
      'ReLU; and the four parts into which the power of the normalized activations falls, which add up to 1.',
    scaled:
      '32 channels instead of 1024, 30 blocks, 128 images of CIFAR-10 in 16x16, 8 groups. What the training does to it is in the experiment ' +
      'proxy-norm.',
  },
  grid: {
    norm: [
      'batch',
      'layer',
      'proxy-layer',
      'group',
      'proxy-group',
      'instance',
      { name: 'layer + WS', norm: 'layer', weightNorm: 'weight-standardization' },
    ],
  },
  seeds: 5,
  model: { model: 'random-conv', depth, widths: [32], groups: 8 },
  data: { dataset: 'cifar10', limit: 128, testLimit: 128, halve: true },
  // One epoch of two steps: only what is measured before them counts.
  training: { optimizer: 'sgd', lr: 0.01, batchSize: 64, epochs: 1, probes: ['instancePower'] },
  figure: { x: 'depth', y: p1 },
  panels: [
    { title: 'How the means of images differ', x: 'depth', lines: [p2] },
    { title: 'What varies within images, alike in all', x: 'depth', lines: [p3] },
    { title: 'How the deviations of images differ', x: 'depth', lines: [p4] },
  ],
  columns: [p2, p3, p4],
  claims: [
    {
      says: 'The four parts add up to 1 behind every norm (within 0.01).',
      each: {},
      of: offSum,
      atMost: 0.01,
    },
    {
      says: `After ${depth} blocks with LayerNorm, at least 0.7 of the power is the same for all images.`,
      level: { norm: 'layer' },
      of: p1,
      atLeast: 0.7,
    },
    {
      says: 'Proxy Norm leaves at most 0.05 of that.',
      level: { norm: 'proxy-layer' },
      of: p1,
      atMost: 0.05,
    },
    {
      says: 'With BatchNorm there is none (at most 1e-6).',
      each: { norm: 'batch' },
      of: p1,
      atMost: 1e-6,
    },
    {
      says: 'InstanceNorm leaves no difference between images in mean or deviation: at least 0.999 lies within images, alike in all.',
      each: { norm: 'instance' },
      of: p3,
      atLeast: 0.999,
    },
  ],
  published: [
    { what: 'LayerNorm', pytorch: true, where: { norm: 'layer' } },
    { what: 'LayerNorm + Proxy Norm', pytorch: true, where: { norm: 'proxy-layer' } },
    { what: 'GroupNorm', pytorch: true, where: { norm: 'group' } },
    { what: 'GroupNorm + Proxy Norm', pytorch: true, where: { norm: 'proxy-group' } },
    { what: 'BatchNorm', pytorch: true, where: { norm: 'batch' } },
  ],
});
