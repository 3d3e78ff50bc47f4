/** Labels as they come, lists or tensors, as one class number for each position of class scores [N, ..., C]. */
import { shown } from '../../errors.ts';
import { sizeOf } from '../../kernels/contract.ts';
import { Tensor } from '../tensor.ts';

export interface Labels {
  /** One for each position, row-major; -1: ignored. */
  classes: Int32Array;
  ignored: number;
}

/** What labels count for. */
export interface LabelOptions {
  /** What each class counts for, [C]. The mean is then divided by the weights of the labels, not by their number. */
  weight?: ArrayLike<number> | Tensor;
  /** Positions with this label count for nothing; default: -100, as in PyTorch. */
  ignoreIndex?: number;
}

/** Throws where they are not one class, or `ignoreIndex`, for each position. */
export function labelsOf(
  name: string,
  scores: Tensor,
  labels: ArrayLike<number> | Tensor,
  ignoreIndex = -100,
): Labels {
  const count = sizeOf(scores.shape.slice(0, -1));
  const classes = scores.shape[scores.rank - 1];
  const given = listOf(name, scores, labels, count);
  const found: Labels = { classes: new Int32Array(count), ignored: 0 };
  for (let n = 0; n < count; n++) {
    const label = given[n];
    if (label === ignoreIndex) {
      found.classes[n] = -1;
      found.ignored++;
    } else if (Number.isInteger(label) && label >= 0 && label < classes) {
      found.classes[n] = label;
    } else {
      throw new Error(
        `${name}: label ${shown(label)} at ${n} is not a class; scores [${scores.shape.join(', ')}] allow the integers 0 to ` +
          `${classes - 1}, and ${ignoreIndex} for what is ignored.`,
      );
    }
  }
  return found;
}

function listOf(name: string, scores: Tensor, labels: ArrayLike<number> | Tensor, count: number) {
  const given = labels instanceof Tensor ? labels.data : labels;
  const isList = Array.isArray(given) || ArrayBuffer.isView(given);
  const shape = scores.shape.slice(0, -1);
  const fits = labels instanceof Tensor ? labels.shape.join() === shape.join() : given?.length === count;
  if (scores.rank > 0 && isList && fits) return given;
  const got = isList && !(labels instanceof Tensor) ? `${given.length} labels` : shown(labels);
  throw new Error(
    `${name}: expected scores [N, ..., C] and a class number for each position, a list of ${count} or a tensor ` +
      `[${shape.join(', ')}]; got [${scores.shape.join(', ')}] and ${got}.`,
  );
}

/** The weights of the classes; null: all 1. Throws unless there is a finite one for each. */
export function classWeights(
  name: string,
  { shape }: Tensor,
  weight: LabelOptions['weight'],
): Float64Array | null {
  if (weight === undefined) return null;
  const classes = shape[shape.length - 1];
  const given = weight instanceof Tensor ? weight.data : weight;
  const isList = Array.isArray(given) || ArrayBuffer.isView(given);
  if (isList && given.length === classes && Array.prototype.every.call(given, Number.isFinite)) {
    return Float64Array.from(given as ArrayLike<number>);
  }
  throw new Error(
    `${name}: weight has one finite number for each of the ${classes} classes, got ${shown(weight)}.`,
  );
}
