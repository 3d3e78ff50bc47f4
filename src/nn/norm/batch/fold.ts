import { noGrad } from '../../../autograd/index.ts';
import { requireFields } from '../../../options.ts';
import { createRandom } from '../../../random.ts';
import { Conv2d } from '../../layers/conv2d.ts';
import { effectiveWeight } from '../../layers/weights.ts';
import type { BatchNorm } from './batchNorm.ts';

/**
 * A convolution that equals `conv` followed by `norm` in evaluation. There BatchNorm is affine per channel, and so is part of
 * the convolution (Jacob et al. 2018, arXiv:1712.05877, section 3.2): with s = gamma / sigma,
 *   weight' = weight s (along the output channels),  bias' = (bias - runningMean) s + beta
 * A copy: the layers that were given do not change.
 */
export function fold(conv: Conv2d, norm: BatchNorm): Conv2d {
  requireFields('fold', conv, 'a Conv2d', ['weight', 'geometry']);
  requireFields('fold', norm, 'the BatchNorm behind it', ['features', 'options']);
  const { runningMean, runningVar, gamma, beta, features, options } = norm;
  if (features !== conv.outChannels) {
    throw new Error(
      `fold: the convolution puts out ${conv.outChannels} channels, the norm takes ${features}. Give the norm right behind it.`,
    );
  }
  if (!runningMean || !runningVar) {
    throw new Error(
      'fold: this BatchNorm has no running statistics (trackRunningStats: false), so it cannot be folded.',
    );
  }
  const { eps = 1e-5, epsInside = true } = options;
  const scale = Array.from(runningVar.data, (v, c) => {
    const sigma = epsInside ? Math.sqrt(v + eps) : Math.sqrt(v) + eps;
    return (gamma?.data[c] ?? 1) / sigma;
  });
  const bias = scale.map(
    (s, c) => ((conv.bias?.data[c] ?? 0) - runningMean.data[c]) * s + (beta?.data[c] ?? 0),
  );
  const weight = noGrad(() => effectiveWeight(conv));
  const [height, width] = weight.shape;
  const folded = new Conv2d(conv.inChannels, features, [height, width], {
    ...conv.geometry,
    random: createRandom(0), // what it draws is overwritten
  }).to(weight.dtype);
  folded.weight.set(weight.data.map((w, i) => w * scale[i % features]));
  folded.bias?.set(bias);
  return folded;
}
