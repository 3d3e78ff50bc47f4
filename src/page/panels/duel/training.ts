import { crossEntropy, noGrad, type Tensor, wrap } from '../../../autograd/index.ts';
import { type Batch, type Batches, createBatches } from '../../../data/batches.ts';
import { syntheticDigits } from '../../../data/format/digits.ts';
import { channelStatistics, standardizePixels } from '../../../data/transforms.ts';
import { mlp } from '../../../nn/models/mlp.ts';
import { splitNorms } from '../../../nn/models/options.ts';
import type { Module } from '../../../nn/module.ts';
import { normalizeWeights } from '../../../nn/norm/weights/normalizeWeights.ts';
import { Adam, parameterGroups, Sgd } from '../../../optim/index.ts';
import { createRandom } from '../../../random.ts';
import { accuracyOf, meanScore } from '../../../train/score.ts';

import { type DuelConfig, images } from './config.ts';
import { curveOf, type SideView } from './view.ts';
import { watchLayers } from './watch.ts';

/**
 * The run that `normgrad train --dataset synthetic --model mlp` makes of the same settings, bit by bit (test/page/duel.test.ts),
 * one step at a time and watched. The loop of src/train is not used here, since with it the page would load all that runs can do
 * beside: models, probes, the files of users.
 */

const digits = once(() => syntheticDigits({ seed: 1, ...images }));

interface Data {
  train: Batches;
  test: Batches;
}

export function createData({ seed, batch }: DuelConfig): Data {
  const { train, test } = digits();
  const transform = standardizePixels(channelStatistics(train));
  return {
    train: createBatches(train, {
      batchSize: batch,
      transform,
      shuffleSeed: `${seed}/batches`,
      last: 'dropIfOne',
    }),
    test: createBatches(test, { batchSize: 100, transform }),
  };
}

/** One of the two networks. */
export function createSide(norm: string, config: DuelConfig) {
  const { model, optimizer, layers } = build(norm, config);
  const losses: number[] = [];
  const view: SideView = {
    title: norm,
    curve: curveOf(losses),
    epochs: [],
    layers: layers.views,
    ...{ last: null, diverged: null, refused: null },
  };
  const epochs: SideView['epochs'][number][] = [];
  let epoch = meanScore();
  return {
    get over() {
      return view.diverged !== null;
    },
    step(batch: Batch): void {
      const logits = layers.forward(imagesOf(batch));
      const loss = crossEntropy(logits, batch.labels);
      const score = { loss: loss.item(), accuracy: accuracyOf(logits, batch.labels) };
      losses.push(score.loss);
      view.last = { step: losses.length, ...score };
      if (!Number.isFinite(score.loss)) {
        view.diverged = `loss ${score.loss} at step ${losses.length}`;
        return;
      }
      loss.backward();
      layers.lookAtGradients();
      optimizer.step();
      optimizer.zeroGrad();
      epoch.add(score, batch.size);
    },
    endEpoch(test: Batches): void {
      const mean = meanScore();
      model.eval();
      for (const batch of test.epoch(0)) {
        const score = noGrad(() => {
          const logits = model.forward(imagesOf(batch));
          return {
            loss: crossEntropy(logits, batch.labels).item(),
            accuracy: accuracyOf(logits, batch.labels),
          };
        });
        mean.add(score, batch.size);
      }
      model.train();
      const own = { epoch: epochs.length + 1, train: epoch.value(), test: mean.value() };
      epochs.push(own);
      epoch = meanScore();
      if (!Number.isFinite(own.test.loss))
        view.diverged = `loss ${own.test.loss} of the test after step ${losses.length}`;
    },
    view: (): SideView => ({ ...view, curve: curveOf(losses), epochs }),
  };
}

export type Side = ReturnType<typeof createSide>;

function build(norm: string, { seed, depth, width, optimizer, lr }: DuelConfig) {
  const split = splitNorms('mlp', norm, undefined);
  const model: Module = mlp.build({
    input: [28, 28, 1],
    classes: 10,
    norm: split.norm,
    hidden: new Array<number>(depth).fill(Number(width)),
    random: createRandom(seed).fork('weights'),
  });
  if (split.weightNorm) normalizeWeights(model, split.weightNorm, {});
  const groups = parameterGroups(model, { weightDecay: 0 });
  model.train();
  return {
    model,
    optimizer: optimizer === 'sgd' ? new Sgd(groups, { lr, momentum: 0.9 }) : new Adam(groups, { lr }),
    layers: watchLayers(model),
  };
}

function imagesOf(batch: Batch): Tensor {
  return wrap(batch.images, [batch.size, 28, 28, 1]);
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
