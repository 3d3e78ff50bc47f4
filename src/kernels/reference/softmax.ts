import { checkLabels } from '../checks.ts';
import type { NDArray, Shape } from '../contract.ts';
import { sizeOf } from '../contract.ts';
import { zerosLike } from './results.ts';

/** The lines along one axis: `count` values `step` apart, from each of the `starts`. */
function linesAlong(shape: Shape, axis: number) {
  const count = shape[axis];
  const step = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const starts = Array.from(
    { length: outer * step },
    (_, i) => Math.floor(i / step) * count * step + (i % step),
  );
  return { starts, count, step };
}

export function softmax(x: NDArray, axis: number, log: boolean): NDArray {
  const y = zerosLike(x, x.shape);
  const { starts, count, step } = linesAlong(x.shape, axis);
  for (const start of starts) {
    const { max, sum } = maxAndSumExp(x, start, count, step);
    const logSum = Math.log(sum);
    for (let i = 0; i < count; i++) {
      const shifted = x.data[start + i * step] - max;
      y.data[start + i * step] = log ? shifted - logSum : Math.exp(shifted) / sum;
    }
  }
  return y;
}

/** softmax: dx = y (dy - sum dy y). logSoftmax: dx = dy - e^y sum dy. */
export function softmaxBackward(dy: NDArray, y: NDArray, axis: number, log: boolean): NDArray {
  const dx = zerosLike(dy, y.shape);
  const { starts, count, step } = linesAlong(y.shape, axis);
  for (const start of starts) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = start + i * step;
      sum += log ? dy.data[at] : dy.data[at] * y.data[at];
    }
    for (let i = 0; i < count; i++) {
      const at = start + i * step;
      dx.data[at] = log ? dy.data[at] - Math.exp(y.data[at]) * sum : y.data[at] * (dy.data[at] - sum);
    }
  }
  return dx;
}

/** The maximum of a line and sum e^(x - max): with the maximum taken out, no exponential overflows. */
function maxAndSumExp(x: NDArray, start: number, count: number, step: number) {
  let max = -Infinity;
  for (let i = 0; i < count; i++) max = Math.max(max, x.data[start + i * step]);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp(x.data[start + i * step] - max);
  return { max, sum };
}

export function crossEntropy(
  logits: NDArray,
  labels: Int32Array,
  smoothing: number,
): { loss: NDArray; probabilities: NDArray } {
  checkLabels(labels, logits.shape);
  const [batch, classes] = logits.shape;
  const probabilities = zerosLike(logits, logits.shape);
  let total = 0;
  for (let n = 0; n < batch; n++) {
    const start = n * classes;
    const { max, sum } = maxAndSumExp(logits, start, classes, 1);
    const logSum = Math.log(sum);
    let sumOfLogs = 0;
    for (let c = 0; c < classes; c++) {
      const shifted = logits.data[start + c] - max;
      sumOfLogs += shifted - logSum;
      probabilities.data[start + c] = Math.exp(shifted) / sum;
    }
    total -= (1 - smoothing) * (logits.data[start + labels[n]] - max - logSum);
    // Without smoothing a class of probability zero must not count: 0 times infinity is NaN.
    if (smoothing > 0) total -= (smoothing / classes) * sumOfLogs;
  }
  const loss = zerosLike(logits, []);
  loss.data[0] = total / batch;
  return { loss, probabilities };
}

export function crossEntropyBackward(
  dloss: NDArray,
  probabilities: NDArray,
  labels: Int32Array,
  smoothing: number,
): NDArray {
  const [batch, classes] = probabilities.shape;
  const dlogits = zerosLike(dloss, probabilities.shape);
  const scale = dloss.data[0] / batch;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < classes; c++) {
      const target = (c === labels[n] ? 1 - smoothing : 0) + smoothing / classes;
      dlogits.data[n * classes + c] = scale * (probabilities.data[n * classes + c] - target);
    }
  }
  return dlogits;
}
