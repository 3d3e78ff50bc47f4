import { rememberBuffers } from '../../nn/buffers.ts';
import type { Module } from '../../nn/module.ts';
import { recalibrate } from '../../nn/norm/batch/recalibrate.ts';
import { RunningNorm } from '../../nn/norm/core/running.ts';
import { imagesOf, type TrainData } from '../data.ts';
import { evaluate, scoreOf } from '../evaluate.ts';
import type { Score } from '../metrics.ts';
import { meanScore } from '../score.ts';
import type { Probe, ProbeContext } from './probe.ts';

/** Training batches for recalibration: with 32 images each, 1,600. */
const BATCHES = 50;

/**
 * Test accuracy (0 to 1) and loss of one network, by where its norms take mean and variance from:
 *   running       the running statistics, as in every evaluation
 *   batch         those of the test batch (100 images), as in training
 *   recalibrated  those of 50 training batches with the weights as they are now (Wu and Johnson 2021, arXiv:2105.07576)
 */
export const statistics: Probe = async (context) => {
  const { model, data, config } = context;
  const modules = [...model.namedModules().values()];
  const norms = modules.filter((module) => module instanceof RunningNorm && module.tracks);
  if (norms.length === 0) {
    throw new Error(
      `the probe "statistics" compares the statistics of BatchNorm and its kin, and ${config.model} with norm ` +
        `"${config.norm}" keeps none. Use --norm batch.`,
    );
  }
  const running = await evaluate(model, data, config);
  const batch = byBatchStatistics(norms, context);
  recalibrate(model, firstBatches(data));
  const recalibrated = await evaluate(model, data, config);
  return {
    running: running.accuracy,
    batch: batch.accuracy,
    recalibrated: recalibrated.accuracy,
    runningLoss: running.loss,
    batchLoss: batch.loss,
    recalibratedLoss: recalibrated.loss,
  };
};

/** Everything as in evaluation, save the norms, which move their running statistics on the way. */
function byBatchStatistics(norms: readonly Module[], { model, data, config }: ProbeContext): Score {
  const mean = meanScore();
  // What moves here must not be seen by the other two scores.
  const restore = rememberBuffers(model);
  model.eval();
  for (const norm of norms) norm.training = true;
  for (const batch of data.test.epoch(0)) {
    if (batch.size < 2) continue; // has no variance
    mean.add(scoreOf(model, data, config, batch), batch.size);
  }
  restore();
  return mean.value();
}

function* firstBatches(data: TrainData) {
  let count = 0;
  for (const batch of data.train.epoch(1)) {
    if (count++ === BATCHES) return;
    yield imagesOf(data, batch);
  }
}
