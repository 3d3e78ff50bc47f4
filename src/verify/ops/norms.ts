import { type Tensor, tensor } from '../../autograd/index.ts';
import type { SetStatistics } from '../../kernels/contract.ts';
import { batchNorm } from '../../nn/norm/batch/batchNorm.ts';
import { batchRenorm } from '../../nn/norm/batch/batchRenorm.ts';
import { ghostBatchNorm } from '../../nn/norm/batch/ghostBatchNorm.ts';
import { l1BatchNorm } from '../../nn/norm/batch/l1BatchNorm.ts';
import { meanOnlyBatchNorm } from '../../nn/norm/batch/meanOnlyBatchNorm.ts';
import { moveMoments } from '../../nn/norm/core/running.ts';
import { lastAxesSets } from '../../nn/norm/core/sets.ts';
import { batchChannelNorm } from '../../nn/norm/mixed/batchChannelNorm.ts';
import { batchInstanceNorm } from '../../nn/norm/mixed/batchInstanceNorm.ts';
import { switchableNorm } from '../../nn/norm/mixed/switchableNorm.ts';
import { adaptiveInstanceNorm } from '../../nn/norm/sample/adaptiveInstanceNorm.ts';
import { groupNorm } from '../../nn/norm/sample/groupNorm.ts';
import { instanceNorm } from '../../nn/norm/sample/instanceNorm.ts';
import { layerNorm } from '../../nn/norm/sample/layerNorm.ts';
import { partialRmsNorm } from '../../nn/norm/sample/partialRmsNorm.ts';
import { positionalNorm } from '../../nn/norm/sample/positionalNorm.ts';
import { rmsNorm } from '../../nn/norm/sample/rmsNorm.ts';
import { scaleNorm } from '../../nn/norm/sample/scaleNorm.ts';
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

  // Over the last axes of vectors, as they are
  rmsNorm: (inputs, a) => {
    const { x } = inputs;
    const view = lastAxesSets(x.shape, a.list('normalizedShape', inputs.gamma?.shape).length);
    const conventions = { eps: a.number('eps', 1e-6), epsInside: a.flag('epsInside', true) };
    return { y: rmsNorm(x, { ...affine(inputs), ...conventions, view }) };
  },
  partialRmsNorm: (inputs, a) => {
    const { gamma } = affine(inputs);
    return { y: partialRmsNorm(inputs.x, { gamma, k: a.number('k'), eps: a.number('eps', 1e-6) }) };
  },
  scaleNorm: ({ x, g }, a) => ({ y: scaleNorm(x, { g, eps: a.number('eps', 1e-5) }) }),

  batchRenorm: onImages((x, inputs, a) => {
    const running = { mean: constant(x, a, 'runningMean'), deviation: constant(x, a, 'runningStd') };
    const limits = a.flag('training', true) ? { rMax: a.number('rMax'), dMax: a.number('dMax') } : null;
    return batchRenorm(x, { ...affine(inputs), running, limits, eps: a.number('eps', 1e-3) });
  }),
  ghostBatchNorm: onImages((x, inputs, a) => {
    const given = constants(inputs, a);
    if (given) return batchNorm(x, { ...affine(inputs), given, eps: eps(a) });
    return ghostBatchNorm(x, { ...affine(inputs), virtualBatch: a.number('virtualBatch'), eps: eps(a) });
  }),
  batchInstanceNorm: onImages((x, inputs, a) =>
    batchInstanceNorm(x, { ...affine(inputs), rho: inputs.rho, given: constants(inputs, a), eps: eps(a) }),
  ),
  switchableNorm: onImages((x, inputs, a) => {
    const { meanLogits, varLogits } = inputs;
    const given = constants(inputs, a);
    return switchableNorm(x, { ...affine(inputs), meanLogits, varLogits, given, eps: eps(a) });
  }),
  positionalNorm: onImages((x, inputs, a) =>
    positionalNorm(x, { ...affine(inputs), eps: eps(a), ddof: a.flag('unbiased', true) ? 1 : 0 }),
  ),
  adaptiveInstanceNorm: onImages((x, inputs, a) =>
    adaptiveInstanceNorm(x, channelsLast(inputs.style), { eps: eps(a) }),
  ),
  meanOnlyBatchNorm: onImages((x, inputs, a) =>
    meanOnlyBatchNorm(x, {
      beta: optional(inputs, 'beta'),
      running: a.flag('training', true) ? undefined : inputs.runningMean?.data,
    }),
  ),
  l1BatchNorm: onImages((x, inputs, a) => l1BatchNorm(x, { ...affine(inputs), eps: eps(a) })),
  batchChannelNorm: onImages((x, inputs, a) =>
    batchChannelNorm(x, {
      gammaBatch: optional(inputs, 'gammaBatch'),
      betaBatch: optional(inputs, 'betaBatch'),
      gammaChannel: optional(inputs, 'gammaChannel'),
      betaChannel: optional(inputs, 'betaChannel'),
      groups: a.number('groups'),
      given: constants(inputs, a),
      eps: eps(a),
    }),
  ),
};

/** The running statistics in evaluation, from the inputs or the attributes; null in training. */
function constants(inputs: Inputs, a: Attributes): SetStatistics | null {
  if (a.flag('training', true)) return null;
  const { x, runningMean, runningVar } = inputs;
  if (runningMean && runningVar) return { mean: runningMean, variance: runningVar };
  return { mean: constant(x, a, 'runningMean'), variance: constant(x, a, 'runningVar') };
}

/** An attribute [C], in the precision of x. */
function constant(x: Tensor, a: Attributes, name: string): Tensor {
  return tensor([...a.list(name)], undefined, { dtype: x.dtype });
}

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
