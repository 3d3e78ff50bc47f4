/** The loss of labels, of log-probabilities: what crossEntropy is behind logSoftmax, with weights, ignored labels and smoothing. */
import { sizeOf } from '../../kernels/contract.ts';
import { checkOptions } from '../../options.ts';
import { array } from '../create.ts';
import { affine } from '../elementwise.ts';
import { record } from '../graph.ts';
import { requireTensor } from '../inputs.ts';
import { sum } from '../reduce.ts';
import type { Tensor } from '../tensor.ts';
import { classWeights, type LabelOptions, type Labels, labelsOf } from './labels.ts';
import { type Reduction, type ReductionOptions, reductionOf } from './reduction.ts';

/**
 * Negative log-likelihood: L = -weight[label] a[label] of log-probabilities a [N, ..., C] (logSoftmax), labels as of
 * crossEntropy. The mean is divided by the sum of weight[label].   da = -weight[label] at the label, 0 elsewhere.
 */
export function nllLoss(
  logProbabilities: Tensor,
  labels: ArrayLike<number> | Tensor,
  options: LabelOptions & ReductionOptions = {},
): Tensor {
  requireTensor('nllLoss', logProbabilities);
  checkOptions('nllLoss', options, ['weight', 'ignoreIndex', 'reduction']);
  const reduction = reductionOf('nllLoss', options);
  const weights = classWeights('nllLoss', logProbabilities, options.weight);
  const found = labelsOf('nllLoss', logProbabilities, labels, options.ignoreIndex);
  return lossOfLabels('nllLoss', logProbabilities, found, { weights, smoothing: 0, reduction });
}

interface Setting {
  weights: Float64Array | null;
  smoothing: number;
  reduction: Reduction;
}

/**
 * For a label t, weights w and smoothing s, of each position
 *   y = -(1 - s) w[t] a[t] - (s / C) sum_c w[c] a[c]      da[c] = -dy ((1 - s) w[t] [c = t] + (s / C) w[c])
 * and 0 where it is ignored. The mean is divided by the sum of w[t]. Throws where that is 0.
 */
export function lossOfLabels(name: string, a: Tensor, { classes }: Labels, setting: Setting): Tensor {
  const { weights, smoothing, reduction } = setting;
  const shape = a.shape.slice(0, -1);
  const count = a.shape[a.rank - 1];
  const share = smoothing / count;
  const weightOf = (c: number) => (weights === null ? 1 : weights[c]);
  const ofLabel = (c: number) => (1 - smoothing) * weightOf(c);
  const y = new (array(a.dtype))(sizeOf(shape));
  classes.forEach((label, n) => {
    if (label < 0) return;
    let total = ofLabel(label) * a.data[n * count + label];
    // Without smoothing a class of probability zero must not count: 0 times infinity is NaN
    if (share > 0) for (let c = 0; c < count; c++) total += share * weightOf(c) * a.data[n * count + c];
    y[n] = -total;
  });
  const losses = record(name, { shape, data: y }, [a], [], (dy) => {
    const da = new (array(a.dtype))(a.size);
    classes.forEach((label, n) => {
      if (label < 0) return;
      if (share > 0) for (let c = 0; c < count; c++) da[n * count + c] = -dy.data[n] * share * weightOf(c);
      da[n * count + label] -= dy.data[n] * ofLabel(label);
    });
    return [{ shape: a.shape, data: da }];
  });
  if (reduction === 'none') return losses;
  if (reduction === 'sum') return sum(losses);
  const divisor = classes.reduce((total, label) => (label < 0 ? total : total + weightOf(label)), 0);
  if (divisor === 0) {
    throw new Error(
      `${name}: there is no mean over no samples, got scores [${a.shape.join(', ')}] whose labels are all ignored or weigh ` +
        "nothing. reduction 'sum' gives 0 there.",
    );
  }
  return affine(sum(losses), 1 / divisor, 0);
}
