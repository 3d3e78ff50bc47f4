/**
 * What other frameworks and the papers have unless told otherwise, where they disagree: a ported model that is slightly wrong
 * mostly is so because of one of these. momentum has two opposite meanings: the weight of the new batch, or of the old value.
 */
export interface FrameworkDefault {
  where: string;
  /** As that framework names things. */
  says: string;
}

const batch: readonly FrameworkDefault[] = [
  {
    where: 'normgrad, PyTorch',
    says: 'eps 1e-5; momentum 0.1 = weight of the new batch; normalizes with the biased variance, keeps the unbiased one',
  },
  { where: 'Keras 3', says: 'eps 1e-3; momentum 0.99 = weight of the old value; keeps the biased variance' },
  { where: 'Flax', says: 'eps 1e-5; momentum 0.99 = weight of the old value; keeps the biased variance' },
  { where: 'paper', says: 'averages the unbiased variance over many batches after training' },
  {
    where: 'one batch 1, 2, 4, 7, from mean 0 and variance 1',
    says: 'PyTorch: running_mean 0.35, running_var 1.6; Keras: moving_mean 0.035, moving_variance 1.0425',
  },
];

const layer: readonly FrameworkDefault[] = [
  {
    where: 'normgrad, PyTorch',
    says: 'eps 1e-5; PyTorch normalizes over the last axes, gamma and beta of their shape',
  },
  { where: 'Keras 3', says: 'eps 1e-3; over the last axis' },
  { where: 'Flax', says: 'eps 1e-6; over the last axis; variance as E[x²] − E[x]², clipped at 0' },
];

export const frameworkDefaults: Readonly<Record<string, readonly FrameworkDefault[]>> = {
  batch,
  layer,
  'layer-position': layer,
  group: [
    { where: 'normgrad', says: 'the largest divisor of the channels up to 8 groups; eps 1e-5' },
    { where: 'PyTorch', says: 'groups must be given, before the channels; eps 1e-5' },
    { where: 'Keras 3', says: '32 groups; eps 1e-3; the last axis' },
    { where: 'Flax', says: '32 groups; eps 1e-6' },
    { where: 'paper', says: '32 groups; eps 1e-5' },
  ],
  instance: [
    { where: 'normgrad', says: 'eps 1e-5; gamma and beta are learned' },
    { where: 'PyTorch', says: 'eps 1e-5; affine=False; track_running_stats=False' },
    { where: 'Keras 3', says: 'GroupNormalization(groups=-1); eps 1e-3' },
    { where: 'Flax', says: 'eps 1e-6; learned scale and bias' },
  ],
  rms: [
    { where: 'normgrad, Keras 3, Flax', says: 'eps 1e-6, inside the root' },
    { where: 'PyTorch', says: 'eps = the epsilon of the dtype: 1.19e-7 in float32, 2.2e-16 in float64' },
    { where: 'paper', says: 'eps 1e-8, outside of the root' },
  ],
  'batch-renorm': [
    {
      where: 'paper',
      says: 'weight of the new batch 0.01; rMax 1 → 3 and dMax 0 → 5 after 5,000 steps of plain BatchNorm',
    },
    { where: 'Keras 2, TF 1', says: 'a limit that is not given does not clip at all' },
    { where: 'GroupNorm paper, batch of 4', says: 'rMax 1.5, dMax 0.5' },
  ],
  frn: [
    { where: 'paper', says: 'eps 1e-6; a learned eps per channel, from 1e-4, for layers of one position' },
    { where: 'TensorFlow Addons', says: 'one learned eps for the whole layer' },
  ],
  'evonorm-b0': [
    { where: 'paper, TPU code', says: 'eps 1e-5' },
    { where: 'timm', says: 'eps 1e-3; running variance with n / (n − 1), which divides by 0 for n = 1' },
  ],
  'proxy-layer': proxy(),
  'proxy-group': proxy(),
  positional: [{ where: 'paper', says: 'the unbiased variance, over C − 1; eps 1e-5' }],
  'weight-standardization': [
    { where: 'normgrad, timm', says: 'biased variance; eps 1e-6 inside the root' },
    { where: "authors' code", says: 'unbiased deviation; eps 1e-5 outside of the root' },
    { where: 'labml', says: 'unbiased variance; eps inside the root' },
  ],
  'scaled-weight-standardization': [
    { where: 'paper', says: 'eps 1e-4 as a floor of fan-in × variance; gain 1' },
    {
      where: 'constants for the activation',
      says: 'exact: ReLU 1.712859, GELU 1.700926, SiLU 1.787187; the published 1.713959, 1.701504, 1.788129 are sampled',
    },
  ],
  spectral: [
    { where: 'PyTorch', says: 'one iteration per training step, 15 at first, eps 1e-12; none in evaluation' },
    {
      where: 'Keras, TensorFlow Addons',
      says: 'overwrite the weight in every step: no gradient through sigma',
    },
  ],
  'local-response': [
    { where: 'AlexNet', says: 'k 2, n 5, alpha 1e-4 times the sum, beta 0.75' },
    { where: 'PyTorch, Caffe', says: 'alpha is divided by n: a fifth of AlexNet at n = 5; k 1' },
    { where: 'TensorFlow', says: 'radius 5 (n = 11), bias 1, alpha 1 times the sum, beta 0.5' },
  ],
  'l1-batch': [
    {
      where: "authors' code",
      says: 'its running_var holds 1 / scale, its momentum 0.1 is the weight of the old value',
    },
  ],
  grn: [
    {
      where: 'paper and its code',
      says: 'the paper writes the sum over the channels, the code takes the mean',
    },
  ],
};

function proxy(): readonly FrameworkDefault[] {
  return [
    {
      where: "authors' code",
      says: '200 quantiles of the normal distribution; eps 0.03; weight decay on the two proxy parameters only',
    },
    {
      where: 'normgrad',
      says: 'exact moments for ReLU, Gauss-Hermite quadrature for GELU and SiLU; the quantiles by option',
    },
  ];
}
