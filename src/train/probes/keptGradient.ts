import { record, type Tensor } from '../../autograd/index.ts';
import { type Forward, withForward } from '../../nn/layers/wrapForward.ts';
import { BatchNorm } from '../../nn/norm/batch/batchNorm.ts';
import { followedBy } from '../../nn/norm/core/norm.ts';
import { imagesOf } from '../data.ts';
import { batchLoss } from '../loss.ts';
import { channelMoments } from './moments.ts';
import type { Probe } from './probe.ts';

/** Batches of the first epoch: a small batch alone says little. */
const BATCHES = 20;

/**
 * How much of the gradient a BatchNorm lets through: |sigma dx|^2 / |gamma dy|^2, what comes out beside what would come out if
 * mean and variance were constants; with sigma on the other side, a channel that hardly varies counts no more than others.
 * Standardizing m values takes away two of their m directions, so of a random gradient (m - 2) / m is left: nothing with two
 * values per channel.
 *   kept   one value per BatchNorm, in the order of the network, over 20 batches
 *   mean   over the layers
 */
export const keptGradient: Probe = ({ model, data, config, loss }) => {
  const norms = [...model.namedModules().values()].filter((module) => module instanceof BatchNorm);
  if (norms.length === 0) {
    throw new Error(
      `the probe "keptGradient" measures BatchNorm, and ${config.model} with norm "${config.norm}" has none. ` +
        'Use --norm batch.',
    );
  }
  const squares = new Map(norms.map((norm) => [norm, { in: 0, direct: 0 }]));
  const watch = (norm: BatchNorm, forward: Forward): Forward => {
    const own = squares.get(norm)!;
    const { features, gamma } = norm;
    return (x, then = {}) => {
      const sigmas = sigmasOf(norm, x);
      const before = watched(x, (dx) => {
        for (let i = 0; i < dx.length; i++) own.in += (sigmas[i % features] * dx[i]) ** 2;
      });
      const after = watched(forward(before), (dy) => {
        for (let i = 0; i < dy.length; i++) {
          own.direct += ((gamma?.data[i % features] ?? 1) * dy[i]) ** 2;
        }
      });
      return followedBy(after, then);
    };
  };
  let count = 0;
  for (const batch of data.train.epoch(1)) {
    if (count++ === BATCHES) break;
    const logits = withForward(norms, watch, () => model.forward(imagesOf(data, batch)));
    batchLoss(loss, logits, batch).backward();
  }
  const kept = norms.map((norm) => squares.get(norm)!.in / squares.get(norm)!.direct);
  return { kept, mean: kept.reduce((sum, share) => sum + share, 0) / kept.length };
};

/** sigma of every channel; x: [N, ..., C]. */
function sigmasOf({ options }: BatchNorm, x: Tensor): Float64Array {
  const { eps = 1e-5 } = options;
  return channelMoments(x).variance.map((variance) => Math.sqrt(variance + eps));
}

/** x itself, whose gradient is shown to `see` on its way back. */
function watched(x: Tensor, see: (gradient: Float32Array | Float64Array) => void): Tensor {
  return record('watched', { shape: x.shape, data: x.data.slice() }, [x], [], (dx) => {
    see(dx.data);
    return [dx];
  });
}
