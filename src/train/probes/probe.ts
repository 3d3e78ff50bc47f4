import { type Tensor, wrap } from '../../autograd/index.ts';
import type { Batch } from '../../data/batches.ts';
import { rememberBuffers } from '../../nn/buffers.ts';
import { dropoutStates, loadDropoutStates } from '../../nn/layers/randomLayer.ts';
import type { Module } from '../../nn/module.ts';
import type { TrainConfig } from '../config.ts';
import type { TrainData } from '../data.ts';
import type { ProbeValues } from './names.ts';

/** What a probe sees of a run that stands between two steps. */
export interface ProbeContext {
  model: Module;
  data: TrainData;
  config: TrainConfig;
  /** Of the coming step. */
  lr: number;
  /** Of the coming step; at the end of the run the first one of another epoch. */
  batch: Batch;
  /** The run's, with its label smoothing: from logits [N, C] and N labels to one number. */
  loss: (logits: Tensor, labels: Int32Array) => Tensor;
}

/** It may leave running statistics, gradients and the state of dropout behind: `undisturbed` puts them back. Not weights. */
export type Probe = (context: ProbeContext) => ProbeValues | Promise<ProbeValues>;

/** Runs `fn`, and leaves the model as it was: the run that is watched ends with the same bits as one that is not. */
export async function undisturbed<T>(model: Module, fn: () => T | Promise<T>): Promise<T> {
  const restore = rememberBuffers(model);
  const dropouts = dropoutStates(model);
  try {
    return await fn();
  } finally {
    restore();
    loadDropoutStates(model, dropouts);
    model.zeroGrad();
    model.train();
  }
}

/** The first `count` test images as one batch [count, H, W, C]: the same in every measurement of a run. */
export function firstTestImages(data: TrainData, count: number): Tensor {
  const size = data.imageShape.reduce((product, length) => product * length, 1);
  const images = new Float32Array(count * size);
  let taken = 0;
  for (const batch of data.test.epoch(0)) {
    const wanted = batch.images.subarray(0, (count - taken) * size);
    images.set(wanted, taken * size);
    taken += wanted.length / size;
    if (taken === count) break;
  }
  return wrap(images.subarray(0, taken * size), [taken, ...data.imageShape]);
}
