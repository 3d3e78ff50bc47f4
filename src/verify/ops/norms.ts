import type { Tensor } from '../../autograd/index.ts';
import type { SetStatistics } from '../../kernels/kernels.ts';
import { batchNorm } from '../../nn/norm/batchNorm.ts';
import { groupNorm } from '../../nn/norm/groupNorm.ts';
import { instanceNorm } from '../../nn/norm/instanceNorm.ts';
import { layerNorm } from '../../nn/norm/layerNorm.ts';
import { moveMoments } from '../../nn/norm/running.ts';
import { lastAxesSets } from '../../nn/norm/sets.ts';
import type { Attributes } from '../attributes.ts';
import { channelsFirst, channelsLast, sampleChannelsLast } from '../border.ts';
import { type GoldenOp, type Inputs, optional } from './goldenOp.ts';

/** The norms by their golden names. Another one is one more entry. */
export const normOps: Readonly<Record<string, GoldenOp>> = {
  batchNorm: (inputs, a) => {
    const { runningMean, runningVar } = inputs;
    const running = runningMean && runningVar ? { mean: runningMean, variance: runningVar } : null;
    const training = a.flag('training', true);
    const x = channelsLast(inputs.x);
    const follow = (batch: SetStatistics) => {
      const m = x.size / x.shape[x.rank - 1];
      if (running) moveMoments(running, batch, { m, weight: a.number('momentum', 0.1), unbiased: true });
    };
    // Without running statistics, PyTorch takes the batch's in evaluation too
    const statistics = training ? { observe: follow } : { given: running };
    const y = batchNorm(x, { ...affine(inputs), eps: eps(a), ...statistics });
    return { y: channelsFirst(y), ...(running && { runningMean, runningVar }) };
  },

  layerNorm: (inputs, a) => {
    const shape = a.list('normalizedShape', inputs.gamma?.shape);
    const { x } = inputs;
    const { gamma, beta } = affine(inputs);
    // Only over whole samples are the channels among the axes that change places
    if (shape.length < x.rank - 1 || x.rank < 3) {
      return { y: layerNorm(x, { view: lastAxesSets(x.shape, shape.length), gamma, beta, eps: eps(a) }) };
    }
    const images = channelsLast(x);
    const y = layerNorm(images, {
      view: lastAxesSets(images.shape, shape.length),
      gamma: gamma && sampleChannelsLast(gamma),
      beta: beta && sampleChannelsLast(beta),
      eps: eps(a),
    });
    return { y: channelsFirst(y) };
  },
  layerNormChannels: onImages((x, inputs, a) =>
    layerNorm(x, { view: lastAxesSets(x.shape, 1), ...affine(inputs), eps: eps(a) }),
  ),
  groupNorm: onImages((x, inputs, a) =>
    groupNorm(x, { groups: a.number('groups'), ...affine(inputs), eps: eps(a) }),
  ),
  instanceNorm: onImages((x, inputs, a) => instanceNorm(x, { ...affine(inputs), eps: eps(a) })),
};

/** x [N, C, ...] and y with their channels last; the other inputs as they are. */
function onImages(fn: (x: Tensor, inputs: Inputs, a: Attributes) => Tensor): GoldenOp {
  return (inputs, a) => ({ y: channelsFirst(fn(channelsLast(inputs.x), inputs, a)) });
}

/** gamma and beta per channel; null where the case has none. */
function affine(inputs: Inputs) {
  return { gamma: optional(inputs, 'gamma'), beta: optional(inputs, 'beta') };
}

function eps(a: Attributes): number {
  return a.number('eps', 1e-5);
}
