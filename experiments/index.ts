import type { Experiment } from '../src/experiment/define.ts';
import batchNormMnist from './batch-norm-mnist.ts';
import higherLearningRates from './higher-learning-rates.ts';
import layerNormSeed from './layer-norm-seed.ts';
import proxyNorm from './proxy-norm.ts';
import smallBatchConv from './small-batch-conv.ts';
import smallBatchMlp from './small-batch-mlp.ts';
import tutorial from './tutorial.ts';
import withWithout from './with-without.ts';

/** Every experiment of the repository, in the order of the gallery. */
export const experiments: readonly Experiment[] = [
  withWithout,
  batchNormMnist,
  higherLearningRates,
  smallBatchMlp,
  smallBatchConv,
  proxyNorm,
  layerNormSeed,
  tutorial,
];
