/** Cross-entropy of yes and no, for one class or many that do not exclude each other. */
import { kernels } from '../../kernels/active.ts';
import { checkOptions } from '../../options.ts';
import { add, mul, sub } from '../arithmetic.ts';
import { neg, softplus } from '../elementwise.ts';
import { record } from '../graph.ts';
import type { Tensor } from '../tensor.ts';
import { type ReductionOptions, reduced, reductionOf, requireSameShape, weighed } from './reduction.ts';

/** What elements count for, and how their losses become one number. */
export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Of each element, or what broadcasts to them; the mean is over all elements, whatever they weigh. */
  weight?: Tensor | number;
}

/** The same of logits, which alone know how to weigh yes against no. */
export interface BinaryLogitsOptions extends BinaryCrossEntropyOptions {
  /** What the yes of each class counts for beside its no, [C], where one of them is rare. */
  posWeight?: Tensor | number;
}

/**
 * L = -weight (t ln p + (1 - t) ln(1 - p)) of probabilities p and targets t from 0 to 1, of one shape; the logarithms are cut off
 * at -100, as in PyTorch.   dp = (p - t) / (p (1 - p)), the divisor at least 1e-12;   dt = ln(1 - p) - ln p.
 * Throws for p outside of 0 to 1. `binaryCrossEntropyWithLogits` is exact where p is near 0 or 1.
 */
export function binaryCrossEntropy(
  probabilities: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  const name = 'binaryCrossEntropy';
  checkOptions(name, options, ['weight', 'reduction']);
  const reduction = reductionOf(name, options);
  requireSameShape(name, probabilities, target);
  requireProbabilities(probabilities);
  return reduced(weighed(name, 'weight', elementwise(probabilities, target), options.weight), reduction);
}

function elementwise(p: Tensor, t: Tensor): Tensor {
  const k = kernels(p);
  const log = (x: { shape: readonly number[]; data: Tensor['data'] }) =>
    k.unary('clamp', k.unary('log', x), -100, Infinity);
  const q = k.unary('affine', p, -1, 1);
  const [logP, logQ] = [log(p), log(q)];
  const yes = k.binary('mul', t, logP);
  const no = k.binary('mul', k.unary('affine', t, -1, 1), logQ);
  const y = k.unary('affine', k.binary('add', yes, no), -1, 0);
  return record('binaryCrossEntropy', y, [p, t], [[p, t], []], (dy) => [
    () => {
      const divisor = k.unary('clamp', k.binary('mul', p, q), 1e-12, Infinity);
      return k.binary('mul', dy, k.binary('div', k.binary('sub', p, t), divisor));
    },
    () => k.binary('mul', dy, k.binary('sub', logQ, logP)),
  ]);
}

function requireProbabilities({ data }: Tensor): void {
  const wrong = data.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong === -1) return;
  throw new Error(
    `binaryCrossEntropy: probabilities are from 0 to 1, got ${data[wrong]} at ${wrong}. Of logits, before any sigmoid, ` +
      'binaryCrossEntropyWithLogits takes the loss.',
  );
}

/**
 * The same of logits x, p = sigmoid(x): L = weight (posWeight t softplus(-x) + (1 - t) softplus(x)), which overflows nowhere.
 * Without posWeight   dx = weight (sigmoid(x) - t),   dt = -weight x.
 */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  options: BinaryLogitsOptions = {},
): Tensor {
  const name = 'binaryCrossEntropyWithLogits';
  checkOptions(name, options, ['weight', 'posWeight', 'reduction']);
  const reduction = reductionOf(name, options);
  requireSameShape(name, logits, target);
  const yes = mul(weighed(name, 'posWeight', target, options.posWeight), softplus(neg(logits)));
  const no = mul(sub(1, target), softplus(logits));
  return reduced(weighed(name, 'weight', add(yes, no), options.weight), reduction);
}
