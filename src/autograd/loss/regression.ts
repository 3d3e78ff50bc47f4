/** Losses of numbers against numbers. They are made of operations that have their gradients; the formula of each is its sum. */
import { checkNumber, checkOptions } from '../../options.ts';
import { mul, sub } from '../arithmetic.ts';
import { abs, affine, clamp, square } from '../elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { type ReductionOptions, reduced, reductionOf, requireSameShape } from './reduction.ts';

/** Squared error, (prediction - target)^2; of the mean over all elements   dprediction = 2 (prediction - target) / size. */
export function mseLoss(prediction: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { difference, reduction } = read('mseLoss', prediction, target, options);
  return reduced(square(difference), reduction);
}

/** Absolute error, |prediction - target|.   dprediction = sign(prediction - target), 0 where they are equal. */
export function l1Loss(prediction: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { difference, reduction } = read('l1Loss', prediction, target, options);
  return reduced(abs(difference), reduction);
}

/**
 * Huber (1964): d^2 / 2 of differences d up to `delta` (default: 1), delta (|d| - delta / 2) beyond.   dprediction = d, cut off
 * at -delta and delta.
 */
export function huberLoss(
  prediction: Tensor,
  target: Tensor,
  options: ReductionOptions & { delta?: number } = {},
): Tensor {
  const { difference, reduction } = read('huberLoss', prediction, target, options, 'delta');
  const { delta = 1 } = options;
  checkNumber('huberLoss', 'delta', delta, Number.MIN_VALUE);
  return reduced(huber(difference, delta), reduction);
}

/**
 * Smooth L1 (Girshick 2015, Fast R-CNN): huberLoss / beta with delta = beta (default: 1), so that far off it is |d| - beta / 2;
 * with beta 0 l1Loss.   dprediction = d / beta, cut off at -1 and 1.
 */
export function smoothL1Loss(
  prediction: Tensor,
  target: Tensor,
  options: ReductionOptions & { beta?: number } = {},
): Tensor {
  const { difference, reduction } = read('smoothL1Loss', prediction, target, options, 'beta');
  const { beta = 1 } = options;
  checkNumber('smoothL1Loss', 'beta', beta, 0);
  if (beta === 0) return reduced(abs(difference), reduction);
  return reduced(affine(huber(difference, beta), 1 / beta, 0), reduction);
}

/** c (d - c / 2) with c = d cut off at -delta and delta: d^2 / 2 inside, delta (|d| - delta / 2) outside. */
function huber(d: Tensor, delta: number): Tensor {
  const c = clamp(d, -delta, delta);
  return mul(c, sub(d, affine(c, 0.5, 0)));
}

function read(
  name: string,
  prediction: Tensor,
  target: Tensor,
  options: ReductionOptions,
  ...more: readonly string[]
) {
  checkOptions(name, options, ['reduction', ...more]);
  const reduction = reductionOf(name, options);
  requireSameShape(name, prediction, target);
  return { difference: sub(prediction, target), reduction };
}
