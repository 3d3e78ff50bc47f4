import {
  add,
  crossEntropy,
  maximum,
  mean,
  mseLoss,
  mul,
  reshape,
  sub,
  sum,
  Tensor,
  tensor,
} from '../autograd/index.ts';
import type { Batch } from '../data/batches.ts';
import { CodeError, ConfigError, shown } from '../errors.ts';
import { shownPath } from './code/files.ts';
import { exportOf } from './code/import.ts';
import { isCode } from './code/names.ts';
import type { TrainConfig } from './config.ts';
import type { LossName } from './lossNames.ts';

/** What a loss can be told. */
export interface LossOptions {
  /** The share of a label that goes to all classes alike: t = (1 - s) onehot(label) + s / C. 0 in evaluation. */
  labelSmoothing: number;
}

/** From logits [N, C] and N labels to one number, the mean over the N. */
export type Loss = (logits: Tensor, labels: Int32Array, options: LossOptions) => Tensor;

const losses: Readonly<Record<LossName, Loss>> = {
  'cross-entropy': crossEntropy,
  // As torch.nn.MSELoss and Keras have it, over all N C elements.
  mse: (logits, labels, { labelSmoothing }) => mseLoss(logits, targets(logits, labels, labelSmoothing)),
  // torch.nn.MultiMarginLoss: the mean over n of (1/C) sum over c != label of max(0, 1 - logit[label] + logit[c]).
  hinge(logits, labels, { labelSmoothing }) {
    if (labelSmoothing > 0) {
      throw new ConfigError(
        'labelSmoothing',
        'the hinge loss has no labels that are shared: take cross-entropy or mse',
      );
    }
    const own = targets(logits, labels, 0);
    const right = sum(mul(own, logits), 1, { keepDims: true });
    const margins = maximum(add(sub(logits, right), 1), 0);
    // Of the label itself 1 - logit + logit = 1 came out
    return sub(mean(margins), 1 / logits.shape[1]);
  },
};

/** The loss of a run: in training with its label smoothing, in evaluation without. */
export function lossOf(
  config: Pick<TrainConfig, 'loss' | 'labelSmoothing'>,
  mode: 'train' | 'eval' = 'train',
) {
  const { loss } = config;
  const options = { labelSmoothing: mode === 'train' ? config.labelSmoothing : 0 };
  const fn = isCode(loss) ? checked(exportOf(loss) as Loss, loss) : losses[loss as LossName];
  return (logits: Tensor, labels: Int32Array): Tensor => fn(logits, labels, options);
}

/** The loss of a batch; of mixed images by both labels (data/mixup.ts). */
export function batchLoss(
  loss: (logits: Tensor, labels: Int32Array) => Tensor,
  logits: Tensor,
  { labels, mixed }: Pick<Batch, 'labels' | 'mixed'>,
): Tensor {
  if (!mixed) return loss(logits, labels);
  const { share } = mixed;
  return add(mul(loss(logits, labels), share), mul(loss(logits, mixed.labels), 1 - share));
}

function targets(logits: Tensor, labels: ArrayLike<number>, smoothing: number): Tensor {
  const [count, classes] = logits.shape;
  const data = new Float64Array(count * classes).fill(smoothing / classes);
  for (let n = 0; n < count; n++) data[n * classes + labels[n]] += 1 - smoothing;
  return tensor(data, [count, classes], { dtype: logits.dtype });
}

/** A user's loss, whose result may be anything. */
function checked(loss: Loss, path: string): Loss {
  return (logits, labels, options) => {
    const value: unknown = loss(logits, labels, options);
    const wrong = (problem: string, hint: string) => new CodeError(`${shownPath(path)}: ${problem}`, [hint]);
    if (!(value instanceof Tensor)) {
      throw wrong(
        `a loss is a tensor of one number, got ${shown(value)}`,
        'return the tensor itself, without item()',
      );
    }
    if (value.size !== 1) {
      throw wrong(`a loss is one number, got ${shown(value)}`, 'take the mean over what it has: mean(loss)');
    }
    if (logits.requiresGrad && !value.requiresGrad) {
      throw wrong(
        'nothing of its loss depends on the logits by operations on tensors, so that no gradient would reach the network',
        'compute it from logits with functions of normgrad, and not from logits.data',
      );
    }
    return value.rank === 0 ? value : reshape(value, []);
  };
}
