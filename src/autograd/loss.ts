import { kernels } from '../kernels/active.ts';
import { sub } from './arithmetic.ts';
import { square } from './elementwise.ts';
import { record } from './graph.ts';
import { mean } from './reduce.ts';
import type { Tensor } from './tensor.ts';

/**
 * Mean cross-entropy of integer labels: L = -(1/N) sum over n, c of t[n, c] log softmax(logits)[n, c], with
 * t = (1 - labelSmoothing) onehot(label) + labelSmoothing / C (Szegedy et al. 2016).   dlogits = (softmax - t) / N.
 * logits [N, C], labels [N]. Computed from logits, never from probabilities, so logits of 1e4 are no trouble.
 */
export function crossEntropy(
  logits: Tensor,
  labels: ArrayLike<number>,
  { labelSmoothing = 0 }: { labelSmoothing?: number } = {},
): Tensor {
  const [count, classes] = logits.shape;
  if (logits.rank !== 2 || labels.length !== count) {
    throw new Error(
      `crossEntropy: expected logits [N, C] and N labels, got [${logits.shape.join(', ')}] and ${labels.length} labels.`,
    );
  }
  const targets = new Int32Array(labels);
  for (let n = 0; n < count; n++) {
    const label = targets[n];
    if (label >= 0 && label < classes && label === labels[n]) continue;
    throw new Error(
      `crossEntropy: label ${labels[n]} at ${n} is not a class; logits [${logits.shape.join(', ')}] allow the ` +
        `integers 0 to ${classes - 1}.`,
    );
  }
  const k = kernels(logits);
  const { loss, probabilities } = k.crossEntropy(logits, targets, labelSmoothing);
  return record('crossEntropy', loss, [logits], [], (dy) => [
    k.crossEntropyBackward(dy, probabilities, targets, labelSmoothing),
  ]);
}

/** Mean squared error over all elements.   dprediction = 2 (prediction - target) / size. */
export function mseLoss(prediction: Tensor, target: Tensor): Tensor {
  if (prediction.shape.join() !== target.shape.join()) {
    throw new Error(
      `mseLoss: prediction [${prediction.shape.join(', ')}] and target [${target.shape.join(', ')}] must have one shape.`,
    );
  }
  return mean(square(sub(prediction, target)));
}
