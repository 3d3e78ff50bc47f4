import { shown } from '../errors.ts';
import { kernels } from '../kernels/active.ts';
import { checkNumber, checkOptions } from '../options.ts';
import { sub } from './arithmetic.ts';
import { square } from './elementwise.ts';
import { record, requireOneDType } from './graph.ts';
import { requireTensor } from './inputs.ts';
import { mean } from './reduce.ts';
import { Tensor } from './tensor.ts';

/**
 * Mean cross-entropy of integer labels: L = -(1/N) sum over n, c of t[n, c] log softmax(logits)[n, c], with
 * t = (1 - labelSmoothing) onehot(label) + labelSmoothing / C (Szegedy et al. 2016).   dlogits = (softmax - t) / N.
 * logits [N, C] with N of at least 1, labels [N] as numbers, a typed array or a tensor. Computed from logits, never from probabilities, so logits of 1e4 are no trouble.
 */
export function crossEntropy(
  logits: Tensor,
  labels: ArrayLike<number> | Tensor,
  options: { labelSmoothing?: number } = {},
): Tensor {
  requireTensor('crossEntropy', logits);
  checkOptions('crossEntropy', options, ['labelSmoothing']);
  const { labelSmoothing = 0 } = options;
  checkNumber('crossEntropy', 'labelSmoothing', labelSmoothing, 0, 1);
  const targets = classesOf(labels, logits);
  const k = kernels(logits);
  const { loss, probabilities } = k.crossEntropy(logits, targets, labelSmoothing);
  return record('crossEntropy', loss, [logits], [], (dy) => [
    k.crossEntropyBackward(dy, probabilities, targets, labelSmoothing),
  ]);
}

/** The labels as integers; throws where they are not one class for each row of the logits. */
function classesOf(labels: ArrayLike<number> | Tensor, logits: Tensor): Int32Array {
  const [count, classes] = logits.shape;
  const shape = `[${logits.shape.join(', ')}]`;
  const given = labels instanceof Tensor ? labels.data : labels;
  const isList = Array.isArray(given) || ArrayBuffer.isView(given);
  if (labels instanceof Tensor && labels.rank !== 1) {
    throw new Error(
      `crossEntropy: labels are class numbers [N], got a tensor [${labels.shape.join(', ')}]. Of one-hot rows, argmax(labels) makes them.`,
    );
  }
  if (logits.rank !== 2 || !isList || given.length !== count) {
    const got = isList ? `${given.length} labels` : shown(labels);
    throw new Error(`crossEntropy: expected logits [N, C] and N labels, got ${shape} and ${got}.`);
  }
  if (count === 0) throw new Error(`crossEntropy: there is no mean over no samples, got logits ${shape}.`);
  const targets = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const label = given[n];
    if (Number.isInteger(label) && label >= 0 && label < classes) {
      targets[n] = label;
      continue;
    }
    throw new Error(
      `crossEntropy: label ${shown(label)} at ${n} is not a class; logits ${shape} allow the integers 0 to ${classes - 1}.`,
    );
  }
  return targets;
}

/** Mean squared error over all elements.   dprediction = 2 (prediction - target) / size. */
export function mseLoss(prediction: Tensor, target: Tensor): Tensor {
  requireOneDType('mseLoss', prediction, target);
  if (prediction.shape.join() !== target.shape.join()) {
    throw new Error(
      `mseLoss: prediction [${prediction.shape.join(', ')}] and target [${target.shape.join(', ')}] must have one shape.`,
    );
  }
  return mean(square(sub(prediction, target)));
}
