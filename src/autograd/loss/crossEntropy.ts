import { kernels } from '../../kernels/active.ts';
import { sizeOf } from '../../kernels/contract.ts';
import { checkNumber, checkOptions } from '../../options.ts';
import { array } from '../create.ts';
import { record, requireOneDType } from '../graph.ts';
import { requireTensor } from '../inputs.ts';
import { logSoftmax } from '../softmax.ts';
import { Tensor } from '../tensor.ts';
import { classWeights, type LabelOptions, labelsOf } from './labels.ts';
import { lossOfLabels } from './nllLoss.ts';
import { type ReductionOptions, reduced, reductionOf } from './reduction.ts';

export interface CrossEntropyOptions extends LabelOptions, ReductionOptions {
  /** This share of the target goes to all classes alike (Szegedy et al. 2016); default: 0. */
  labelSmoothing?: number;
}

/**
 * Cross-entropy of logits [N, ..., C], classes last: L = -sum over c of t[c] log softmax(logits)[c], for each position, and their
 * mean.   dlogits = (softmax - t) / N.
 *
 * Targets are labels, one class number for each position, as numbers, a typed array or a tensor [N, ...]: t =
 * (1 - labelSmoothing) onehot(label) + labelSmoothing / C. Or probabilities, a tensor of the logits' shape: t =
 * (1 - labelSmoothing) targets + labelSmoothing / C. `weight` multiplies t, class by class; the mean of labels is divided by the
 * weights of the labels that are not ignored, that of probabilities by the number of positions, as in PyTorch.
 *
 * Computed from logits, never from probabilities, so logits of 1e4 are no trouble.
 */
export function crossEntropy(
  logits: Tensor,
  targets: ArrayLike<number> | Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  requireTensor('crossEntropy', logits);
  checkOptions('crossEntropy', options, ['labelSmoothing', 'weight', 'ignoreIndex', 'reduction']);
  const { labelSmoothing: smoothing = 0, ignoreIndex } = options;
  checkNumber('crossEntropy', 'labelSmoothing', smoothing, 0, 1);
  const reduction = reductionOf('crossEntropy', options);
  const weights = classWeights('crossEntropy', logits, options.weight);
  if (targets instanceof Tensor && targets.shape.join() === logits.shape.join()) {
    if (ignoreIndex !== undefined) {
      throw new Error(
        'crossEntropy: ignoreIndex is about labels, and the targets are probabilities. Rows of 0 count for nothing.',
      );
    }
    const losses = lossOfProbabilities(logSoftmax(logits), targets, weights, smoothing);
    if (reduction === 'mean' && losses.size === 0) throw noMean(logits);
    return reduced(losses, reduction);
  }
  const labels = labelsOf('crossEntropy', logits, targets, ignoreIndex);
  const isPlain = weights === null && labels.ignored === 0 && reduction === 'mean';
  if (isPlain) return meanOverAll(logits, labels.classes, smoothing);
  return lossOfLabels('crossEntropy', logSoftmax(logits), labels, { weights, smoothing, reduction });
}

/** What most trainings take: one kernel forward, one back. */
function meanOverAll(logits: Tensor, classes: Int32Array, smoothing: number): Tensor {
  if (classes.length === 0) throw noMean(logits);
  const k = kernels(logits);
  const { shape, data } = logits;
  const rows = { shape: [classes.length, shape[shape.length - 1]], data };
  const { loss, probabilities } = k.crossEntropy(rows, classes, smoothing);
  return record('crossEntropy', loss, [logits], [], (dy) => [
    { shape, data: k.crossEntropyBackward(dy, probabilities, classes, smoothing).data },
  ]);
}

function noMean({ shape }: Tensor): Error {
  return new Error(`crossEntropy: there is no mean over no samples, got logits [${shape.join(', ')}].`);
}

/**
 * Of log-probabilities a, targets t, weights w and smoothing s, for each position
 *   y = -sum_c u[c] a[c], u[c] = w[c] ((1 - s) t[c] + s / C)      da[c] = -dy u[c]      dt[c] = -dy (1 - s) w[c] a[c]
 * What u is 0 of does not count: 0 times infinity is NaN.
 */
function lossOfProbabilities(a: Tensor, t: Tensor, weights: Float64Array | null, smoothing: number): Tensor {
  requireOneDType('crossEntropy', a, t);
  const shape = a.shape.slice(0, -1);
  const count = a.shape[a.rank - 1];
  const numbers = array(a.dtype);
  const weightAt = (i: number) => (weights === null ? 1 : weights[i % count]);
  const u = new numbers(a.size);
  for (let i = 0; i < u.length; i++) {
    u[i] = weightAt(i) * ((1 - smoothing) * t.data[i] + smoothing / count);
  }
  const y = new numbers(sizeOf(shape));
  for (let n = 0; n < y.length; n++) {
    let total = 0;
    for (let i = n * count; i < (n + 1) * count; i++) if (u[i] !== 0) total -= u[i] * a.data[i];
    y[n] = total;
  }
  const each = (dy: Tensor, of: (i: number) => number) => {
    const gradient = new numbers(a.size);
    for (let i = 0; i < gradient.length; i++) gradient[i] = -dy.data[Math.floor(i / count)] * of(i);
    return { shape: a.shape, data: gradient };
  };
  return record('crossEntropy', { shape, data: y }, [a, t], [[], [a]], (dy) => [
    () => each(dy, (i) => u[i]),
    () => each(dy, (i) => (1 - smoothing) * weightAt(i) * a.data[i]),
  ]);
}
