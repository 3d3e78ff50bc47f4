import type { Experiment } from '../src/experiment/define.ts';
import batchNormMnist from './batch-norm-mnist.ts';
import carFeatures from './car-features.ts';
import constantStatistics from './constant-statistics.ts';
import dropoutBatchNorm from './dropout-batch-norm.ts';
import evaluationStatistics from './evaluation-statistics.ts';
import groupNormCifar10 from './group-norm-cifar10.ts';
import groupSize from './group-size.ts';
import higherLearningRates from './higher-learning-rates.ts';
import inputScaling from './input-scaling.ts';
import kerasBatchNorm from './keras-batch-norm.ts';
import layerNormSeed from './layer-norm-seed.ts';
import lossLandscape from './loss-landscape.ts';
import noisyBatchNorm from './noisy-batch-norm.ts';
import nonIidBatches from './non-iid-batches.ts';
import prePostNorm from './pre-post-norm.ts';
import proxyNorm from './proxy-norm.ts';
import proxyNormModels from './proxy-norm-models.ts';
import proxyNormPower from './proxy-norm-power.ts';
import recurrent from './recurrent.ts';
import resnet20Cifar10 from './resnet20-cifar10.ts';
import smallBatchConv from './small-batch-conv.ts';
import smallBatchGradient from './small-batch-gradient.ts';
import smallBatchMlp from './small-batch-mlp.ts';
import tutorial from './tutorial.ts';
import vggGroupNorm from './vgg-group-norm.ts';
import withWithout from './with-without.ts';

/** Every experiment of the repository, in the order of the gallery. */
export const experiments: readonly Experiment[] = [
  withWithout,
  inputScaling,
  carFeatures,
  batchNormMnist,
  evaluationStatistics,
  higherLearningRates,
  smallBatchMlp,
  smallBatchConv,
  groupNormCifar10,
  resnet20Cifar10,
  smallBatchGradient,
  groupSize,
  nonIidBatches,
  proxyNorm,
  proxyNormModels,
  proxyNormPower,
  layerNormSeed,
  lossLandscape,
  noisyBatchNorm,
  dropoutBatchNorm,
  tutorial,
  vggGroupNorm,
  kerasBatchNorm,
  constantStatistics,
  recurrent,
  prePostNorm,
];
